"""The values of a diagnosis. Nothing here prints: `machiya.cli.explain_text` does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from machiya.records.diagnosis.facts import Facts
from machiya.records.record import RunRecord
from machiya.records.steps import Step
from machiya.records.times import iso

_SAID = re.compile(r"(\(exit code \d+\)): .*", re.DOTALL)


class Press(StrEnum):
    """What helps."""

    RETRY = "retry"
    """As it is: nothing has to be changed."""
    MEND = "mend, then retry"
    """Something around the run has to be mended first."""
    RESUBMIT = "mend, then resubmit"
    """Other data, values or versions: a run keeps those that it began with, so it takes a new one."""
    WAIT = "wait"
    """It goes on by itself."""


@dataclass(frozen=True)
class Failure:
    """A step that ended badly, as the rules see it.

    ``message`` is its last attempt's, ``words`` the last lines of its log, ``container`` the one of the pod that the
    message speaks of: ``main`` is the component's, ``init``, ``wait`` and ``supervisor`` are Argo's; empty is unknown.
    """

    step: Step
    facts: Facts
    message: str
    container: str
    words: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int | None:
        """That of the component's program; None where it was not the program that failed."""
        return None if self.container not in ("", "main") else self.step.exit_code

    @property
    def told(self) -> str:
        """The message without what the program itself said, which Argo appends to its exit code."""
        by_program = self.container in ("", "main") and self.step.last.phase == "Failed"
        return _SAID.sub(r"\1", self.message) if by_program else self.message

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        return max(len(self.step.attempts), 1)


@dataclass(frozen=True)
class Verdict:
    """What a rule says: what happened (``title``, ``meaning``), what to do about it, and what to press then."""

    rule: str
    title: str
    meaning: str
    press: Press
    advice: str
    consequence: bool = False
    """Whether it follows from something else: a step that was stopped because the run was."""


@dataclass(frozen=True)
class Cause:
    """Steps that failed for the same reason; ``failures`` are in the order in which they ended."""

    verdict: Verdict
    failures: Sequence[Failure]
    total: int = 1
    """How many turns the loop has whose turns these are; 1 for a step that is no turn."""

    @property
    def first(self) -> Failure:
        """The one that ended first."""
        return self.failures[0]

    @property
    def name(self) -> str:
        """``train``; of several turns of a loop the loop's: ``predict``."""
        return self.first.step.name if len(self.failures) == 1 else self.first.step.name.split("(")[0]

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya explain`."""
        first, verdict = self.first, self.verdict
        return {
            "rule": verdict.rule,
            "title": verdict.title,
            "meaning": verdict.meaning,
            "press": str(verdict.press),
            "advice": verdict.advice,
            "step": self.name,
            "steps": [failure.step.name for failure in self.failures],
            "of": self.total,
            "ended": iso(first.step.node.finished),
            "exitCode": first.exit_code,
            "message": first.message,
            "lastLines": list(first.words),
            "attempts": first.attempts,
            **first.facts.to_json(),
        }


@dataclass(frozen=True)
class Diagnosis:
    """What became of a run.

    ``causes`` are what failed of itself, the first to fail first; ``consequences`` failed because of them;
    ``tolerated`` failed, and the run went on as it was meant to. ``kept`` are the steps whose outputs stay, ``again``
    those that a retry runs. ``waiting`` says of a run that goes on what holds up which of its steps.
    """

    record: RunRecord
    causes: Sequence[Cause] = ()
    consequences: Sequence[Cause] = ()
    tolerated: Sequence[Cause] = ()
    kept: Sequence[str] = ()
    again: Sequence[str] = ()
    waiting: Sequence[Cause] = ()
    only_exit: bool = False
    """Whether all that failed runs on exit: what the run is for is there."""
    message: str = field(default="")

    @property
    def press(self) -> Press | None:
        """What helps in all: a new run if one of the causes needs it; None where nothing failed."""
        found = {cause.verdict.press for cause in self.causes}
        order = (Press.RESUBMIT, Press.MEND, Press.RETRY, Press.WAIT)
        return next((press for press in order if press in found), None)

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya explain`."""
        return {
            "run": self.record.name,
            "workflow": self.record.workflow,
            "stage": self.record.stage or None,
            "phase": self.record.phase,
            "message": self.message,
            "press": str(self.press) if self.press is not None else None,
            "onlyExitFailed": self.only_exit,
            "causes": [cause.to_json() for cause in self.causes],
            "consequences": [cause.to_json() for cause in self.consequences],
            "tolerated": [cause.to_json() for cause in self.tolerated],
            "waiting": [cause.to_json() for cause in self.waiting],
            "kept": list(self.kept),
            "again": list(self.again),
        }
