"""What is drawn of one column: bars with the share of the rows before and now, from statistics alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from machiya_component.watch.histogram import Histogram

MOST_VALUES = 8
MOST_BINS = 24
OTHERS = "others"


@dataclass(frozen=True)
class Bar:
    """One value or bin, with its share of the rows that have a value: before and now."""

    label: str
    was: float
    now: float


def bars_of(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[Bar]:
    """Values with the most frequent first, or numbers in their order; none where there is no distribution."""
    if "values" in was and "values" in now:
        return _of_values(was["values"], now["values"])
    if "histogram" in was and "histogram" in now:
        return _of_numbers(*(Histogram.model_validate(one["histogram"]) for one in (was, now)))
    return []


def _of_values(was: dict[str, int], now: dict[str, int]) -> list[Bar]:
    before, total = max(sum(was.values()), 1), max(sum(now.values()), 1)
    shares = {name: (was.get(name, 0) / before, now.get(name, 0) / total) for name in {*was, *now}}
    ranked = sorted(shares, key=lambda name: (-max(shares[name]), name))
    # A new value is seen however rare it is: it is what people look for.
    new = [name for name in ranked if name not in was][: MOST_VALUES // 2]
    chosen = {*new, *[name for name in ranked if name not in new][: MOST_VALUES - len(new)]}
    shown = [Bar(name, *shares[name]) for name in ranked if name in chosen]
    rest = [shares[name] for name in ranked if name not in chosen]
    return shown + ([Bar(OTHERS, sum(old for old, _ in rest), sum(new for _, new in rest))] if rest else [])


def _of_numbers(was: Histogram, now: Histogram) -> list[Bar]:
    scale = min(was.scale, now.scale)
    while len({*was.coarser(scale).bins(), *now.coarser(scale).bins()}) > MOST_BINS:
        scale -= 1
    level = was.coarser(scale)
    before, after = level.bins(), now.coarser(scale).bins()
    totals = max(sum(before.values()), 1), max(sum(after.values()), 1)
    return [
        Bar(_interval(*level.edges(key)), before.get(key, 0) / totals[0], after.get(key, 0) / totals[1])
        for key in sorted({*before, *after})
    ]


def _interval(low: float, high: float) -> str:
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
