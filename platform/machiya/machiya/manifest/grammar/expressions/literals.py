"""What literals stand for: numbers, and strings between quotes."""

import re

_ESCAPE = re.compile(
    r"\\(?:(?P<plain>[abfnrtv\\'\"])|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|u\{(?P<braces>[0-9a-fA-F]{1,6})\}"
    r"|U(?P<U>[0-9a-fA-F]{8})|(?P<octal>[0-3][0-7]{2})|(?P<wrong>.))",
    re.DOTALL,
)
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LAST = 0x10FFFF
_LARGEST = 2**63 - 1
_SURROGATES = range(0xD800, 0xE000)


class EscapeError(ValueError):
    """`escape` is none; it stands `offset` characters behind the beginning of the literal."""

    def __init__(self, escape: str, offset: int) -> None:
        super().__init__(escape)
        self.escape = escape
        self.offset = offset


def unescape(literal: str) -> str:
    """The string that a literal with its quotes stands for.

    Raises:
        EscapeError: there is no such escape; a quote of the other kind has none, too.
    """
    quote = literal[0]

    def replaced(match: re.Match[str]) -> str:
        plain = match["plain"]
        if match["wrong"] or (plain in ("'", '"') and plain != quote):
            raise EscapeError(match[0], match.start())
        if plain:
            return _PLAIN.get(plain, plain)
        code = int(match["octal"], 8) if match["octal"] else int(match[str(match.lastgroup)], 16)
        if code > _LAST:
            raise EscapeError(match[0], match.start())
        return "\ufffd" if code in _SURROGATES else chr(code)

    return _ESCAPE.sub(replaced, literal)[1:-1]


def number(literal: str) -> int | float:
    """The number that a literal stands for.

    Raises:
        ValueError: it is not one, or too large for 64 bits.
    """
    text = literal.replace("_", "").lower()
    prefixed = text[:2] in ("0x", "0b", "0o")
    if not prefixed and any(mark in text for mark in ".e"):
        return float(text)
    try:
        value = int(text, 0 if prefixed else 10)
    except ValueError:
        raise ValueError(f"{literal!r} is not a number") from None
    if value > _LARGEST:
        raise ValueError(f"{literal} is too large")
    return value
