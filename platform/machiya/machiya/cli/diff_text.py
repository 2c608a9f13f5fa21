"""`machiya diff` on a terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from machiya.records.logs import harmless
from machiya.release.diff.blocks import Block, Bullets, Heading, Strong, Table, Verdict
from machiya.release.diff.model import Outcome

_STYLES: dict[Outcome, str] = {"go": "green", "look": "yellow", "no-go": "bold red"}


def text(blocks: Sequence[Block]) -> Group:
    """The page; control characters of what comes from elsewhere are shown as pictures."""
    return Group(*(_rendered(block) for block in blocks))


def _rendered(block: Block) -> RenderableType:
    if isinstance(block, Heading):
        style = "bold" if block.level < 3 else ""
        return Padding(Text(harmless(block.text), style), (0 if block.level == 1 else 1, 0, 0, 0))
    if isinstance(block, Verdict):
        return Text(block.outcome, _STYLES[block.outcome]).append(f": {block.text}", "default")
    if isinstance(block, Table):
        return Padding(_grid(block), (0, 0, 0, 2))
    if isinstance(block, Bullets):
        return Group(*(_line(mark, line) for mark, line in block.lines))
    return Text(harmless(block.text))


def _grid(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="dim")
    for name in table.columns:
        grid.add_column(name, justify="right" if name in table.numbers else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(*(_cell(cell) for cell in row))
    return grid


def _cell(cell: str) -> Text:
    return Text(harmless(cell), "bold" if isinstance(cell, Strong) else "")


def _line(mark: Outcome | None, line: str) -> Text:
    start = Text("  ").append(f"{mark:<6}", _STYLES[mark]) if mark else Text("  - ")
    return start.append(harmless(line), "default")
