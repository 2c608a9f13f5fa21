"""The functions of expr-lang, and Argo's own: asInt, asFloat, toJson, jsonpath. Those of the clock are left out."""

import base64
import math
import re
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from machiya.engines.local.argo.expressions.closures import CLOSURES, Body, is_descending
from machiya.engines.local.argo.expressions.jsonpath import jsonpath
from machiya.engines.local.argo.expressions.operators import is_number, member
from machiya.engines.local.argo.expressions.sprig import SPRIG
from machiya.engines.local.argo.expressions.text import from_json, go_text, to_json

__all__ = ["FUNCTIONS", "Body"]

_BITS = 64
_REPEAT_LIMIT = 1_000_000


def _flat(values: Sequence[Any]) -> list[Any]:
    return [one for value in values for one in (_flat(value) if isinstance(value, list) else [value])]


def _numbers(*values: Any) -> list[Any]:
    numbers = _flat(values)
    if not all(map(is_number, numbers)):
        raise TypeError("only numbers, and lists of them, can be compared and averaged")
    return numbers


def _mean(*values: Any) -> float:
    numbers = _numbers(*values)
    return sum(numbers) / len(numbers) if numbers else 0.0


def _median(*values: Any) -> float:
    numbers = _numbers(*values)
    return float(statistics.median(numbers)) if numbers else 0.0


def _integer(value: Any) -> int:
    """Of a text, the whole number it is; of a number, without its fraction."""
    if isinstance(value, str):
        if not re.fullmatch(r"[-+]?[0-9]+", value):
            raise ValueError(f"{value!r} is not a whole number")
        return int(value)
    if not is_number(value):
        raise TypeError(f"{go_text(value)!r} is not a number")
    return int(value)


def _type(value: Any) -> str:
    names = {bool: "bool", int: "int", float: "float", str: "string", list: "array", dict: "map"}
    return "nil" if value is None else names.get(type(value), "unknown")


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if not separator:
        whole = len(text) if limit < 0 else limit - 1
        return [*text[:whole], *([text[whole:]] if text[whole:] else [])]
    return text.split(separator, -1 if limit < 0 else limit - 1)


def _split_after(text: str, separator: str, limit: int = -1) -> list[str]:
    parts = _split(text, separator, limit)
    return [part + separator for part in parts[:-1]] + parts[-1:]


def _repeat(text: str, times: int) -> str:
    if not 0 <= times <= _REPEAT_LIMIT:
        raise ValueError(f"a text can be repeated 0 to {_REPEAT_LIMIT} times")
    return text * times


def _round(number: float) -> float:
    """Half away from nought, as Go rounds."""
    return math.copysign(math.floor(abs(number) + 0.5), number)


def _get(value: Any, key: Any) -> Any:
    try:
        return member(value, key)
    except TypeError:
        return None


def _signed(number: int) -> int:
    """The number whose last bits are these, in 64 bits with a sign."""
    return (number + (1 << _BITS - 1)) % (1 << _BITS) - (1 << _BITS - 1)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **CLOSURES,
    "len": len,
    "asInt": _integer,
    "int": _integer,
    "asFloat": float,
    "float": float,
    "string": go_text,
    "toJson": to_json,
    "toJSON": lambda value: to_json(value, indent=2),
    "fromJSON": from_json,
    "jsonpath": lambda text, path: jsonpath(from_json(text), path),
    "type": _type,
    "abs": abs,
    "ceil": lambda number: float(math.ceil(number)),
    "floor": lambda number: float(math.floor(number)),
    "round": _round,
    "min": lambda *values: min(_numbers(*values), default=None),
    "max": lambda *values: max(_numbers(*values), default=None),
    "mean": _mean,
    "median": _median,
    "trim": str.strip,
    "trimPrefix": lambda text, prefix=" ": text.removeprefix(prefix),
    "trimSuffix": lambda text, suffix=" ": text.removesuffix(suffix),
    "upper": str.upper,
    "lower": str.lower,
    "split": _split,
    "splitAfter": _split_after,
    "join": lambda values, separator="": separator.join(values),
    "replace": lambda text, old, new, count=-1: text.replace(old, new, count),
    "repeat": _repeat,
    "indexOf": str.find,
    "lastIndexOf": str.rfind,
    "hasPrefix": str.startswith,
    "hasSuffix": str.endswith,
    "first": lambda values: _get(values, 0),
    "last": lambda values: _get(values, -1),
    "take": lambda values, count: values[:count],
    "reverse": lambda values: values[::-1],
    "concat": lambda *lists: [one for values in lists for one in values],
    "flatten": _flat,
    "uniq": lambda values: [one for index, one in enumerate(values) if one not in values[:index]],
    "sort": lambda values, order="asc": sorted(values, reverse=is_descending(order)),
    "keys": sorted,
    "values": lambda value: [value[key] for key in sorted(value)],
    "toPairs": lambda value: [[key, value[key]] for key in sorted(value)],
    "fromPairs": dict,
    "get": _get,
    "toBase64": lambda text: base64.b64encode(text.encode()).decode(),
    "fromBase64": lambda text: base64.b64decode(text).decode(),
    "bitand": lambda left, right: left & right,
    "bitor": lambda left, right: left | right,
    "bitxor": lambda left, right: left ^ right,
    "bitnand": lambda left, right: left & ~right,
    "bitnot": lambda number: ~number,
    "bitshl": lambda number, count: _signed(number << count),
    "bitshr": lambda number, count: number >> count,
    "bitushr": lambda number, count: _signed(number % (1 << _BITS) >> count),
    **{f"sprig.{name}": function for name, function in SPRIG.items()},
}
"""By name."""
