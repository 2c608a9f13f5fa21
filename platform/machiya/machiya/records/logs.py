"""The logs of steps, read piece by piece: a log may have many megabytes, and a line of it too."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from machiya.engines.local.argo.interpreter.nodes import node_id
from machiya.records.record import RunRecord
from machiya.records.steps import Step

CHUNK = 1 << 16
_LINE_BYTES = 4096
"""Of a last line that is longer, this much is shown."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_PICTURES = {
    **{code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"},
    **dict.fromkeys(range(0x7F, 0xA0), "\N{SYMBOL FOR DELETE}"),
}


def log_files(record: RunRecord, step: Step) -> list[Path]:
    """What all attempts of a step wrote, in all sessions, the oldest first; nothing for one whose program never ran."""
    folders = [record.folder.step(step.node.id)]
    number = 0
    while (folder := record.folder.step(node_id(record.name, f"{step.node.name}({number})"))).is_dir():
        folders.append(folder)
        number += 1
    files = [path for folder in folders if folder.is_dir() for path in folder.glob("log*.txt")]
    return sorted(files, key=_age)


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, str(path)


def parts(path: Path) -> list[Path]:
    """The files of a log: while its step runs, the end of a very long one lies beside it."""
    beside = (path.with_name(f"{path.name}.tail-{number}") for number in (1, 2))
    return [path, *(one for one in beside if one.exists())]


def read_from(path: Path, offset: int = 0) -> Iterator[bytes]:
    """The content of a file from `offset` on, in pieces."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            while piece := file.read(CHUNK):
                yield piece
    except FileNotFoundError:
        return


def read_log(path: Path, tail: int | None = None) -> Iterator[bytes]:
    """A log in pieces, or its last `tail` lines."""
    pieces = parts(path)
    for one, offset in [(one, 0) for one in pieces] if tail is None else _last(pieces, tail):
        yield from read_from(one, offset)


def _last(pieces: Sequence[Path], lines: int) -> list[tuple[Path, int]]:
    """The pieces in which the last lines are, each with where to begin; read backwards."""
    newlines = lines + (1 if _ends_a_line(pieces[-1]) else 0)
    found: list[tuple[Path, int]] = []
    for one in reversed(pieces):
        offset, newlines = _seek_back(one, newlines)
        found.insert(0, (one, offset))
        if newlines == 0:
            break
    return found if lines > 0 else []


def _seek_back(path: Path, newlines: int) -> tuple[int, int]:
    """What follows the newline that is the `newlines`-th from the end, and 0; or the beginning, and how many lack."""
    with path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        while position > 0:
            size = min(CHUNK, position)
            position -= size
            file.seek(position)
            block = file.read(size)
            found = block.count(b"\n")
            if found >= newlines:
                return position + _nth_last_newline(block, newlines) + 1, 0
            newlines -= found
    return 0, newlines


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _nth_last_newline(block: bytes, count: int) -> int:
    position = len(block)
    for _ in range(count):
        position = block.rindex(b"\n", 0, position)
    return position


def last_lines(record: RunRecord, step: Step, count: int = 1) -> list[str]:
    """The last lines of a step's newest log that say something, made harmless and shortened."""
    files = log_files(record, step)
    if not files:
        return []
    end = parts(files[-1])[-1]
    try:
        with end.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - count * _LINE_BYTES, 0))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = [harmless(line).strip() for line in text.splitlines()]
    return [line for line in lines if line][-count:]


def harmless(text: str) -> str:
    """The text without what moves the cursor, rings or paints: control characters as pictures, colours left out."""
    return _COLOURS.sub("", text).replace("\r\n", "\n").replace("\r", "\n").translate(_PICTURES)
