"""The parts of a parsed expression. ``position`` counts characters from 0."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Term:
    """A part of an expression."""

    position: int


@dataclass(frozen=True)
class Literal(Term):
    """A number, a string, a boolean or nil."""

    value: Any


@dataclass(frozen=True)
class Name(Term):
    """A variable; ``#`` is the element of the closure around it."""

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
    """A whole chain of members, the extent over which ``?.`` cuts short."""

    term: Term


@dataclass(frozen=True)
class Slice(Term):
    """``base[start:end]``"""

    base: Term
    start: Term | None
    end: Term | None


@dataclass(frozen=True)
class Call(Term):
    """A function called; its name is the path, ``sprig.trim``."""

    function: str
    arguments: tuple[Term, ...]


@dataclass(frozen=True)
class Closure(Term):
    """``{# > 3}`` as an argument."""

    body: Term


@dataclass(frozen=True)
class Unary(Term):
    """``not a``, ``-a``"""

    operator: str
    operand: Term


@dataclass(frozen=True)
class Binary(Term):
    """Two operands; ``not in`` and its like are a negated one."""

    operator: str
    left: Term
    right: Term
    negated: bool = False


@dataclass(frozen=True)
class Conditional(Term):
    """``a ? b : c``; without `yes` it is ``a ?: c``."""

    condition: Term
    yes: Term | None
    no: Term


@dataclass(frozen=True)
class Let(Term):
    """``let name = value; body``"""

    name: str
    value: Term
    body: Term
