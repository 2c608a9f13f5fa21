"""What differs between two contracts of a component, and for whom that breaks something."""

from machiya.release.contracts.compare import compare
from machiya.release.contracts.difference import Breaks, Change, Difference, Place, Side
from machiya.release.contracts.rules import RULES, Rule
from machiya.release.contracts.versions import Step, fits, needed_step, parse_version, taken_step

__all__ = [
    "RULES",
    "Breaks",
    "Change",
    "Difference",
    "Place",
    "Rule",
    "Side",
    "Step",
    "compare",
    "fits",
    "needed_step",
    "parse_version",
    "taken_step",
]
