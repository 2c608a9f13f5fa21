"""What steps of the run found odd: the texts in the files that they left, as many as somebody would read."""

import json
from collections.abc import Iterator
from logging import Logger
from pathlib import Path

MOST = 100
"""Warnings that are read; the message tells the first few of them."""
LENGTH = 300
"""Characters of one."""
MOST_BYTES = 1_000_000
"""Of a file: nobody writes warnings of such length, so it is something else."""


def read_warnings(folder: Path, log: Logger) -> tuple[str, ...]:
    """The texts in the list ``warnings`` of every JSON object in a folder and those below it, in the order of names.

    What is of another form is left out, and the log says so: the message about the run matters more.
    """
    found: list[str] = []
    for path in sorted(folder.rglob("*.json")):
        if not path.name.startswith("_"):
            try:
                found += _texts(path)
            except (OSError, ValueError, TypeError, KeyError) as error:
                log.warning("warnings: %s cannot be read (%s), so it is not told", path.name, type(error).__name__)
    return tuple(found[:MOST])


def _texts(path: Path) -> Iterator[str]:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError("too large")
    listed = json.loads(path.read_text(encoding="utf-8"))["warnings"]
    if not isinstance(listed, list):
        raise TypeError("no list")
    for one in listed:
        text = " ".join(str(one).split())
        yield text if len(text) <= LENGTH else f"{text[: LENGTH - 3]}..."
