"""What is wrong with a workflow file: collected while it is loaded, told all at once."""

import sys
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar

from machiya.dsl.model import Place
from machiya.errors import MachiyaError
from machiya.pins.model import count, listed
from machiya_component.findings import Finding


class WorkflowError(MachiyaError):
    """A workflow file that is wrong; ``findings`` holds everything that is wrong with it."""

    exit_code: ClassVar[int] = 65

    def __init__(self, file: str, findings: list[Finding]) -> None:
        super().__init__(f"{file} has {count(findings)}.", listed(findings))
        self.findings = findings


class Findings:
    """Collects findings."""

    def __init__(self) -> None:
        self.all: list[Finding] = []

    def add(self, place: Place, rule: str, where: str, message: str, remedy: str) -> None:
        """One thing that is wrong at `place`."""
        self.all.append(Finding(f"workflow.{rule}", message, remedy, where, place.file, place.line))


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """What to write instead of a name that is not known."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    listed = f"{what}: {', '.join(names) or 'none'}."
    return f"Did you mean {close[0]}? {listed}" if close else listed


def calling_place() -> Place:
    """The file and line outside of this package that called it."""
    package = str(Path(__file__).parent)
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)
