"""Whether two objects mean the same, however Argo and Kubernetes write them, and where they differ."""

import difflib
import json
from collections.abc import Iterator
from typing import Any

from machiya.engines.local.argo.values import parse_quantity

_QUANTITIES = ("cpu", "memory", "ephemeral-storage", "storage", "sizeLimit")


def normal(value: Any, key: str = "") -> Any:
    """A value without what says nothing: nulls, empty objects and lists, empty names; quantities in one spelling."""
    if isinstance(value, dict):
        inner = {name: normal(one, name) for name, one in value.items()}
        return {name: one for name, one in inner.items() if one not in (None, {}, []) and (name, one) != ("name", "")}
    if isinstance(value, list):
        return [normal(one) for one in value]
    if key in _QUANTITIES and isinstance(value, str | int):
        return _quantity(str(value))
    return value


def differences(before: Any, after: Any) -> Iterator[str]:
    """Lines that begin with ``-`` and ``+``, below the path of what they belong to; none where both mean the same."""
    old, new = (list(_lines(one, "")) for one in (before, after))
    for line in difflib.unified_diff(old, new, n=0, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            yield line


def _lines(value: Any, path: str) -> Iterator[str]:
    """Each leaf with its path; members of a list that have a name are called by it."""
    if isinstance(value, dict):
        for name in sorted(value):
            yield from _lines(value[name], f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            name = one.get("name") if isinstance(one, dict) else None
            yield from _lines(one, f"{path}[{name or number}]")
    else:
        yield f"{path}: {json.dumps(value, ensure_ascii=False)}"


def _quantity(text: str) -> str:
    """``0.5`` and ``500m`` are the same, ``1024Mi`` and ``1Gi`` too; what is no quantity (a variable) stays."""
    try:
        return str(parse_quantity(text))
    except ValueError:
        return text
