"""`machiya runs`: which runs there are."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import Target, engine_options, home_option, json_option

if TYPE_CHECKING:
    from machiya.records import RunRecord

PHASES = ("Running", "Interrupted", "Succeeded", "Failed", "Error", "Unreadable")


@click.command
@click.argument("workflow", required=False, metavar="[WORKFLOW]")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="At most so many."
)
@click.option(
    "--phase",
    type=click.Choice(PHASES, case_sensitive=False),
    metavar="PHASE",
    help=f"Only those in this phase: {', '.join(PHASES[:-1])} or {PHASES[-1]}.",
)
@engine_options
@home_option
@json_option
def runs(workflow: str | None, limit: int, phase: str | None, target: Target | None, home: Path, as_json: bool) -> None:
    """List the runs, the newest first.

    With the name of a WORKFLOW only those of it. A run whose engine was killed is Interrupted:
    `machiya retry` continues it. Of a cluster, the runs of Machiya's workflows are listed, those that
    are in its archive only, too; of these Argo does not say how many steps they had.
    """
    from machiya.cli.output import print_json

    if target is None:
        found = list(islice(_wanted(home, workflow, phase), limit))
    else:
        found = _on_cluster(target, workflow, phase, limit, home)
    if as_json:
        print_json([record.summary() for record in found])
    elif found:
        _show(found)
    else:
        click.echo("no runs" if workflow is None and phase is None else "no such runs")


def _wanted(home: Path, workflow: str | None, phase: str | None) -> "Iterator[RunRecord]":
    from machiya.records import load_record, recent_runs

    for folder in recent_runs(home):
        record = load_record(folder)
        if workflow in (None, record.workflow) and phase in (None, record.phase):
            yield record


def _on_cluster(target: Target, workflow: str | None, phase: str | None, limit: int, home: Path) -> "list[RunRecord]":
    from machiya.cli.cluster import connected, record_of
    from machiya.engines.argo.runs import recent_runs

    with connected(target) as server:
        found = recent_runs(server, workflow=workflow, phase=phase, limit=limit)
        return [record_of(server, status, home) for status in found]


def _show(found: "list[RunRecord]") -> None:
    from rich.text import Text

    from machiya.cli.output import duration, local_time, phase_text, table

    rows: list[list[str | Text]] = [
        [
            record.name,
            record.workflow,
            record.stage,
            phase_text(record.phase),
            local_time(record.created),
            duration(record.seconds),
            str(record.counts.done),
            str(record.counts.cached),
            str(record.counts.failed),
        ]
        for record in found
    ]
    headings = ["run", "workflow", "stage", "phase", "started", "took", "done", "cached", "failed"]
    table(headings, rows, numbers=headings[5:], spare=["stage", "workflow", "started", "took"])
