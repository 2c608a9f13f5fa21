"""Template tags in text: ``{{inputs.parameters.x}}`` and ``{{=expression}}``."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_SPACED = re.compile(r"\{\{\s*(.*?)\s*\}\}")


@dataclass(frozen=True)
class Tag:
    """One tag. ``body`` is what stands between the braces, trimmed and without the ``=`` of an expression."""

    body: str
    raw: str
    expression: bool = False
    closed: bool = True

    @property
    def nested(self) -> bool:
        """Whether tags stand inside it, so that its name is known only when they have been replaced."""
        return not self.expression and "{{" in self.body


def has_tags(text: str) -> bool:
    """Whether parts of `text` are known only at run time."""
    return "{{" in text


def find_tags(text: str) -> Iterator[Tag]:
    """All tags of `text`; those inside others come after them, and one that is not closed before those behind it."""
    for part in _split(text):
        if isinstance(part, Tag):
            yield part
            if part.nested or not (part.closed or part.expression):
                yield from find_tags(part.raw[2 : -2 if part.closed else None])


def outermost_tags(text: str) -> Iterator[Tag]:
    """The closed tags of `text`, without those inside others."""
    return (part for part in _split(text) if isinstance(part, Tag) and part.closed)


def replace_tags(text: str, replacement: Callable[[Tag], str]) -> str:
    """`text` with each outermost tag replaced; what is not closed, and all behind it, stays as it is."""
    if "{{" not in text:
        return text
    return "".join(replacement(part) if isinstance(part, Tag) and part.closed else _raw(part) for part in _split(text))


def without_tags(text: str, replacement: str) -> str:
    """`text` with each outermost tag replaced by the same."""
    return replace_tags(text, lambda _: replacement)


def normalized(text: str) -> str:
    """`text` with the space inside its tags removed, so that names that hold tags can be compared."""
    return _SPACED.sub(r"{{\1}}", text)


def _raw(part: Tag | str) -> str:
    return part.raw if isinstance(part, Tag) else part


def _split(text: str) -> Iterator[Tag | str]:
    """The outermost tags and what stands between them; a tag that is not closed reaches to the end."""
    position = 0
    while (start := text.find("{{", position)) >= 0:
        yield text[position:start]
        expression = text.startswith("{{=", start)
        end = text.find("}}", start) if expression else _closing(text, start)
        closed = end >= 0
        position = end + 2 if closed else len(text)
        raw = text[start:position]
        inside = raw[3 if expression else 2 : -2 if closed else None].strip()
        yield Tag(inside if expression or not closed else normalized(inside), raw, expression, closed)
    yield text[position:]


def _closing(text: str, start: int) -> int:
    """Where the braces close that open at `start`; -1 if they do not."""
    depth, position = 1, start + 2
    while depth:
        closing = text.find("}}", position)
        if closing < 0:
            return -1
        opening = text.find("{{", position, closing)
        depth += 1 if opening >= 0 else -1
        position = (opening if opening >= 0 else closing) + 2
    return position - 2
