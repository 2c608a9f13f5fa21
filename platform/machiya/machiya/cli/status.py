"""`machiya status`: what runs where."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option, json_option

if TYPE_CHECKING:
    from machiya.records.slo import Report
    from machiya.release.stages.status import ComponentStatus, StageStatus


@click.command
@click.argument("workflow", metavar="WORKFLOW")
@click.option("--offline", is_flag=True, help="Ask no registry: newer versions are then not known.")
@home_option
@json_option
def status(workflow: str, offline: bool, home: Path, as_json: bool) -> None:
    """Say which version runs where.

    For each stage and component: the version that is pinned, since when, the canary with its share, the newest release,
    how the last run of the stage ended that this machine remembers, and whether it keeps what slo.yaml promises.
    """
    from machiya.cli.output import print_json
    from machiya.dsl import find_workflow
    from machiya.release.stages.status import status as look

    found = look(find_workflow(workflow), home, offline=offline)
    if as_json:
        print_json(found.to_json())
        return
    for stage in found.stages:
        _show(stage, offline or bool(found.registry_error))
    if found.registry_error:
        click.echo(f"newer versions are not known: {found.registry_error}")
    if found.levels_error:
        click.echo(f"whether promises are kept is not known: {found.levels_error} (machiya slo {workflow} lists them)")


def _show(stage: "StageStatus", unknown: bool) -> None:
    from machiya.cli.output import local_time, table

    run = stage.run
    told = f"{run.phase}, {run.name}, {local_time(run.created)}" if run is not None else "none that is known here"
    click.echo(f"{stage.stage} (last run: {told})")
    if stage.levels is not None:
        click.echo(_promises(stage.levels))
    headings = ("COMPONENT", "PINNED", "NEWEST", "CANARY", "SINCE")
    table(headings, [_row(one, unknown) for one in stage.components], spare=("SINCE",))
    click.echo()


def _promises(report: "Report") -> str:
    """In one line: how many are kept, and which are not."""
    states = {
        state: [one.objective for one in report.verdicts if one.state == state] for state in ("breached", "unknown")
    }
    kept = len(report.verdicts) - sum(map(len, states.values()))
    others = [f"{state}: {', '.join(names)}" for state, names in states.items() if names]
    more = f" (machiya slo {report.workflow} --stage {report.stage})" if others else ""
    return f"promises: {'; '.join([f'{kept} kept', *others])}{more}"


def _row(one: "ComponentStatus", unknown: bool) -> list[str]:
    pinned = one.pin.version if one.pin.digest else f"{one.pin.version} (working copy)"
    newest = one.newest or ("unknown" if unknown else "none released")
    canary = f"{one.canary.pin.version} for {one.canary.share:.4g} of the users" if one.canary else ""
    return [one.component, pinned, f"{newest} *" if one.is_behind else newest, canary, one.since.since]
