"""The variables that an expression names."""

from collections.abc import Iterator
from dataclasses import dataclass

from machiya.manifest.lint.expressions.parser import Term


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
    if term.kind in ("name", "member", "optional"):
        yield from _chain(term, bound, guarded=guarded)
    elif term.kind == "let":
        value, body = term.parts
        yield from _walk(value, bound, guarded=guarded)
        yield from _walk(body, bound | {term.value}, guarded=guarded)
    elif term.kind == "call" and term.parts[0].kind == "name":
        yield Reference((term.parts[0].value,), guarded, called=True)
        for part in term.parts[1:]:
            yield from _walk(part, bound, guarded=guarded)
    else:
        guarded = guarded or _provides_for_absence(term)
        for part in term.parts:
            yield from _walk(part, bound, guarded=guarded)


def _provides_for_absence(term: Term) -> bool:
    """Whether `term` is ``a ?? b``, a comparison with nil, or ``x ? a : b`` where x is one or asks what a map holds."""
    if term.kind == "conditional":
        return _asks(term.parts[0])
    return term.kind == "binary" and (term.value == "??" or _compares_with_nil(term))


def _compares_with_nil(term: Term) -> bool:
    return term.value in ("==", "!=") and Term("constant", "nil") in term.parts


def _asks(condition: Term) -> bool:
    if condition.kind == "binary" and (condition.value == "in" or _compares_with_nil(condition)):
        return True
    return any(_asks(part) for part in condition.parts)


def _chain(term: Term, bound: frozenset[str], *, guarded: bool) -> Iterator[Reference]:
    """The path of a chain of members, cut where a key is computed."""
    keys: list[str] = []
    while term.kind in ("member", "optional"):
        guarded = guarded or term.kind == "optional"
        if len(term.parts) > 1:
            yield from _walk(term.parts[1], bound, guarded=guarded)
            keys.clear()
        else:
            keys.append(term.value)
        term = term.parts[0]
    if term.kind != "name":
        yield from _walk(term, bound, guarded=guarded)
    elif term.value not in bound and not term.value.startswith("#"):
        yield Reference((term.value, *reversed(keys)), guarded)
