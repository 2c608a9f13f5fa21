"""`machiya canary`: a version for a share of the users."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.decision_output import carry_out, output_options, paired, waive_options
from machiya.cli.options import home_option, launcher_option
from machiya.errors import ArgumentsError

if TYPE_CHECKING:
    from machiya.engines.local.launching import LauncherName


@click.command
@click.argument("workflow", metavar="WORKFLOW")
@click.argument("component", metavar="COMPONENT")
@click.argument("version", required=False, metavar="[VERSION]")
@click.option("--share", metavar="SHARE", help="How many of the users: 10%, or 0.1.")
@click.option("--salt", metavar="TEXT", help="Decides which users. [default: COMPONENT-VERSION; kept with the share]")
@click.option("--stage", metavar="STAGE", help="Where. [default: production, else the last of pins.yaml]")
@click.option("--end", is_flag=True, help="Take the canary out: all users get what the stage pins.")
@click.option("--auto", is_flag=True, help="The share that the component experiment proposes, by what users did.")
@click.option("--events", metavar="LOG", help="With --auto: what users did, Parquet or CSV with a column user_id.")
@click.option(
    "-p", "--parameter", "values", multiple=True, metavar="NAME=VALUE", help="With --auto: of the experiment."
)
@launcher_option("that of `machiya run`")
@home_option
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
    auto: bool,
    events: str | None,
    values: tuple[str, ...],
    launcher: "LauncherName | None",
    home: Path,
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

    With --auto, users are counted who did something in LOG after the last run divided them, and the next share is
    written if there is one; when to end or to bump is said, and left to you.
    """
    from machiya.cli.proposal_output import proposed
    from machiya.dsl import find_workflow
    from machiya.engines.local.runner import Preferences
    from machiya.release.stages.canary import canary as start
    from machiya.release.stages.canary import end_canary

    folder = find_workflow(workflow)
    changes = [name for name, given in (("--share", share), ("--end", end), ("--auto", auto)) if given]
    if len(changes) != 1 or (not share and (version or salt or stage or waive)) or (bool(events) != auto):
        message = "either --share, or --end alone, or --auto with --events."
        raise ArgumentsError(message, f"Example: machiya canary {folder.name} {component} 1.1.0 --share 10%")
    if auto:
        preferences = Preferences(home, launcher)
        decision = proposed(folder, component, str(events), values, preferences, as_json=as_json)
    elif share is None:
        decision = end_canary(folder, component)
    else:
        decision = start(folder, component, version, share, salt, stage, paired(waive, because))
    if decision is not None:
        carry_out(decision, dry_run=dry_run, markdown=markdown, as_json=as_json)
