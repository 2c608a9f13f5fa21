"""What a mentor's command comes to: what is to be said of the versions, and the edits. Only `write` writes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from machiya.dsl.findings import nearest
from machiya.errors import ArgumentsError
from machiya.pins import Pins, load_pins, parse_pins
from machiya.pins.edit import Waiver
from machiya.pins.load import CONTRACTS_FOLDER
from machiya.release.contracts import RULES
from machiya.release.stages import edits as files
from machiya.release.stages import git
from machiya.release.stages.assess import VERDICT_RULES, Assessment, assess, refuse_if_any
from machiya.release.stages.candidate import Candidate
from machiya.release.stages.derive import derive
from machiya.release.stages.edits import Edit

Waivers = Mapping[str, Sequence[Waiver]]
"""By component."""

Change = Callable[[str, Waivers], str]
"""A text of the pins and the waivers that its new lines need -> the new text."""


@dataclass(frozen=True)
class Decision:
    """The outcome of a command. ``summary`` is it in one line, as a commit would say it."""

    folder: Path
    summary: str
    assessments: tuple[Assessment, ...]
    edits: tuple[Edit, ...]
    notes: tuple[str, ...] = ()
    proposal: Mapping[str, Any] | None = None
    """What an experiment said, if one did."""

    @property
    def changed(self) -> list[Edit]:
        """The edits that change something."""
        return [edit for edit in self.edits if edit.is_change]

    def write(self) -> None:
        """Make the edits. Raises OutputError; what is written by then is whole, and the same command goes on."""
        files.write(self.edits)

    def differences(self, *, contracts: bool = False) -> str:
        """`git diff` of the files, after they were written; empty outside of a repository.

        Contracts are left out unless they are asked for: the assessments tell what differs in them.
        """
        wanted = [edit.path for edit in self.changed if contracts or edit.path.parent.name != CONTRACTS_FOLDER]
        return git.differences(self.folder, wanted)

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya bump`."""
        return {
            "summary": self.summary,
            "versions": [assessment.to_json() for assessment in self.assessments],
            "files": [{"path": str(edit.path), "what": edit.what} for edit in self.edits],
            "notes": list(self.notes),
            **({"proposal": dict(self.proposal)} if self.proposal is not None else {}),
        }


@dataclass(frozen=True)
class Opened:
    """The pins of a workflow, as a value and as the text that is to be changed."""

    folder: Path
    pins: Pins
    text: str

    @property
    def name(self) -> str:
        """The workflow's folder."""
        return self.folder.resolve().name


def open_pins(folder: Path) -> Opened:
    """Read the pins of the workflow in `folder`. Raises PinsError."""
    pins = load_pins(folder)
    return Opened(folder, pins, files.read_text(pins.file) or "")


def decide(
    opened: Opened,
    stage: str,
    candidates: Sequence[Candidate],
    change: Change,
    waivers: Waivers,
    summary: str,
    notes: Sequence[str] = (),
    *,
    verdict_needed: bool = True,
) -> Decision:
    """Assess each version in a workflow that has all of them, and compute every file.

    Args:
        opened: the pins as they are.
        stage: where the versions are to be used.
        candidates: the versions.
        change: makes the new text of the pins.
        waivers: what somebody let pass; those that are not needed are left out.
        summary: what it comes to, in one line.
        notes: what people should know besides.
        verdict_needed: whether the conformance suite must have passed.

    Raises:
        RefusedError: with every reason.
        PinsError, WorkflowError, CheckError: the new text, or what follows from it, is not valid.
    """
    after = parse_pins(change(opened.text, {}), opened.pins.file)
    wanted = _with_candidates(replace(after, canary={}), stage, candidates)
    kept = {candidate.key: candidate.contract for candidate in candidates}
    assessments = tuple(
        assess(
            opened.pins,
            stage,
            one,
            after=wanted,
            kept=kept,
            waivers=waivers.get(one.component, ()),
            verdict_needed=verdict_needed,
        )
        for one in candidates
    )
    refuse_if_any(assessments)
    text = change(opened.text, {one.component: one.waived for one in assessments})
    edits = derive(opened.pins.file, text, candidates, [stage])
    return Decision(opened.folder, summary, assessments, tuple(edits), tuple(notes))


def _with_candidates(pins: Pins, stage: str, candidates: Sequence[Candidate]) -> Pins:
    """Of a canary, the stage's pins do not have the version: it is judged as if they had."""
    for candidate in candidates:
        pins = pins.with_pin(stage, candidate.component, candidate.pin)
    return pins


def new_waivers(folder: Path, given: Sequence[tuple[str, str]]) -> tuple[Waiver, ...]:
    """Waivers as they were asked for, by rule and reason, in the name of who works here.

    Raises:
        ArgumentsError: there is no such rule, or the reason cannot stand in a comment.
    """
    known = [*RULES, *VERDICT_RULES]
    for rule, reason in given:
        if rule not in known:
            raise ArgumentsError(f"--waive {rule}: there is no such rule.", nearest(rule, known, "Rules"))
        if not reason.strip() or any(one in reason for one in ";\r\n"):
            message = f"--because {reason!r}: the reason is a text of one line, without a semicolon."
            raise ArgumentsError(message, 'Example: --because "the viewer is replaced next week"')
    return tuple(Waiver(rule, git.who(folder), reason.strip()) for rule, reason in given)


def check_needed(decision: Decision, given: Sequence[Waiver]) -> None:
    """Raise ArgumentsError for waivers that nothing needs: they would only hide what comes later."""
    used = {waiver.rule for assessment in decision.assessments for waiver in assessment.waived}
    unneeded = [waiver.rule for waiver in given if waiver.rule not in used]
    if unneeded:
        message = f"--waive {unneeded[0]}: nothing breaks that rule here."
        raise ArgumentsError(message, f"Needed: {', '.join(sorted(used)) or 'none'}. Nothing was changed.")
