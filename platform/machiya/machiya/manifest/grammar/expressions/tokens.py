"""The tokens of an expression."""

import re
from dataclasses import dataclass
from typing import Literal

from machiya.manifest.grammar.expressions.literals import EscapeError, unescape

TokenKind = Literal["number", "string", "name", "operator", "end"]

WORDS = frozenset(
    {"not", "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"},
)
"""Operators that look like names; they can still be the names of members."""


class ExpressionError(ValueError):
    """It is no expression, or cannot be evaluated; ``position`` is where, counted from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True)
class Token:
    """``text`` is what stands there; of a string, what it stands for."""

    kind: TokenKind
    text: str
    position: int

    def is_operator(self, *texts: str) -> bool:
        """Whether it is one of these operators, words or brackets."""
        return self.kind == "operator" and self.text in texts


_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<number>(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+
              |(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?)(?![\w$]))
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`]|``)*`)
  | (?P<name>(?:[^\W\d]|\$)(?:\w|\$)*)
  | (?P<operator>\?\?|\?\.|\.\.|::|&&|\|\||==|!=|<=|>=|\*\*|[-+*/%^<>!?:.,()\[\]{}|;=\#])
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMBER_LIKE = re.compile(r"[0-9][\w.]*")


def tokenize(text: str) -> list[Token]:
    """Split `text` into tokens, the last of which is ``end``.

    Raises:
        ExpressionError: a part of it is no token.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(_no_token(text, position), position)
        if match.lastgroup != "space":
            tokens.append(_token(match))
        position = match.end()
    return [*tokens, Token("end", "", len(text))]


def _token(match: re.Match[str]) -> Token:
    text, position = match[0], match.start()
    if match.lastgroup == "string":
        return Token("string", _string(text, position), position)
    if match.lastgroup == "number":
        return Token("number", text, position)
    return Token("name" if match.lastgroup == "name" and text not in WORDS else "operator", text, position)


def _string(literal: str, position: int) -> str:
    if literal[0] == "`":
        return literal[1:-1].replace("``", "`")
    try:
        return unescape(literal)
    except EscapeError as error:
        remedy = "write \\\\ for a backslash, or the string in `backticks`"
        message = f"{error.escape} is no escape of a string; {remedy}"
        raise ExpressionError(message, position + error.offset) from error


def _no_token(text: str, position: int) -> str:
    character = text[position]
    if character in "\"'`":
        return f"the string that begins with {character} is not closed"
    if number := _NUMBER_LIKE.match(text, position):
        return f"{number[0]!r} is not a number"
    return f"unexpected {character!r}" + ("; write &&" if character == "&" else "")
