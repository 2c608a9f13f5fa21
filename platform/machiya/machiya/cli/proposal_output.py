"""What an experiment says of a canary, as `machiya canary --auto` shows it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from machiya.cli.output import print_json, table
from machiya.cli.run_view import shown
from machiya.engines.local.runner import Preferences
from machiya.engines.planning.values import split_pairs
from machiya.release.stages.automatic import Proposal, propose

if TYPE_CHECKING:
    from machiya.release.stages.decision import Decision


def proposed(
    folder: Path, component: str, events: str, values: tuple[str, ...], preferences: Preferences, *, as_json: bool
) -> "Decision | None":
    """Run the experiment and tell what it says; the decision on another share, None where it stays.

    As JSON, what it says is printed here only where nothing follows from it; else it is a part of the decision.
    """
    with shown(Console(stderr=True)) as view:
        seen = replace(preferences, observers=(view.observe,), say=view.say)
        proposal, decision = propose(
            folder, component, events, split_pairs(values), seen, lambda ready: view.follow(ready.folder)
        )
    if as_json:
        if decision is None:
            print_json({"proposal": proposal.to_json(), "written": False})
            return None
        return replace(decision, proposal=proposal.to_json())
    _show(proposal)
    click.echo(next_step(proposal, folder.resolve().name))
    return decision


def _show(proposal: Proposal) -> None:
    canary = proposal.canary
    click.echo(f"{proposal.component} {canary.pin.version} for {canary.share:.4g} of the users of {canary.stage}")
    click.echo(f"divided by the run {proposal.run}, counted by {proposal.computed_by}")
    headings = ("VARIANT", "USERS", "CONVERTED", "RATE", "FROM", "TO", "BEST", "EXPECTED LOSS")
    keys = ("variant", "users", "converted", "rate", "low", "high", "probability_best", "expected_loss")
    rows = [[_cell(variant.get(key)) for key in keys] for variant in proposal.variants]
    table(headings, rows, numbers=headings[1:])
    if proposal.mismatch:
        click.echo(
            "warning: the users are not divided by the shares (sample ratio mismatch): these numbers mean nothing"
        )


def _cell(value: object) -> str:
    if value is None:
        return "unknown"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def next_step(proposal: Proposal, workflow: str) -> str:
    """What the mentor does now, after the decision and its reason."""
    version, component, stage = proposal.canary.pin.version, proposal.component, proposal.canary.stage
    told = {
        "promote": f"for all users: machiya bump {workflow} {component} {version} --stage {stage}",
        "stop": f"to end it: machiya canary {workflow} {component} --end",
        "continue": f"the share becomes {proposal.share:.4g}"
        if proposal.share != proposal.canary.share
        else "the share stays",
    }
    return f"{proposal.decision}: {proposal.reason}\n{told.get(proposal.decision, 'the share stays')}"
