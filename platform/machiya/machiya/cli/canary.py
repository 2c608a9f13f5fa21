"""`machiya canary`: a version for a share of the users."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.decision_output import carry_out, output_options, paired, waive_options
from machiya.errors import ArgumentsError

if TYPE_CHECKING:
    from machiya.release.stages.decision import Decision


@click.command
@click.argument("workflow", metavar="WORKFLOW")
@click.argument("component", metavar="COMPONENT")
@click.argument("version", required=False, metavar="[VERSION]")
@click.option("--share", metavar="SHARE", help="How many of the users: 10%, or 0.1.")
@click.option("--salt", metavar="TEXT", help="Decides which users. [default: COMPONENT-VERSION; kept with the share]")
@click.option("--stage", metavar="STAGE", help="Where. [default: production, else the last of pins.yaml]")
@click.option("--end", is_flag=True, help="Take the canary out: all users get what the stage pins.")
@waive_options
@output_options
def canary(
    workflow: str,
    component: str,
    version: str | None,
    share: str | None,
    salt: str | None,
    stage: str | None,
    end: bool,
    waive: tuple[str, ...],
    because: tuple[str, ...],
    dry_run: bool,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Give a version to a share of the users first.

    The steps from COMPONENT to the result are done twice, and each user gets one of the results, always the same while
    share and salt stay. Without VERSION the canary that is there gets another share. It must pass what
    `machiya bump` asks for. If the canary's steps fail, all users get the stable version's result.
    """
    from machiya.dsl import find_workflow

    folder = find_workflow(workflow)
    decision = _decide(folder, component, version, share, salt, stage, end, paired(waive, because))
    carry_out(decision, dry_run=dry_run, markdown=markdown, as_json=as_json)


def _decide(
    folder: Path,
    component: str,
    version: str | None,
    share: str | None,
    salt: str | None,
    stage: str | None,
    end: bool,
    waive: list[tuple[str, str]],
) -> "Decision":
    from machiya.release.stages.canary import canary, end_canary

    if end == (share is not None) or (end and (version or salt or stage or waive)):
        message = "either --share, or --end alone."
        raise ArgumentsError(message, f"Example: machiya canary {folder.name} {component} 1.1.0 --share 10%")
    if share is None:
        return end_canary(folder, component)
    return canary(folder, component, version, share, salt, stage, waive)
