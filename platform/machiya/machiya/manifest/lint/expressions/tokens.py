"""The tokens of an expression."""

import re
from dataclasses import dataclass
from typing import Literal

TokenKind = Literal["number", "string", "name", "operator", "end"]


class ExpressionError(ValueError):
    """The expression cannot be parsed; ``position`` is where, counted from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True)
class Token:
    """``text`` is the name, the operator, the number, or what stands between the quotes of a string."""

    kind: TokenKind
    text: str
    position: int

    def is_operator(self, *texts: str) -> bool:
        """Whether it is one of these operators or brackets."""
        return self.kind == "operator" and self.text in texts

    def is_word(self, *texts: str) -> bool:
        """Whether it is one of these words."""
        return self.kind == "name" and self.text in texts


_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<number>0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+
              |(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
  | (?P<name>[A-Za-z_$\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*|\#[A-Za-z]*)
  | (?P<operator>\?\?|\?\.|\.\.|&&|\|\||==|!=|<=|>=|\*\*|[-+*/%^<>!?:.,()\[\]{}|;=])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def tokenize(text: str) -> list[Token]:
    """Split `text` into tokens, the last of which is ``end``."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(_no_token(text, position), position)
        kind = match.lastgroup
        if kind == "string":
            tokens.append(Token("string", _unquote(match[0]), position))
        elif kind in ("number", "name", "operator"):
            tokens.append(Token(kind, match[0], position))  # type: ignore[arg-type]  # narrowed by the line above
        position = match.end()
    return [*tokens, Token("end", "", len(text))]


def _no_token(text: str, position: int) -> str:
    character = text[position]
    if character in "\"'`":
        return f"the string that begins with {character} is not closed"
    return f"unexpected {character!r}" + ("; write &&" if character == "&" else "")


def _unquote(literal: str) -> str:
    inside = literal[1:-1]
    return inside if literal[0] == "`" else _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), inside)
