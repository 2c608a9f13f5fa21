"""The functions of expr-lang that Argo's users use, and Argo's own: asInt, asFloat, string, toJson, jsonpath."""

import base64
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from machiya.engines.local.argo.expressions.jsonpath import jsonpath
from machiya.engines.local.argo.expressions.sprig import SPRIG
from machiya.engines.local.argo.expressions.text import go_text, to_json

Body = Callable[..., Any]


def _flat(numbers: tuple[Any, ...]) -> list[Any]:
    return [one for number in numbers for one in (number if isinstance(number, list) else [number])]


def _length(value: Any) -> int:
    return len(value.encode()) if isinstance(value, str) else len(value)


def _keys(value: dict[str, Any]) -> list[str]:
    return sorted(value)


def _as_int(value: Any) -> int:
    """Argo's asInt: of a text, the whole number it is; of a number, without its fraction."""
    return int(value.strip()) if isinstance(value, str) else int(value)


def _type(value: Any) -> str:
    names = {bool: "bool", int: "int", float: "float", str: "string", list: "array", dict: "map"}
    return "nil" if value is None else names.get(type(value), "unknown")


def _join(values: Sequence[str], separator: str = "") -> str:
    return separator.join(values)


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    return text.split(separator) if limit < 0 else text.split(separator, limit - 1)


def _replace(text: str, old: str, new: str) -> str:
    return text.replace(old, new)


def _round(number: float) -> float:
    """Half away from nought, as Go rounds."""
    return math.copysign(math.floor(abs(number) + 0.5), number)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": _length,
    "asInt": _as_int,
    "int": _as_int,
    "asFloat": float,
    "float": float,
    "string": go_text,
    "toJson": to_json,
    "toJSON": to_json,
    "fromJSON": json.loads,
    "jsonpath": lambda text, path: jsonpath(json.loads(text), path),
    "type": _type,
    "abs": abs,
    "ceil": lambda number: float(math.ceil(number)),
    "floor": lambda number: float(math.floor(number)),
    "round": _round,
    "min": lambda *numbers: min(_flat(numbers)),
    "max": lambda *numbers: max(_flat(numbers)),
    "sum": sum,
    "mean": lambda numbers: sum(numbers) / len(numbers),
    "median": lambda numbers: (
        sorted(numbers)[len(numbers) // 2]
        if len(numbers) % 2
        else sum(sorted(numbers)[len(numbers) // 2 - 1 : len(numbers) // 2 + 1]) / 2
    ),
    "trim": lambda text, characters=None: text.strip(characters),
    "trimPrefix": lambda text, prefix: text.removeprefix(prefix),
    "trimSuffix": lambda text, suffix: text.removesuffix(suffix),
    "upper": str.upper,
    "lower": str.lower,
    "split": _split,
    "join": _join,
    "replace": _replace,
    "repeat": lambda text, times: text * times,
    "indexOf": str.find,
    "lastIndexOf": str.rfind,
    "hasPrefix": str.startswith,
    "hasSuffix": str.endswith,
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "take": lambda values, count: values[:count],
    "reverse": lambda values: values[::-1],
    "concat": lambda *lists: [one for values in lists for one in values],
    "flatten": lambda values: _flat(tuple(values)),
    "uniq": lambda values: [one for index, one in enumerate(values) if one not in values[:index]],
    "sort": lambda values, order="asc": sorted(values, reverse=order == "desc"),
    "keys": _keys,
    "values": lambda value: [value[key] for key in sorted(value)],
    "toPairs": lambda value: [[key, value[key]] for key in sorted(value)],
    "fromPairs": dict,
    "get": lambda value, key: value.get(key) if isinstance(value, dict) else value[key] if key < len(value) else None,
    "toBase64": lambda text: base64.b64encode(text.encode()).decode(),
    "fromBase64": lambda text: base64.b64decode(text).decode(),
    **{f"sprig.{name}": function for name, function in SPRIG.items()},
}
"""Plain functions, by name."""


def _count(values: Sequence[Any], body: Body | None = None) -> int:
    return sum(1 for index, value in enumerate(values) if (body(value, index=index) if body else value))


def _indexed(test: Callable[[list[bool]], Any]) -> Callable[[Sequence[Any], Body], Any]:
    return lambda values, body: test([bool(body(value, index=index)) for index, value in enumerate(values)])


def _find(values: Sequence[Any], body: Body) -> Any:
    return next((value for index, value in enumerate(values) if body(value, index=index)), None)


def _find_index(values: Sequence[Any], body: Body) -> Any:
    return next((index for index, value in enumerate(values) if body(value, index=index)), None)


def _group_by(values: Sequence[Any], body: Body) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for index, value in enumerate(values):
        groups.setdefault(body(value, index=index), []).append(value)
    return groups


def _reduce(values: Sequence[Any], body: Body, *initial: Any) -> Any:
    rest = list(values)
    accumulator = initial[0] if initial else rest.pop(0)
    for index, value in enumerate(rest):
        accumulator = body(value, index=index, acc=accumulator)
    return accumulator


CLOSURES: dict[str, Callable[..., Any]] = {
    "map": lambda values, body: [body(value, index=index) for index, value in enumerate(values)],
    "filter": lambda values, body: [value for index, value in enumerate(values) if body(value, index=index)],
    "any": _indexed(any),
    "all": _indexed(all),
    "none": _indexed(lambda results: not any(results)),
    "one": _indexed(lambda results: sum(results) == 1),
    "count": _count,
    "find": _find,
    "findIndex": _find_index,
    "findLast": lambda values, body: _find(values[::-1], body),
    "groupBy": _group_by,
    "sortBy": lambda values, body, order="asc": sorted(values, key=body, reverse=order == "desc"),
    "reduce": _reduce,
}
"""Functions whose further arguments are closures over the elements of the first."""
