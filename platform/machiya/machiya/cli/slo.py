"""`machiya slo`: whether workflows keep what they promise."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import Target, engine_options, home_option, json_option

if TYPE_CHECKING:
    from rich.text import Text

    from machiya.records.slo import History, Report
    from machiya.records.slo.look import Promise

EXIT_CODES = {"ok": 0, "breached": 1, "unknown": 3}
COLOURS = {"ok": "green", "breached": "bold red", "unknown": "yellow"}


@click.command
@click.argument("workflow", required=False, metavar="[WORKFLOW]")
@click.option("--stage", metavar="STAGE", help="Of this stage only. [default: all that slo.yaml names]")
@click.option("--at", "at", metavar="TIME", help="As it was then: 2026-11-25T06:00, or with an offset. [default: now]")
@click.option("--rules", is_flag=True, help="Print the objectives as PrometheusRule objects instead.")
@engine_options
@home_option
@json_option
def slo(
    workflow: str | None,
    stage: str | None,
    at: str | None,
    rules: bool,
    target: Target | None,
    home: Path,
    as_json: bool,
) -> int:
    """Say whether workflows keep what they promise.

    slo.yaml beside the pins of a workflow promises for each stage by when a run has finished, which share of the runs
    succeeds, how old the published result may be, how many users it covers, how long a run takes. Judged by the runs
    of this machine, or of a cluster. Without WORKFLOW, all that have a slo.yaml. Ends with 0 if all promises are kept,
    1 if one is broken, and 3 if none is broken but something is not known.
    """
    from machiya.cli.output import print_json
    from machiya.records.slo.evaluate import worst

    found = _promises(workflow, stage)
    if rules:
        _print_rules(found)
        return 0
    reports = []
    for promise in found:
        with _history(promise, target, home) as history:
            reports.append(promise.judge(history, _moment(at, promise)))
    if as_json:
        print_json([report.to_json() for report in reports])
    else:
        _show(reports)
    return EXIT_CODES[worst([report.state for report in reports])]


def _promises(workflow: str | None, stage: str | None) -> "list[Promise]":
    from machiya.dsl import find_workflow, workflow_folders
    from machiya.errors import NotFoundError
    from machiya.records.slo import SLO_FILE
    from machiya.records.slo.look import promises

    if workflow is not None:
        folders = [find_workflow(workflow)]
    else:
        folders = [folder for folder in workflow_folders() if (folder / SLO_FILE).is_file()]
    found = [promise for folder in folders for promise in promises(folder, stage)]
    if not found:
        where = f"{folders[0] / SLO_FILE}" if workflow is not None else f"No {SLO_FILE} below workflows/"
        at = f" for the stage {stage}" if stage is not None else ""
        remedy = "Example: production: {successRate: {atLeast: 0.95, over: 30d}}. docs/watching.md has all objectives."
        raise NotFoundError(f"{where} promises nothing{at}.", remedy)
    return found


@contextmanager
def _history(promise: "Promise", target: Target | None, home: Path) -> "Iterator[History]":
    from machiya.records.slo import LocalHistory

    if target is None:
        yield LocalHistory(home)
        return
    from machiya.cli.cluster import connected
    from machiya.manifest.profile import load_profile
    from machiya.records.slo.cluster import ClusterHistory

    usual = load_profile(promise.folder, promise.workflow.stage).namespace
    with connected(target.within(usual)) as server:
        yield ClusterHistory(server)


def _moment(at: str | None, promise: "Promise") -> datetime:
    from datetime import UTC

    from machiya.records.slo.look import moment

    return datetime.now(UTC) if at is None else moment(at, promise.zone)


def _print_rules(found: "list[Promise]") -> None:
    import yaml

    from machiya.records.slo import prometheus_rule, without_rule

    documents = []
    for promise in found:
        name, stage = promise.workflow.name, promise.workflow.stage
        year = datetime.now(promise.zone).year
        documents.append(prometheus_rule(name, stage, promise.objectives, promise.schedule, year))
        if reason := without_rule(promise.objectives, promise.schedule):
            click.echo(f"{name} ({stage}): {reason}", err=True)
    click.echo(yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=120), nl=False)


def _show(reports: "list[Report]") -> None:
    from machiya.cli.output import table

    headings = ("WORKFLOW", "STAGE", "OBJECTIVE", "TARGET", "IS", "STATE", "BUDGET LEFT")
    rows: list[list[str | Text]] = []
    for report in reports:
        for one in report.verdicts:
            budget = "" if one.budget is None else f"{one.budget:.0%}"
            rows.append(
                [report.workflow, report.stage, one.objective, one.target, one.actual, _state(one.state), budget]
            )
    table(headings, rows, numbers=("BUDGET LEFT",), spare=("WORKFLOW", "BUDGET LEFT"))


def _state(state: str) -> "Text":
    from rich.text import Text

    return Text(state, style=COLOURS[state])
