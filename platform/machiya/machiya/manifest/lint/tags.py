"""Template tags in text: ``{{inputs.parameters.x}}`` and ``{{=expression}}``."""

import re
from collections.abc import Iterator
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
        return "{{" in self.body


def find_tags(text: str) -> Iterator[Tag]:
    """All tags of `text`; those inside others come after them."""
    position = 0
    while (start := text.find("{{", position)) >= 0:
        if text.startswith("{{=", start):
            end = text.find("}}", start)
            body = text[start + 3 :] if end < 0 else text[start + 3 : end]
            yield Tag(
                body.strip(), text[start : end + 2] if end >= 0 else text[start:], expression=True, closed=end >= 0
            )
            position = len(text) if end < 0 else end + 2
            continue
        end = _closing(text, start)
        if end < 0:
            yield Tag(text[start + 2 :].strip(), text[start:], closed=False)
            position = start + 2
            continue
        inside = text[start + 2 : end]
        yield Tag(normalized(inside.strip()), text[start : end + 2])
        yield from find_tags(inside)
        position = end + 2


def _closing(text: str, start: int) -> int:
    """Where the braces close that open at `start`; -1 if they do not."""
    depth, position = 1, start + 2
    while True:
        closing = text.find("}}", position)
        if closing < 0:
            return -1
        opening = text.find("{{", position)
        if 0 <= opening < closing:
            depth, position = depth + 1, opening + 2
            continue
        depth, position = depth - 1, closing + 2
        if depth == 0:
            return closing


def normalized(text: str) -> str:
    """`text` with the space inside its tags removed, so that names that hold tags can be compared."""
    return _SPACED.sub(r"{{\1}}", text)


def has_tags(text: str) -> bool:
    """Whether parts of `text` are known only at run time."""
    return "{{" in text


def without_tags(text: str, replacement: str) -> str:
    """`text` with each outermost tag replaced."""
    parts: list[str] = []
    position = 0
    while (start := text.find("{{", position)) >= 0:
        end = text.find("}}", start) if text.startswith("{{=", start) else _closing(text, start)
        if end < 0:
            break
        parts += [text[position:start], replacement]
        position = end + 2
    return "".join(parts) + text[position:]
