"""Sprig's functions (https://masterminds.github.io/sprig/) that matter in manifests; the value comes last in many."""

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable
from typing import Any

from machiya.engines.local.argo.expressions.text import from_json, go_text, to_json


def _int64(value: Any) -> int:
    """Sprig's cast: what is no number counts as 0."""
    if isinstance(value, str):
        try:
            return int(value, 0) if not value.lstrip("+-").isdigit() else int(value)
        except ValueError:
            return 0
    return int(value) if isinstance(value, int | float) else 0


def _float64(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _empty(value: Any) -> bool:
    return value is None or value in (False, 0, "", [], {})


def _divide(left: Any, right: Any) -> int:
    """Go's whole division: towards nought."""
    return int(_int64(left) / _int64(right))


def _modulo(left: Any, right: Any) -> int:
    return int(math.fmod(_int64(left), _int64(right)))


def _trunc(length: int, text: str) -> str:
    return text[length:] if length < 0 else text[:length]


def _strings(value: Any) -> list[str]:
    return [go_text(one) for one in value] if isinstance(value, list) else [go_text(value)]


def _bits(algorithm: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()


SPRIG: dict[str, Callable[..., Any]] = {
    "sha1sum": _bits("sha1"),
    "sha256sum": _bits("sha256"),
    "sha512sum": _bits("sha512"),
    "b64enc": lambda text: base64.b64encode(text.encode()).decode(),
    "b64dec": lambda text: base64.b64decode(text).decode("utf-8", "replace"),
    "trim": str.strip,
    "trimAll": lambda characters, text: text.strip(characters),
    "trimPrefix": lambda prefix, text: text.removeprefix(prefix),
    "trimSuffix": lambda suffix, text: text.removesuffix(suffix),
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "repeat": lambda count, text: text * count,
    "replace": lambda old, new, text: text.replace(old, new),
    "contains": lambda part, text: part in text,
    "hasPrefix": lambda prefix, text: text.startswith(prefix),
    "hasSuffix": lambda suffix, text: text.endswith(suffix),
    "trunc": _trunc,
    "substr": lambda start, end, text: text[max(start, 0) : end if end >= 0 else None],
    "nospace": lambda text: re.sub(r"\s", "", text),
    "quote": lambda *texts: " ".join(json.dumps(go_text(text), ensure_ascii=False) for text in texts),
    "squote": lambda *texts: " ".join(f"'{go_text(text)}'" for text in texts),
    "join": lambda separator, values: separator.join(_strings(values)),
    "split": lambda separator, text: {f"_{index}": part for index, part in enumerate(text.split(separator))},
    "splitList": lambda separator, text: text.split(separator),
    "regexMatch": lambda pattern, text: re.search(pattern, text) is not None,
    "regexFind": lambda pattern, text: found[0] if (found := re.search(pattern, text)) else "",
    "regexReplaceAll": lambda pattern, text, new: re.sub(pattern, re.sub(r"\$\{?(\d+)\}?", r"\\\1", new), text),
    "default": lambda default, value=None: default if _empty(value) else value,
    "empty": _empty,
    "coalesce": lambda *values: next((value for value in values if not _empty(value)), None),
    "ternary": lambda yes, no, test: yes if test else no,
    "toString": go_text,
    "toJson": to_json,
    "fromJson": from_json,
    "int": _int64,
    "int64": _int64,
    "float64": _float64,
    "atoi": _int64,
    "add": lambda *numbers: sum(map(_int64, numbers)),
    "add1": lambda number: _int64(number) + 1,
    "sub": lambda left, right: _int64(left) - _int64(right),
    "mul": lambda *numbers: math.prod(map(_int64, numbers)),
    "div": _divide,
    "mod": _modulo,
    "min": lambda *numbers: min(map(_int64, numbers)),
    "max": lambda *numbers: max(map(_int64, numbers)),
    "addf": lambda *numbers: sum(map(_float64, numbers)),
    "subf": lambda first, *rest: _float64(first) - sum(map(_float64, rest)),
    "mulf": lambda *numbers: math.prod(map(_float64, numbers)),
    "divf": lambda left, right: _float64(left) / _float64(right),
    "ceil": lambda number: float(math.ceil(_float64(number))),
    "floor": lambda number: float(math.floor(_float64(number))),
    "list": lambda *values: list(values),
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "rest": lambda values: values[1:],
    "has": lambda value, values: value in values,
    "uniq": lambda values: [one for index, one in enumerate(values) if one not in values[:index]],
    "sortAlpha": lambda values: sorted(_strings(values)),
    "reverse": lambda values: values[::-1],
    "until": lambda count: list(range(count)),
    "dict": lambda *pairs: dict(zip(pairs[::2], pairs[1::2], strict=True)),
    "get": lambda mapping, key: mapping.get(key, ""),
    "hasKey": lambda mapping, key: key in mapping,
    "keys": lambda *mappings: sorted({key for mapping in mappings for key in mapping}),
}
"""By name, without the ``sprig.`` before it. Random and time functions are left out: a run must repeat itself."""
