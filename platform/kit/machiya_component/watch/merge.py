"""The statistics of a table from those of its parts: what a fan-out wrote is compared as one."""

import math
from collections.abc import Sequence
from typing import Any

from machiya_component.watch.histogram import Histogram, merged
from machiya_component.watch.history import Snapshot


def merge(parts: Sequence[Snapshot]) -> Snapshot:
    """The parts together, as far as their statistics tell: of values that one part does not list, none are listed."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns = {name: _column([part for part in parts if name in part.columns], name) for name in names}
    return parts[0].model_copy(update={"rows": sum(part.rows for part in parts), "columns": columns, "digest": ""})


def _column(parts: Sequence[Snapshot], name: str) -> dict[str, Any]:
    columns = [part.columns[name] for part in parts]
    found: dict[str, Any] = {"type": columns[0].get("type"), "nulls": sum(one.get("nulls", 0) for one in columns)}
    if any("nans" in one for one in columns):
        found["nans"] = sum(one.get("nans", 0) for one in columns)
    if all("values" in one for one in columns):
        values: dict[str, int] = {}
        for value, count in (pair for one in columns for pair in one["values"].items()):
            values[value] = values.get(value, 0) + count
        found |= {"distinct": len(values), "values": dict(sorted(values.items(), key=lambda pair: (-pair[1], pair[0])))}
    return found | _extremes(columns) | _numbers(parts, name)


def _extremes(columns: Sequence[dict[str, Any]]) -> dict[str, Any]:
    some = [one for one in columns if "min" in one]
    return {"min": min(one["min"] for one in some), "max": max(one["max"] for one in some)} if some else {}


def _numbers(parts: Sequence[Snapshot], name: str) -> dict[str, Any]:
    """Mean and standard deviation of all rows, from those of the parts; NaN and missing values have no weight."""
    some = [(part.rows, part.columns[name]) for part in parts if "mean" in part.columns[name]]
    if not some:
        return {}
    weights = [rows - one.get("nulls", 0) - one.get("nans", 0) for rows, one in some]
    total = sum(weights)
    pairs = list(zip(weights, [one for _, one in some], strict=True))
    mean = math.fsum(weight * one["mean"] for weight, one in pairs) / total
    square = math.fsum(weight * (one["std"] ** 2 + (one["mean"] - mean) ** 2) for weight, one in pairs) / total
    found: dict[str, Any] = {"mean": mean, "std": math.sqrt(square)}
    if all("histogram" in one for _, one in some):
        whole = merged([Histogram.model_validate(one["histogram"]) for _, one in some])
        found["histogram"] = whole.model_dump(mode="json", exclude_defaults=True)
    return found
