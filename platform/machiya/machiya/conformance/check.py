"""A check: a stable id, a title for people, and one small function from a bench to a result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from machiya.conformance.verdict import Failure

if TYPE_CHECKING:
    from machiya.conformance.bench import Bench

Needs = Literal["image", "contract", "samples", "folder"]


@dataclass(frozen=True)
class Skip:
    """The check does not apply to this image; why, as a sentence."""

    reason: str


@dataclass(frozen=True)
class Info:
    """The check only reports; what it found."""

    text: str


Result = list[Failure] | Skip | Info
"""An empty list is a pass."""


@dataclass(frozen=True)
class Check:
    """One promise of the contract that can be seen from outside.

    ``needs`` names what must be there before it makes sense: nothing but the image, a valid contract, the samples in
    the image as well, or the contract and the component's folder. Where that is missing the check is skipped, and
    another says why.
    ``reports`` marks a check that only tells, and cannot fail.
    """

    id: str
    title: str
    run: "Callable[[Bench], Result]"
    needs: Needs = "samples"
    reports: bool = False
