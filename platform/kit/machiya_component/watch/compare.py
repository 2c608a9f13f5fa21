"""A table against the last good runs: a pure function from statistics to measures, each with its level.

A table is as far away from the good runs as it is from the closest one, measure by measure: what a good run has shown
is no news, be it a weekend or a holiday. What chance alone explains (three standard deviations) is no news either; only
the number of rows has no such allowance.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from machiya_component.watch.histogram import Histogram
from machiya_component.watch.history import Snapshot
from machiya_component.watch.psi import SIGMAS, pairs_of_numbers, pairs_of_values, psi, psi_by_chance
from machiya_component.watch.thresholds import Bounds, Level, Limits, Measure, Thresholds

Column = Mapping[str, Any]
SHOWN_VALUES = 5


@dataclass(frozen=True)
class Change:
    """One measure of a column (of the table where ``column`` is empty) and what it is judged to be.

    ``value`` is the size of the change: of ``rows`` relative, of ``nullShare`` the rise of the share, of ``mean`` in
    standard deviations, of ``newValues`` how many there are. ``was`` and ``now`` are for people; ``against`` names the
    run. ``chance`` is what chance alone may give. ``level`` is None for what is within the limits.
    """

    column: str
    measure: Measure
    value: float
    was: str
    now: str
    against: str
    warn: float | None = None
    error: float | None = None
    chance: float = 0.0
    level: Level | None = None

    @property
    def id(self) -> str:
        """``category.psi``; ``rows`` of the table. By this an operator lets it through."""
        return f"{self.column}.{self.measure}" if self.column else self.measure

    def __str__(self) -> str:
        return f"{self.id}: {SENTENCES[self.measure](self)}"


@dataclass(frozen=True)
class Comparison:
    """Every measure that could be taken, and notes on what could not."""

    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()

    def of_level(self, level: Level) -> list[Change]:
        """The warnings, or the errors."""
        return [change for change in self.changes if change.level == level]


SENTENCES: dict[Measure, Callable[[Change], str]] = {
    "rows": lambda one: f"{one.now} rows, {one.was} before",
    "newValues": lambda one: f"{one.now}, not in the last good runs",
    "nullShare": lambda one: f"{one.now} are missing, {one.was} before",
    "mean": lambda one: f"the mean is {one.now}, {one.was} before ({one.value:.2f} standard deviations)",
    "psi": lambda one: f"the distribution is another: PSI {one.value:.2f}",
}


def compare(now: Snapshot, good: Sequence[Snapshot], thresholds: Thresholds) -> Comparison:
    """The changes of a table against the good runs, columns in the order of their names. Without good runs: a note."""
    if not good:
        return Comparison(notes=("there is no good run yet to compare with: everything passes",))
    rows = list(_rows(now, good, thresholds.of_table().rows))
    notes: list[str] = []
    for name in sorted(now.columns):
        column = now.columns[name]
        alike = [one for one in good if one.columns.get(name, {}).get("type") == column.get("type")]
        if alike:
            rows += _column_changes(name, now, alike, thresholds)
        else:
            known = any(name in one.columns for one in good)
            notes.append(f"{name}: {'is of another type now' if known else 'is a new column'}; it is not compared")
    notes += [f"{name}: the column is gone" for name in sorted(good[0].columns.keys() - now.columns.keys())]
    return Comparison(tuple(rows), tuple(notes))


def _rows(now: Snapshot, good: Sequence[Snapshot], bounds: Bounds) -> Iterator[Change]:
    found = [
        Change("", "rows", abs(now.rows / one.rows - 1), f"{one.rows:,}", f"{now.rows:,}", one.run)
        for one in good
        if one.rows
    ]
    yield from _judged(found, bounds)


def _column_changes(name: str, now: Snapshot, good: Sequence[Snapshot], thresholds: Thresholds) -> Iterator[Change]:
    asked = thresholds.of_column(name)
    if asked.new_values:
        yield from _new_values(name, now, good, asked.new_values)
    for measure, bounds in ((_null_share, asked.null_share), (_mean, asked.mean), (_psi, asked.psi)):
        yield from _judged([change for one in good for change in measure(name, now, one)], bounds)


def _judged(found: Iterable[Change], bounds: Bounds) -> Iterator[Change]:
    """The change against the closest run, with its level."""
    if not isinstance(bounds, Limits):
        return
    closest = min(found, key=lambda change: change.value, default=None)
    if closest is not None:
        level = bounds.level(closest.value) if closest.value > closest.chance else None
        yield replace(closest, warn=bounds.warn, error=bounds.error, level=level)


def _new_values(name: str, now: Snapshot, good: Sequence[Snapshot], level: Level) -> Iterator[Change]:
    column = now.columns[name]
    listed = [one.columns[name]["values"] for one in good if "values" in one.columns[name]]
    if not listed:
        return
    known, run = {value for values in listed for value in values}, good[0].run
    if "values" in column:
        new = [value for value in column["values"] if value not in known]
        yield Change(name, "newValues", len(new), "", _listed(new), run, level=level if new else None)
    elif len(listed) == len(good) and (number := column.get("distinct", 0)) > len(known):
        words = f"{number:,} different values instead of {len(known):,}"
        yield Change(name, "newValues", number - len(known), "", words, run, level=level)


def _listed(values: Sequence[str]) -> str:
    shown = ", ".join(repr(value if len(value) <= 40 else value[:39] + "…") for value in values[:SHOWN_VALUES])
    more = len(values) - SHOWN_VALUES
    return f"{shown} and {more} more" if more > 0 else shown


def missing(column: Column) -> int:
    """How many rows have no value; NaN is none."""
    return int(column.get("nulls", 0)) + int(column.get("nans", 0))


def _null_share(name: str, now: Snapshot, one: Snapshot) -> Iterator[Change]:
    if not now.rows or not one.rows:
        return
    nulls, before = missing(now.columns[name]), missing(one.columns[name])
    share, was = nulls / now.rows, before / one.rows
    pooled = (nulls + before) / (now.rows + one.rows)
    chance = SIGMAS * math.sqrt(pooled * (1 - pooled) * (1 / now.rows + 1 / one.rows))
    yield Change(name, "nullShare", max(share - was, 0.0), _share(was), _share(share), one.run, chance=chance)


def _share(value: float) -> str:
    return f"{value:.1%}"


def _mean(name: str, now: Snapshot, one: Snapshot) -> Iterator[Change]:
    column, before = now.columns[name], one.columns[name]
    if "mean" not in column or "mean" not in before:
        return
    difference = abs(column["mean"] - before["mean"])
    # Of what never varied, another value is a change by its own size.
    unit = before["std"] or abs(before["mean"]) or 1.0
    counts = [snapshot.rows - missing(snapshot.columns[name]) for snapshot in (now, one)]
    chance = SIGMAS * math.sqrt(sum(1 / max(count, 1) for count in counts)) if before["std"] else 0.0
    was, is_now = f"{before['mean']:.4g}", f"{column['mean']:.4g}"
    yield Change(name, "mean", difference / unit, was, is_now, one.run, chance=chance)


def _psi(name: str, now: Snapshot, one: Snapshot) -> Iterator[Change]:
    pairs = pairs_of(one.columns[name], now.columns[name])
    if pairs is not None:
        bins = f"{len(pairs)} bins"
        yield Change(name, "psi", psi(pairs), bins, bins, one.run, chance=psi_by_chance(pairs))


def pairs_of(was: Column, now: Column) -> list[tuple[int, int]] | None:
    """The rows of each bin before and now; None where the statistics hold no distribution, or no rows."""
    if "values" in was and "values" in now:
        pairs = pairs_of_values(was["values"], now["values"])
    elif "histogram" in was and "histogram" in now:
        pairs = pairs_of_numbers(*(Histogram.model_validate(one["histogram"]) for one in (was, now)))
    else:
        return None
    return pairs if all(map(sum, zip(*pairs, strict=True))) else None
