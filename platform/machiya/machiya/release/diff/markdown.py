"""The page as Markdown, for a pull request."""

import re
from collections.abc import Iterator, Sequence

from machiya.release.diff.blocks import Block, Bullets, Heading, Strong, Table, Text, Verdict
from machiya.release.diff.model import Outcome

MARKS: dict[Outcome, str] = {"go": "✅", "look": "🔶", "no-go": "❌"}
_SPECIAL = re.compile(r"([\\`*_<>\[\]|])")


def markdown(blocks: Sequence[Block]) -> str:
    """One page; what comes from elsewhere (names, messages, commits) is shown as it is, and marks up nothing."""
    return "\n\n".join("\n".join(_lines(block)) for block in blocks) + "\n"


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * block.level} {escaped(block.text)}"
    elif isinstance(block, Verdict):
        yield f"{MARKS[block.outcome]} **{block.outcome}**: {escaped(block.text)}"
    elif isinstance(block, Text):
        yield escaped(block.text)
    elif isinstance(block, Table):
        yield f"| {' | '.join(map(_cell, block.columns))} |"
        yield f"|{'|'.join('---:' if name in block.numbers else '---' for name in block.columns)}|"
        yield from (f"| {' | '.join(map(_cell, row))} |" for row in block.rows)
    else:
        assert isinstance(block, Bullets)
        yield from (f"- {MARKS[mark] + ' ' if mark else ''}{escaped(text)}" for mark, text in block.lines)


def _cell(text: str) -> str:
    return f"**{escaped(text)}**" if isinstance(text, Strong) else escaped(text) or " "


def escaped(text: str) -> str:
    """A text that marks up nothing."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
