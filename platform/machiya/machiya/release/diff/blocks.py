"""What pages are made of. How it looks is up to who shows it: a terminal, Markdown, HTML."""

from dataclasses import dataclass

from machiya.release.diff.model import Outcome


@dataclass(frozen=True)
class Heading:
    """Of a section; ``level`` 1 is the page's own."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Verdict:
    """The outcome, and what it means."""

    outcome: Outcome
    text: str


@dataclass(frozen=True)
class Text:
    """A sentence or two."""

    text: str


class Strong(str):
    """A cell that is to be seen first."""

    __slots__ = ()


@dataclass(frozen=True)
class Table:
    """Cells are plain texts, or `Strong`. ``numbers`` are the columns that are aligned to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bullets:
    """A list; each line with an outcome, or none."""

    lines: tuple[tuple[Outcome | None, str], ...]


Block = Heading | Verdict | Text | Table | Bullets
