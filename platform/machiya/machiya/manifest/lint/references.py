"""The variables that an expression names."""

from collections.abc import Iterator
from dataclasses import dataclass

from machiya.manifest.grammar.expressions.terms import (
    Binary,
    Call,
    Chain,
    Conditional,
    Let,
    Literal,
    Member,
    Name,
    Term,
)


@dataclass(frozen=True)
class Reference:
    """A variable, as the names along its path. ``guarded``: the expression itself provides for its absence."""

    path: tuple[str, ...]
    guarded: bool = False
    called: bool = False

    @property
    def name(self) -> str:
        """The path as it is written in a simple tag."""
        return ".".join(self.path)


def references(term: Term) -> list[Reference]:
    """All variables and functions of `term`; the longest path of each, ``a.b.c`` and not ``a.b``."""
    return list(_walk(term, frozenset(), guarded=False))


def _walk(term: Term, bound: frozenset[str], *, guarded: bool) -> Iterator[Reference]:
    if isinstance(term, Name | Member | Chain):
        yield from _chain(term, bound, guarded=guarded)
    elif isinstance(term, Let):
        yield from _walk(term.value, bound, guarded=guarded)
        yield from _walk(term.body, bound | {term.name}, guarded=guarded)
    elif isinstance(term, Call) and isinstance(term.callee, Name):
        yield Reference((term.callee.name,), guarded, called=True)
        for argument in term.arguments:
            yield from _walk(argument, bound, guarded=guarded)
    else:
        guarded = guarded or _provides_for_absence(term)
        for part in term.parts:
            yield from _walk(part, bound, guarded=guarded)


def _provides_for_absence(term: Term) -> bool:
    """Whether `term` is ``a ?? b``, a comparison with nil, or ``x ? a : b`` where x is one or asks what a map holds."""
    if isinstance(term, Conditional):
        return _asks(term.condition)
    return isinstance(term, Binary) and (term.operator == "??" or _compares_with_nil(term))


def _compares_with_nil(term: Binary) -> bool:
    return term.operator in ("==", "!=") and any(
        isinstance(part, Literal) and part.value is None for part in (term.left, term.right)
    )


def _asks(condition: Term) -> bool:
    if isinstance(condition, Binary) and (condition.operator == "in" or _compares_with_nil(condition)):
        return True
    return any(_asks(part) for part in condition.parts)


def _chain(term: Term, bound: frozenset[str], *, guarded: bool) -> Iterator[Reference]:
    """The path of a chain of members, cut where a key is computed."""
    keys: list[str] = []
    while isinstance(term, Member | Chain):
        if isinstance(term, Chain):
            term = term.term
            continue
        guarded = guarded or term.optional
        if isinstance(term.key, Literal) and isinstance(term.key.value, str):
            keys.append(term.key.value)
        else:
            yield from _walk(term.key, bound, guarded=guarded)
            keys.clear()
        term = term.base
    if not isinstance(term, Name):
        yield from _walk(term, bound, guarded=guarded)
    elif term.name not in bound:
        yield Reference((term.name, *reversed(keys)), guarded)
