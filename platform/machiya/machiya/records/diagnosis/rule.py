"""A rule: what one kind of failure looks like, what it means, and what helps."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from machiya.records.diagnosis.model import Failure, Press, Verdict

Text = str | Callable[[Failure], str]
Condition = Callable[[Failure], bool]


@dataclass(frozen=True)
class Rule:
    """One kind of failure. Texts may depend on it."""

    id: str
    applies: Condition
    title: Text
    meaning: Text
    press: Press
    advice: Text
    consequence: bool = False

    def verdict(self, failure: Failure) -> Verdict:
        """What it says of a failure."""
        title, meaning, advice = (
            one if isinstance(one, str) else one(failure) for one in (self.title, self.meaning, self.advice)
        )
        return Verdict(self.id, title, meaning, self.press, advice, self.consequence)


def says(pattern: str) -> Condition:
    """Whether the platform says it, in any case of letters; what the program said of itself does not count."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda failure: compiled.search(failure.told) is not None


def argo_says(pattern: str) -> Condition:
    """Whether what moves artifacts failed, not the program (3.6 does not name it: the phase is Error), and said so."""
    told = says(pattern)
    return lambda failure: _of_argo(failure) and told(failure)


def _of_argo(failure: Failure) -> bool:
    return failure.container not in ("", "main") or failure.step.last.phase == "Error"


def ended(*codes: int) -> Condition:
    """Whether the program ended with one of these exit codes."""
    return lambda failure: failure.exit_code in codes


def tried(failure: Failure) -> str:
    """How often, where more than once."""
    return f" It was tried {failure.attempts} times." if failure.attempts > 1 else ""
