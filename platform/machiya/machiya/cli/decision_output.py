"""How the commands of a mentor say what they decided, write it, and show what changed."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from machiya.errors import ArgumentsError

if TYPE_CHECKING:
    from machiya.release.stages.assess import Assessment
    from machiya.release.stages.decision import Decision
    from machiya.release.usage import Judgement

Command = TypeVar("Command", bound=Callable[..., Any])

_WIDTH = 12


def waive_options(command: Command) -> Command:
    """``waive`` and ``because``: rules that may be broken, and the reasons."""
    command = click.option("--because", multiple=True, metavar="TEXT", help="Why: kept in the line. [repeatable]")(
        command
    )
    return click.option(
        "--waive", multiple=True, metavar="RULE", help="Let pass what breaks a rule. [repeatable, each with --because]"
    )(command)


def output_options(command: Command) -> Command:
    """``dry_run``, ``markdown`` and ``as_json``."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
    command = click.option(
        "--markdown",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write the text of a pull request to FILE.",
    )(command)
    return click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")(command)


def paired(waive: tuple[str, ...], because: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each rule with its reason; one reason may be that of all.

    Raises:
        ArgumentsError: there are more or fewer reasons than rules.
    """
    if waive and len(because) == 1:
        because *= len(waive)
    if len(waive) != len(because):
        message = f"{len(waive)} times --waive and {len(because)} times --because."
        raise ArgumentsError(message, 'Each has a reason: --waive RULE --because "why that is no harm"')
    return list(zip(waive, because, strict=True))


def carry_out(decision: "Decision", *, dry_run: bool, markdown: Path | None, as_json: bool) -> None:
    """Write what was decided, and tell it."""
    from machiya.cli.output import print_json
    from machiya.release.stages.markdown import markdown_of

    if not dry_run:
        decision.write()
    if markdown is not None:
        markdown.write_text(markdown_of(decision), encoding="utf-8")
    if as_json:
        written = {"written": not dry_run, "diff": "" if dry_run else decision.differences(contracts=True)}
        print_json({**decision.to_json(), **written})
        return
    for assessment in decision.assessments:
        _echo_assessment(assessment)
    for note in decision.notes:
        click.echo(f"note: {note}")
    _echo_files(decision, dry_run=dry_run)


def _echo_assessment(assessment: "Assessment") -> None:
    from machiya.release.stages.markdown import contract_line

    candidate = assessment.candidate
    click.echo(assessment.title)
    _fact("image", candidate.image)
    _fact("commit", candidate.commit or "not known")
    _fact("conformance", candidate.verdict.text if candidate.verdict else "not stated")
    _fact("contract", contract_line(assessment))
    for judgement in assessment.judgements:
        if judgement.verdict != "harmless":
            click.echo(f"    {_judgement(judgement)}")
    for waiver in assessment.waived:
        _fact("waived", f"{waiver.rule} by {waiver.who}: {waiver.why}")


def _fact(name: str, text: str) -> None:
    click.echo(f"  {name:<{_WIDTH}} {text}")


def _judgement(judgement: "Judgement") -> str:
    places = f" ({', '.join(map(str, judgement.places))})" if judgement.places else ""
    return f"{judgement.verdict}: {judgement.difference}; {judgement.reason}{places}"


def _echo_files(decision: "Decision", *, dry_run: bool) -> None:
    from machiya.cli.output import shown_path

    if not decision.changed:
        click.echo("nothing changes: all files are up to date")
        return
    for edit in decision.changed:
        click.echo(f"{shown_path(edit.path)}: {edit.what}")
    if dry_run:
        click.echo("nothing was written (--dry-run)")
        return
    click.echo(decision.differences(), nl=False)
    folder = shlex.quote(str(shown_path(decision.folder)))
    click.echo("Nothing is committed yet. If it is right:")
    click.echo(f"  git add -A {folder} && git commit -m {shlex.quote(decision.summary)}")
