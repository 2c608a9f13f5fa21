"""How commands show what they found: JSON; tables and trees on a terminal, and the same as plain text elsewhere."""

import json
import os
import shlex
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from machiya.cli.options import DEFAULT_HOME, HOME_VARIABLE

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    Cell = str | Text

_FILE_WIDTH = 10_000
"""Columns where there is no terminal: nothing is wrapped or cut."""

STYLES = {
    "Succeeded": "green",
    "Failed": "bold red",
    "Error": "bold red",
    "Running": "cyan",
    "Interrupted": "bold yellow",
    "Unreadable": "bold red",
    "Skipped": "dim",
    "Omitted": "dim",
}
"""Of phases."""


def print_json(value: Any) -> None:
    """A value as JSON, for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def show(what: "RenderableType") -> None:
    """Print with colours and the terminal's width on a terminal; without any, elsewhere."""
    from rich.console import Console

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(what)
        return
    plain = Console(width=_FILE_WIDTH, no_color=True, highlight=False, color_system=None, force_terminal=False)
    with plain.capture() as capture:
        plain.print(what)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


def table(
    headings: Sequence[str],
    rows: "Sequence[Sequence[Cell]]",
    *,
    numbers: Sequence[str] = (),
    spare: Sequence[str] = (),
) -> None:
    """Print a table; the columns called `numbers` are aligned to the right.

    On a terminal that is too narrow, columns of `spare` are left out, the first of them first.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    left = list(headings)
    console = Console()
    for name in spare if console.is_terminal else ():
        if _width(headings, rows, left) > console.width:
            left.remove(name)
    shown = Table(box=None, pad_edge=False)
    for heading in left:
        shown.add_column(heading, justify="right" if heading in numbers else "left", overflow="fold")
    for row in rows:
        cells = [cell for heading, cell in zip(headings, row, strict=True) if heading in left]
        shown.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))
    show(shown)


def _width(headings: Sequence[str], rows: "Sequence[Sequence[Cell]]", left: Sequence[str]) -> int:
    """How many columns of the terminal a table takes."""
    from rich.cells import cell_len

    columns = zip(headings, zip(*rows, strict=True), strict=True)
    widths = [max(cell_len(str(cell)) for cell in (name, *cells)) for name, cells in columns if name in left]
    return sum(widths) + 2 * (len(widths) - 1)


def escape(text: str) -> str:
    """A text from elsewhere as rich's markup: nothing in it paints, or moves the cursor."""
    from rich.markup import escape as escaped

    from machiya.records.logs import harmless

    return escaped(harmless(text))


def phase_text(phase: str) -> "Text":
    """A phase in its colour."""
    from rich.text import Text

    return Text(phase, style=STYLES.get(phase, ""))


def duration(seconds: float | None) -> str:
    """``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min``; empty if it is not known."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def local_time(seconds: float | None) -> str:
    """A time as this machine's clock shows it, to the second."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S") if seconds else ""


def size(count: int | None) -> str:
    """``512 B``, ``34.5 kB``, ``2.1 GB``; empty if it is not known."""
    if count is None:
        return ""
    value, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{count} B" if units[0] == "B" else f"{value:.1f} {units[0]}"


def short_digest(digest: str) -> str:
    """The beginning of a digest, which `machiya provenance` takes too."""
    kind, _, hexadecimal = digest.partition(":")
    return f"{kind}:{hexadecimal[:12]}" if hexadecimal else digest[:20]


def command_line(home: Path, *words: str) -> str:
    """A command that can be pasted: with --home where it would otherwise mean another."""
    usual = Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)
    more = [] if home.absolute() == usual.absolute() else ["--home", str(home)]
    return shlex.join(["machiya", *words, *more])


def shown_path(path: Path) -> Path:
    """A path as it is short: from where the command was typed, if it lies below that."""
    absolute, here = path.absolute(), Path.cwd()
    return absolute.relative_to(here) if absolute.is_relative_to(here) else path
