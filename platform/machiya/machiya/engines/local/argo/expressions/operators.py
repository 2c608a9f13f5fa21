"""The operators of expr-lang, with what they apply to."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from machiya.engines.local.argo.expressions.text import go_text

RANGE_LIMIT = 1_000_000


class OperandError(TypeError):
    """An operator does not apply to its operands."""


def kind_of(value: Any) -> str:
    """How messages call what a value is."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a map"}
    return "nil" if value is None else names.get(type(value), type(value).__name__)


def is_number(value: Any) -> bool:
    """Whether one can calculate with it; booleans are no numbers here."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def member(base: Any, key: Any) -> Any:
    """What `base` has at `key`; a map without it has nil there.

    Raises:
        OperandError: it has no members, or fewer.
    """
    if isinstance(base, Mapping):
        return base.get(key)
    if not isinstance(base, list | str) or not is_number(key):
        raise OperandError(f"cannot get {go_text(key)!r} of {kind_of(base)}")
    if not -len(base) <= int(key) < len(base):
        raise OperandError(f"there is no element {int(key)} in {kind_of(base)} of {len(base)}")
    return base[int(key)]


def part_of(base: Any, start: Any, end: Any) -> Any:
    """``base[start:end]``; an end beyond that of `base` counts as that."""
    bounds = [bound for bound in (start, end) if bound is not None]
    if not isinstance(base, list | str) or not all(map(is_number, bounds)):
        raise OperandError(f"cannot take a part of {kind_of(base)} from {go_text(start)} to {go_text(end)}")
    return base[None if start is None else int(start) : None if end is None else int(end)]


def _same(left: Any, right: Any) -> bool:
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _numeric(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            raise OperandError
        return operation(left, right)

    return apply


def _ordered(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Of two numbers or two strings."""
    numeric = _numeric(operation)

    def apply(left: Any, right: Any) -> Any:
        both = isinstance(left, str) and isinstance(right, str)
        return operation(left, right) if both else numeric(left, right)

    return apply


def _textual(operation: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """Of two strings; false where one is nil."""

    def apply(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return False
        if not (isinstance(left, str) and isinstance(right, str)):
            raise OperandError
        return operation(left, right)

    return apply


def _within(left: Any, right: Any) -> bool:
    if right is None:
        return False
    if isinstance(right, list):
        return any(_same(left, one) for one in right)
    if not isinstance(right, dict):
        raise OperandError
    return left in right


def _remainder(left: Any, right: Any) -> int:
    """With the sign of the left, as in Go."""
    if isinstance(left, float) or isinstance(right, float):
        raise OperandError
    return int(abs(left) % abs(right)) * (-1 if left < 0 else 1)


def _quotient(left: Any, right: Any) -> float:
    """Always a fraction; what is divided by nought is infinite, as in Go."""
    if right == 0:
        return math.copysign(math.inf, left) if left else math.nan
    return float(left / right)


def _range(left: Any, right: Any) -> list[int]:
    if right - left > RANGE_LIMIT:
        raise ValueError(f"the range has more than {RANGE_LIMIT} elements")
    return list(range(int(left), int(right) + 1))


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    "<": _ordered(lambda left, right: left < right),
    ">": _ordered(lambda left, right: left > right),
    "<=": _ordered(lambda left, right: left <= right),
    ">=": _ordered(lambda left, right: left >= right),
    "+": _ordered(lambda left, right: left + right),
    "-": _numeric(lambda left, right: left - right),
    "*": _numeric(lambda left, right: left * right),
    "/": _numeric(_quotient),
    "%": _numeric(_remainder),
    "**": _numeric(math.pow),
    "..": _numeric(_range),
    "in": _within,
    "contains": _textual(lambda left, right: right in left),
    "startsWith": _textual(str.startswith),
    "endsWith": _textual(str.endswith),
    "matches": _textual(lambda left, right: re.search(right, left) is not None),
}
"""By how they are written; ``&&``, ``||`` and ``??`` do not always look at both sides and are not among them."""
