"""The parts of a parsed expression. ``position`` counts characters from 0."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Term:
    """A part of an expression."""

    position: int

    @property
    def parts(self) -> tuple["Term", ...]:
        """The terms that it is made of, in their order."""
        return tuple(_terms(vars(self).values()))


def _terms(values: Iterable[Any]) -> Iterator[Term]:
    for value in values:
        if isinstance(value, Term):
            yield value
        elif isinstance(value, tuple):
            yield from _terms(value)


@dataclass(frozen=True)
class Literal(Term):
    """A number, a string, a boolean or nil."""

    value: int | float | str | bool | None


@dataclass(frozen=True)
class Name(Term):
    """A variable."""

    name: str


@dataclass(frozen=True)
class Pointer(Term):
    """``#``, the element that a closure looks at; ``#acc`` and ``#index`` by their names."""

    name: str


@dataclass(frozen=True)
class ListTerm(Term):
    """``[a, b]``"""

    elements: tuple[Term, ...]


@dataclass(frozen=True)
class MapTerm(Term):
    """``{a: 1, "b": 2, (c): 3}``"""

    entries: tuple[tuple[Term, Term], ...]


@dataclass(frozen=True)
class Member(Term):
    """``base.key``, ``base[key]``, and with `optional` ``base?.key``: nil where the base is nil."""

    base: Term
    key: Term
    optional: bool = False


@dataclass(frozen=True)
class Chain(Term):
    """Members with a ``?.`` among them: all is nil where the base of one is. An index in brackets ends it."""

    term: Term


@dataclass(frozen=True)
class Slice(Term):
    """``base[start:end]``"""

    base: Term
    start: Term | None
    end: Term | None


@dataclass(frozen=True)
class Call(Term):
    """A function called, or a method: the callee is a name or a member."""

    callee: Term
    arguments: tuple[Term, ...]

    @property
    def name(self) -> str:
        """``trim`` or ``sprig.trim``; empty for a method of something else."""
        callee = self.callee
        if isinstance(callee, Member) and isinstance(callee.base, Name) and isinstance(callee.key, Literal):
            return f"{callee.base.name}.{callee.key.value}"
        return callee.name if isinstance(callee, Name) else ""


@dataclass(frozen=True)
class Closure(Term):
    """``{# > 3}``, or without braces, where a function takes a predicate."""

    body: Term


@dataclass(frozen=True)
class Unary(Term):
    """``not a``, ``-a``"""

    operator: str
    operand: Term


@dataclass(frozen=True)
class Binary(Term):
    """Two operands. ``a not in b`` is ``not (a in b)``, ``a < b < c`` is ``a < b && b < c``."""

    operator: str
    left: Term
    right: Term


@dataclass(frozen=True)
class Conditional(Term):
    """``a ? b : c`` or ``if a {b} else {c}``; ``a ?: c`` is ``a ? a : c``."""

    condition: Term
    yes: Term
    no: Term


@dataclass(frozen=True)
class Let(Term):
    """``let name = value; body``"""

    name: str
    value: Term
    body: Term


@dataclass(frozen=True)
class Sequence(Term):
    """``a; b``: the value of the last."""

    terms: tuple[Term, ...]
