"""When two values of JSON are the same: Python says that 1 is true, JSON does not."""

from typing import Any


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON; 1 and 1.0 are."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(left, right) for left, right in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def same_set(one: Any, other: Any) -> bool:
    """Whether two lists hold the same values, in any order; of other values, whether they are equal."""
    if isinstance(one, list) and isinstance(other, list):
        return all(among(value, other) for value in one) and all(among(value, one) for value in other)
    return same(one, other)


def among(value: Any, values: Any) -> bool:
    """Whether a list holds a value."""
    return any(same(value, one) for one in values)
