"""The functions of expr-lang that look at each element of a list."""

from collections.abc import Callable, Sequence
from typing import Any

Body = Callable[..., Any]
"""A predicate: what it makes of an element; by name it is given its index, and what was accumulated so far."""


def _each(values: Sequence[Any], body: Body) -> list[Any]:
    return [body(value, index=index) for index, value in enumerate(values)]


def _flags(values: Sequence[Any], body: Body) -> list[bool]:
    flags = _each(values, body)
    if not all(isinstance(flag, bool) for flag in flags):
        raise TypeError("the predicate is neither true nor false")
    return flags


def _tested(test: Callable[[list[bool]], Any]) -> Callable[[Sequence[Any], Body], Any]:
    return lambda values, body: test(_flags(values, body))


def _itself(value: Any, **_: Any) -> Any:
    return value


def _filter(values: Sequence[Any], body: Body) -> list[Any]:
    return [value for value, wanted in zip(values, _flags(values, body), strict=True) if wanted]


def _first(indexes: Sequence[int], otherwise: Any = None) -> Any:
    return indexes[0] if indexes else otherwise


def _matching(values: Sequence[Any], body: Body) -> list[int]:
    return [index for index, wanted in enumerate(_flags(values, body)) if wanted]


def _group_by(values: Sequence[Any], body: Body) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for key, value in zip(_each(values, body), values, strict=True):
        groups.setdefault(key, []).append(value)
    return groups


def _sort_by(values: Sequence[Any], body: Body, order: str = "asc") -> list[Any]:
    keys = _each(values, body)
    indexes = sorted(range(len(values)), key=lambda index: keys[index], reverse=is_descending(order))
    return [values[index] for index in indexes]


def is_descending(order: str) -> bool:
    """Of the order ``desc``, not ``asc``; there is no other."""
    if order not in ("asc", "desc"):
        raise ValueError(f"invalid order {order}, expected asc or desc")
    return order == "desc"


def _reduce(values: Sequence[Any], body: Body, *initial: Any) -> Any:
    if not values and not initial:
        raise ValueError("reduce of an empty list needs an initial value")
    accumulator = initial[0] if initial else values[0]
    for index in range(0 if initial else 1, len(values)):
        accumulator = body(values[index], index=index, acc=accumulator)
    return accumulator


CLOSURES: dict[str, Callable[..., Any]] = {
    "map": _each,
    "filter": _filter,
    "any": _tested(any),
    "all": _tested(all),
    "none": _tested(lambda flags: not any(flags)),
    "one": _tested(lambda flags: sum(flags) == 1),
    "count": lambda values, body=_itself: sum(_flags(values, body)),
    "sum": lambda values, body=_itself: sum(_each(values, body)),
    "find": lambda values, body: _first(_filter(values, body)),
    "findIndex": lambda values, body: _first(_matching(values, body)),
    "findLast": lambda values, body: _first(_filter(values, body)[::-1]),
    "findLastIndex": lambda values, body: _first(_matching(values, body)[::-1]),
    "groupBy": _group_by,
    "sortBy": _sort_by,
    "reduce": _reduce,
}
"""By name; the first argument is the list, the second what `Body` says."""
