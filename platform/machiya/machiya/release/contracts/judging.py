"""How differences are made: by a rule with a fixed verdict, or by what a looser or stricter promise means there."""

from typing import Any

from machiya.release.contracts.difference import Breaks, Change, Difference, Place
from machiya.release.contracts.rules import RULES


def fixed(rule: str, place: Place, before: Any, after: Any, message: str) -> Difference:
    """A difference whose rule says by itself for whom it breaks something."""
    known = RULES[rule]
    breaks: Any = known.breaks
    change: Any = known.change
    return Difference(rule, place, before, after, breaks, change, message)


def narrowed(rule: str, place: Place, before: Any, after: Any, message: str) -> Difference:
    """Fewer values are possible: callers may have given the others; readers meet nothing new."""
    return _by_side(rule, place, before, after, message, "nobody" if place.side == "output" else "callers")


def widened(rule: str, place: Place, before: Any, after: Any, message: str) -> Difference:
    """More values are possible: readers may not expect them; callers need not give them."""
    return _by_side(rule, place, before, after, message, "readers" if place.side == "output" else "nobody")


def changed(rule: str, place: Place, before: Any, after: Any, message: str) -> Difference:
    """Other values are possible, neither a part of the earlier ones nor all of them and more: it breaks either side."""
    return _by_side(rule, place, before, after, message, "readers" if place.side == "output" else "callers")


def _by_side(rule: str, place: Place, before: Any, after: Any, message: str, breaks: Breaks) -> Difference:
    change: Change = "minor" if breaks == "nobody" else "major"
    return Difference(rule, place, before, after, breaks, change, message)
