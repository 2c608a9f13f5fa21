"""The conformance suite: whether an image keeps the promises of its contract, checked from outside.

It knows no language: the image is all it sees. `run_suite` gives a `Verdict`, a value that belongs to the image's id.
"""

from machiya.conformance.catalogue import CHECKS, select
from machiya.conformance.check import Check
from machiya.conformance.junit import to_junit
from machiya.conformance.suite import run_suite
from machiya.conformance.text import failure_text
from machiya.conformance.verdict import CheckedImage, CheckResult, Failure, Outcome, Verdict
from machiya.conformance.workspace import Workspace

__all__ = [
    "CHECKS",
    "Check",
    "CheckResult",
    "CheckedImage",
    "Failure",
    "Outcome",
    "Verdict",
    "Workspace",
    "failure_text",
    "run_suite",
    "select",
    "to_junit",
]
