"""The language of ``depends``: tasks, their results, &&, ||, ! and parentheses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

RESULTS = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed")
ITEM_RESULTS = frozenset({"AnySucceeded", "AllFailed"})
_TOKEN = re.compile(
    r"\s*(?:(?P<task>[a-zA-Z0-9][-a-zA-Z0-9]*)(?:\.(?P<result>[A-Za-z]+))?|(?P<operator>&&|\|\||[!()])|(?P<end>$))"
)


class DependsError(ValueError):
    """The text is no such expression."""


@dataclass(frozen=True)
class Dependency:
    """A task that is waited for, and the result it must have (nothing: the usual ones)."""

    task: str
    result: str = ""


@dataclass(frozen=True)
class Negation:
    """``!a``"""

    operand: "Condition"


@dataclass(frozen=True)
class Junction:
    """``a && b && c`` or, if not `every`, ``a || b || c``."""

    every: bool
    operands: tuple["Condition", ...]


Condition = Dependency | Negation | Junction


def parse_depends(text: str) -> Condition:
    """What `text` says.

    Raises:
        DependsError: it is no such expression; the dependencies that can be found anyway are `named_in`.
    """
    parser = _Parser(text.rstrip())
    condition = parser.junction()
    parser.expect_end()
    return condition


def dependencies_in(condition: Condition) -> Iterator[Dependency]:
    """All dependencies in the order they are named."""
    if isinstance(condition, Dependency):
        yield condition
    elif isinstance(condition, Negation):
        yield from dependencies_in(condition.operand)
    else:
        for operand in condition.operands:
            yield from dependencies_in(operand)


def named_in(text: str) -> list[Dependency]:
    """The dependencies of an expression that need not be well formed."""
    found = re.finditer(r"([a-zA-Z0-9][-a-zA-Z0-9]*)(?:\.([A-Z][A-Za-z]+))?", text)
    return [Dependency(match[1], match[2] or "") for match in found]


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def _next(self) -> re.Match[str]:
        match = _TOKEN.match(self._text, self._position)
        if match is None:
            raise DependsError(f"unexpected {self._text[self._position :].lstrip()[:1]!r}")
        return match

    def _accept(self, operator: str) -> bool:
        match = self._next()
        if match["operator"] != operator:
            return False
        self._position = match.end()
        return True

    def expect_end(self) -> None:
        match = self._next()
        if match["operator"] == ")":
            raise DependsError("a parenthesis is closed that was not opened")
        if match["end"] is None:
            raise DependsError(f"unexpected {match[0].strip()!r}")

    def junction(self, *, every: bool = False) -> Condition:
        """Operands joined by ``||``, each of which has some joined by ``&&``."""
        operands = [self._operand(every=every)]
        while self._accept("&&" if every else "||"):
            operands.append(self._operand(every=every))
        return operands[0] if len(operands) == 1 else Junction(every, tuple(operands))

    def _operand(self, *, every: bool) -> Condition:
        return self._negation() if every else self.junction(every=True)

    def _negation(self) -> Condition:
        if self._accept("!"):
            return Negation(self._negation())
        if not self._accept("("):
            return self._dependency()
        condition = self.junction()
        if not self._accept(")"):
            raise DependsError("a parenthesis is not closed")
        return condition

    def _dependency(self) -> Condition:
        match = self._next()
        if match["task"] is None:
            end = match["end"] is not None
            raise DependsError("a task is missing at its end" if end else f"unexpected {match[0].strip()!r}")
        self._position = match.end()
        return Dependency(match["task"], match["result"] or "")
