"""Marks of merges that git could not make, in the pins and in what is derived from them."""

import re
from collections.abc import Iterator
from pathlib import Path

from machiya.manifest.render import RENDERED_FOLDER
from machiya.pins import PINS_FILE
from machiya.pins.load import CONTRACTS_FOLDER
from machiya_component.findings import Finding

_BEGIN, _MIDDLE, _END = (re.compile(pattern) for pattern in (r"<{7}(?: |$)", r"={7}$", r">{7}(?: |$)"))


def conflicts_in(folder: Path) -> list[Finding]:
    """One finding for each conflict in the pins, and one for each derived file that has any."""
    found = list(_in_pins(folder / PINS_FILE))
    derived = [*sorted((folder / CONTRACTS_FOLDER).glob("*")), *sorted((folder / RENDERED_FOLDER).glob("*"))]
    return [*found, *(finding for path in derived for finding in _in_derived(folder, path))]


def _in_pins(file: Path) -> Iterator[Finding]:
    for line, ours, theirs in _conflicts(file):
        shown = "\n".join(f"  {text.strip()}" for text in (*ours, *theirs))
        message = "a merge left both versions here: two people changed the same line."
        remedy = f"Keep one of these, take out the marks, then run `machiya pins check` again:\n{shown}"
        yield Finding("pins.conflict", message, remedy, "", str(file), line)


def _in_derived(folder: Path, path: Path) -> Iterator[Finding]:
    conflicts = list(_conflicts(path))
    if conflicts:
        name = folder.resolve().name
        fetch = f"machiya bump {name} COMPONENT VERSION --stage STAGE, with the version that is pinned"
        again = f"machiya render {name}" if path.parent.name == RENDERED_FOLDER else fetch
        message = "a merge left both versions in a file that is derived from the pins."
        yield Finding("pins.conflict", message, f"Mend the pins first, then: {again}", "", str(path), conflicts[0][0])


def _conflicts(file: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    """The line where each conflict begins, and the lines of its two sides."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    start, sides = 0, (list[str](), list[str]())
    side: list[str] | None = None
    for number, line in enumerate(lines, 1):
        if _BEGIN.match(line):
            start, sides = number, ([], [])
            side = sides[0]
        elif start and _MIDDLE.match(line):
            side = sides[1]
        elif start and _END.match(line):
            yield (start, *sides)
            start, side = 0, None
        elif side is not None and line.strip():
            side.append(line)
    if start:
        yield (start, *sides)
