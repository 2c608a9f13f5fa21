"""Each change of one line of the pins, as git remembers it, and what stood there before."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from machiya.pins import Pin, Pins, PinsError, parse_pins
from machiya.release.stages import git
from machiya.release.stages.decision import Opened
from machiya.release.stages.git import Commit


@dataclass(frozen=True)
class LineChange:
    """A pin, the commit that brought it (None: it is not committed), and the whole text of the pins then."""

    pin: Pin
    commit: Commit | None
    text: str

    @property
    def since(self) -> str:
        """``2026-11-03 by Mio Mentor in 1a2b3c4d5e``, for people."""
        if self.commit is None:
            return "now, not committed"
        return f"{self.commit.time[:10]} by {self.commit.author} in {self.commit.short}"


def changes_of(opened: Opened, stage: str, component: str) -> list[LineChange]:
    """Every other value that a line had, the newest first; first what stands there now.

    Texts that were never valid are passed over. Outside of a repository there is only what stands there now.
    """
    found: list[LineChange] = []
    texts = list(git.texts_of(opened.pins.file))
    for commit, text in reversed(texts):  # the oldest first
        _note(found, _pin(text, opened.pins, stage, component), commit, text)
    _note(found, opened.pins.stages.get(stage, {}).get(component), None, opened.text)
    return found[::-1]


def _note(found: list[LineChange], pin: Pin | None, commit: Commit | None, text: str) -> None:
    if pin is not None and (not found or found[-1].pin != pin):
        found.append(LineChange(pin, commit, text))


def _pin(text: str, pins: Pins, stage: str, component: str) -> Pin | None:
    known = _parsed(text, pins.file)
    return known.stages.get(stage, {}).get(component) if known is not None else None


@lru_cache(maxsize=1000)
def _parsed(text: str, file: Path) -> Pins | None:
    """A text as it was once; read once for all its lines."""
    try:
        return parse_pins(text, file)
    except PinsError:
        return None


@dataclass(frozen=True)
class Past:
    """What a line can go back to: ``earlier`` holds the pins before the one that is there, the nearest first.

    ``undone`` is what was there before, if the last change went back: by a revert, or by `machiya rollback`.
    """

    current: LineChange
    earlier: tuple[LineChange, ...]
    undone: LineChange | None = None


def past_of(changes: Sequence[LineChange]) -> Past:
    """The way back. Whoever went back is where they were before: what was undone is not on the way any more."""
    way: list[LineChange] = []
    undone = None
    for change in reversed(changes):
        known = [number for number, one in enumerate(way) if one.pin == change.pin]
        undone = way[-1] if known else None
        way = [*(way[: known[0]] if known else way), change]
    return Past(way[-1], tuple(way[-2::-1]), undone)
