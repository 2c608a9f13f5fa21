"""`machiya retry`: continue a run."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import Target, engine_options, home_option, json_option
from machiya.errors import ArgumentsError

if TYPE_CHECKING:
    from machiya.engines.argo.status import WorkflowStatus


@click.command
@click.argument("name", metavar="[RUN]", default="")
@click.option("--step", metavar="STEP", help="Run this step again too, and all that follows from it.")
@click.option("--watch", is_flag=True, help="Of a cluster: follow the run to its end.")
@engine_options
@home_option
@json_option
def retry(name: str, step: str | None, watch: bool, target: Target | None, home: Path, as_json: bool) -> None:
    """Continue a run: what has succeeded is not run again.

    RUN is a run's id or its beginning; the newest where none is named. For runs that failed, were stopped, or whose
    engine was killed. Launcher and store are those it began with. On a cluster this is Argo's own retry: failed steps
    run again with the images that the run began with. With other versions, `machiya resubmit` begins a new run.
    """
    if target is not None:
        _on_cluster(name, step, target, home, watch=watch, as_json=as_json)
        return
    if watch:
        raise ArgumentsError("--watch is of --engine argo.", "A run of this machine is shown until its end.")
    from machiya.cli.run_output import reported
    from machiya.records import find_run

    with reported(home, None, None, as_json=as_json) as session:
        session.work(session.runner.continued(find_run(home, name).name), again=step)


def _on_cluster(name: str, step: str | None, target: Target, home: Path, *, watch: bool, as_json: bool) -> None:
    from machiya.cli.cluster import command_on, connected, record_of
    from machiya.cli.cluster_watch import say, summary
    from machiya.cli.cluster_watch import watch as follow
    from machiya.cli.output import print_json
    from machiya.engines.argo.runs import find_run
    from machiya.engines.argo.status import status_of

    with connected(target) as server:
        run = find_run(server, name)
        for note in _stale(run, target):
            say(f"note: {note}")
        record = record_of(server, status_of(server.retry(run.name, step=step)), home)
        if watch:
            follow(server, record.name, target, home, as_json=as_json, before=record)
        elif as_json:
            print_json(summary(record))
        else:
            click.echo(f"{record.name}: tried again; what has succeeded is not run again")
            click.echo(f"How far it is: {command_on(target)('show', record.name)}")


def _stale(run: "WorkflowStatus", target: Target) -> list[str]:
    """Which pins have changed since the run began: Argo cannot retry a node with another image."""
    from machiya.cli.cluster import command_on
    from machiya.dsl import find_workflow
    from machiya.engines.argo.staleness import changed_images
    from machiya.errors import NotFoundError
    from machiya.records.cluster import cluster_record

    record = cluster_record(run, Path())
    try:
        folder = find_workflow(record.workflow)
    except NotFoundError:
        return []
    changed = changed_images({one["component"]: one["image"] for one in record.versions}, folder, record.stage)
    if not changed:
        return []
    again = command_on(target)("resubmit", record.name, "--stage", record.stage)
    return [*changed, f"the retry runs what the run began with. With what is pinned now: {again}"]
