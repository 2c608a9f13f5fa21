"""`machiya submit`: a workflow, on a cluster."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import Target, cluster_options, home_option, json_option

if TYPE_CHECKING:
    from machiya.engines.argo.protocol import ArgoServer
    from machiya.engines.argo.submission import Submission
    from machiya.engines.planning import Override


@click.command
@click.argument("workflow", metavar="WORKFLOW")
@click.option("--stage", required=True, metavar="STAGE", help="With the versions of this stage.")
@click.option("-p", "--parameter", "values", multiple=True, metavar="NAME=VALUE", help="A value. [repeatable]")
@click.option(
    "--with",
    "overrides",
    multiple=True,
    metavar="NAME=IMAGE",
    help="Another image in the place of a pin, for this run. [repeatable]",
)
@click.option("--watch", is_flag=True, help="Follow the run to its end; the exit code is as of `machiya run`.")
@cluster_options
@home_option
@json_option
def submit(
    workflow: str,
    stage: str,
    values: tuple[str, ...],
    overrides: tuple[str, ...],
    watch: bool,
    target: Target,
    home: Path,
    as_json: bool,
) -> None:
    """Run a workflow on a cluster, through Argo Server.

    WORKFLOW is the name of a folder below workflows/, or a folder. What is sent is the manifest that
    `machiya render` makes of it now, whole: nothing need be deployed. Data from outside is named by its
    key in the cluster's artifact repository. Where its digest is given, too, results of earlier runs
    are reused: -p events=raw/2026-11-01 -p events-digest=sha256:...
    """
    from machiya.cli.cluster import connected
    from machiya.dsl import find_workflow
    from machiya.engines.argo.submission import planned
    from machiya.engines.planning.values import split_pairs
    from machiya.manifest.profile import load_profile

    folder = find_workflow(workflow)
    submission = planned(folder, stage, _overrides(overrides), split_pairs(values))
    target = target.within(load_profile(folder, stage).namespace)
    with connected(target) as server:
        begin(server, submission, target, home, watch=watch, as_json=as_json)


def _overrides(texts: tuple[str, ...]) -> "list[Override]":
    from contextlib import ExitStack

    from machiya.engines.local.launching import contract_label
    from machiya.release.override import cluster_override

    with ExitStack() as stack:
        label = contract_label(stack)
        return [cluster_override(text, label) for text in texts]


def begin(
    server: "ArgoServer", submission: "Submission", target: Target, home: Path, *, watch: bool, as_json: bool
) -> None:
    """Send a new run, say what its sender should know, and follow it if that is wished."""
    from machiya.cli.cluster import command_on, record_of
    from machiya.cli.cluster_watch import say, summary
    from machiya.cli.cluster_watch import watch as follow
    from machiya.cli.output import print_json
    from machiya.engines.argo.status import status_of

    for note in submission.notes:
        say(f"note: {note}")
    record = record_of(server, status_of(server.create(submission.workflow)), home)
    if watch:
        say(f"{record.name}: submitted; Ctrl-C ends the watching, and not the run")
        follow(server, record.name, target, home, as_json=as_json)
    elif as_json:
        print_json(summary(record))
    else:
        click.echo(f"{record.name}: submitted")
        click.echo(f"  {record.options['link']}")
        click.echo(f"How far it is: {command_on(target)('show', record.name)}")
