"""A judgement: one difference, what it means for one workflow, why, and where."""

from dataclasses import dataclass
from typing import Any, Literal

from machiya.dsl import Place
from machiya.release.contracts import Difference

Verdict = Literal["breaking", "note", "harmless"]
"""``breaking``: the workflow would fail or mislead who reads it; ``note``: it works, and people should know."""


@dataclass(frozen=True)
class Use:
    """How one step meets a difference: the verdict there, the reason, and the call in the workflow file."""

    verdict: Verdict
    reason: str
    place: Place | None = None


@dataclass(frozen=True)
class Judgement:
    """What a difference means for a workflow; ``places`` are the calls that meet it."""

    difference: Difference
    verdict: Verdict
    reason: str
    places: tuple[Place, ...] = ()

    @property
    def is_breaking(self) -> bool:
        """Whether the workflow cannot take the newer version as it is."""
        return self.verdict == "breaking"

    @property
    def remedy(self) -> str:
        """What to do about a breaking difference; empty for others."""
        if not self.is_breaking:
            return ""
        where = " and ".join(map(str, self.places)) or "the workflow"
        return f"Change {where}, or let it pass: --waive {self.difference.rule} --because TEXT"

    def to_json(self) -> dict[str, Any]:
        """The judgement as a JSON object: the difference, and what it means here."""
        places = [{"file": place.file, "line": place.line} for place in self.places]
        told = {"verdict": self.verdict, "breaking": self.is_breaking, "reason": self.reason}
        return {**self.difference.to_json(), **told, "places": places, "remedy": self.remedy}


def judgement_of(difference: Difference, uses: list[Use], unused: str) -> Judgement:
    """Several uses of what differs, as one judgement: the worst verdict, and all reasons for it.

    `unused` is the reason where no use is met.
    """
    for verdict in ("breaking", "note", "harmless"):
        met = [use for use in uses if use.verdict == verdict]
        if met:
            reasons = "; ".join(dict.fromkeys(use.reason for use in met))
            places = tuple(dict.fromkeys(use.place for use in met if use.place is not None and use.place.line))
            return Judgement(difference, met[0].verdict, reasons, places)
    return Judgement(difference, "harmless", unused)
