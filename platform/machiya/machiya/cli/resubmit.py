"""`machiya resubmit`: a new run of what an earlier one ran."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import Target, engine_options, home_option, json_option, launcher_option
from machiya.errors import ArgumentsError

if TYPE_CHECKING:
    from machiya.engines.argo.status import WorkflowStatus
    from machiya.engines.argo.submission import Submission
    from machiya.engines.local.launching import LauncherName


@click.command
@click.argument("name", metavar="[RUN]", default="")
@click.option("-p", "--parameter", "values", multiple=True, metavar="NAME=VALUE", help="Another value. [repeatable]")
@launcher_option("that of the run")
@click.option("--stage", metavar="STAGE", help="Of a cluster: with what this stage pins now.")
@click.option("--watch", is_flag=True, help="Of a cluster: follow the run to its end.")
@engine_options
@home_option
@json_option
def resubmit(
    name: str,
    values: tuple[str, ...],
    launcher: "LauncherName | None",
    stage: str | None,
    watch: bool,
    target: Target | None,
    home: Path,
    as_json: bool,
) -> None:
    """Run again what an earlier run ran, as a new run.

    What was computed before comes from the cache. RUN is a run's id or its beginning; the newest where none is named.
    The manifest, its versions and the data from outside are those of that run; working copies are taken as they are
    now. On a cluster, --stage takes the workflow as it is now, with the versions that the stage pins now, and the
    values of that run: after a bump, only what the other version makes different is computed.
    """
    if target is not None:
        if launcher is not None:
            raise ArgumentsError("--launcher is of runs on this machine.", "Leave it out.")
        _on_cluster(name, values, stage, target, home, watch=watch, as_json=as_json)
        return
    if stage is not None or watch:
        raise ArgumentsError("--stage and --watch go with --engine argo.", "On this machine: machiya run --stage STAGE")
    from machiya.cli.run_output import reported
    from machiya.engines.planning.values import split_pairs
    from machiya.records import find_run

    given = split_pairs(values)
    with reported(home, launcher, None, as_json=as_json) as session:
        session.work(session.runner.again(find_run(home, name).name, given))


def _on_cluster(
    name: str, values: tuple[str, ...], stage: str | None, target: Target, home: Path, *, watch: bool, as_json: bool
) -> None:
    from machiya.cli.cluster import connected
    from machiya.cli.submit import begin
    from machiya.engines.argo.runs import find_run
    from machiya.engines.planning.values import split_pairs

    given = split_pairs(values)
    with connected(target) as server:
        submission = _submission(find_run(server, name), stage, given)
        begin(server, submission, target, home, watch=watch, as_json=as_json)


def _submission(run: "WorkflowStatus", stage: str | None, given: dict[str, str]) -> "Submission":
    from machiya.dsl import find_workflow
    from machiya.engines.argo.status import WORKFLOW_LABEL
    from machiya.engines.argo.submission import again, replanned

    if stage is None:
        return again(run, given)
    workflow = run.labels.get(WORKFLOW_LABEL, "")
    if not workflow:
        raise ArgumentsError(f"{run.name} is no run of a workflow of Machiya.", "Leave --stage out.")
    return replanned(run, find_workflow(workflow), stage, given)
