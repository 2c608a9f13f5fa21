"""Where in the pins something stands."""

from dataclasses import dataclass
from pathlib import Path

from machiya.pins import Pin, Pins
from machiya.pins.validate import CANARY_KEY
from machiya_component.contract.parse import parse_file


class Lines:
    """The lines of a pins file by their keys."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._raw = parse_file(file)

    def of(self, *path: str) -> int | None:
        """The line of a key, or of the nearest above it."""
        return self._raw.line_of(path)

    def of_canary(self, component: str) -> int | None:
        """The line of a canary."""
        return self.of(CANARY_KEY, component)


@dataclass(frozen=True)
class PinnedLine:
    """One line of the pins; ``block`` is the stage, or ``canary``."""

    block: str
    component: str
    pin: Pin
    line: int | None

    @property
    def where(self) -> str:
        """``production.recommender``."""
        return f"{self.block}.{self.component}"


def pinned_lines(pins: Pins, lines: Lines) -> list[PinnedLine]:
    """All lines that name a version, in the order of the file."""
    found = [
        PinnedLine(stage, component, pin, lines.of(stage, component))
        for stage, entries in pins.stages.items()
        for component, pin in entries.items()
    ]
    canaries = [PinnedLine(CANARY_KEY, name, one.pin, lines.of_canary(name)) for name, one in pins.canary.items()]
    return sorted([*found, *canaries], key=lambda one: one.line or 0)


def fetch_again(pins: Pins, one: PinnedLine) -> str:
    """The command that keeps the contract of a released version: to the version that is pinned."""
    what = f"{pins.file.parent.resolve().name} {one.component} {one.pin.version}"
    if one.block == CANARY_KEY:
        return f"Fetch it: machiya canary {what} --share {pins.canary[one.component].share:g}"
    return f"Fetch it: machiya bump {what} --stage {one.block}"
