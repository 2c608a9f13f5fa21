"""Geometry of the charts: values in, positions out. The SVG itself is written by ``templates/charts``.

Positions are in user units of the view box; the origin is the top left corner. A chart never stands alone: its page
shows the same numbers as a table, and its description says them in words (``readings``) for those who cannot see it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from machiya_viewer.i18n.messages import Words
from machiya_viewer.text import MISSING, is_number, number

WIDTH = 340.0


@dataclass(frozen=True)
class Estimate:
    """A value with its interval; ``None`` where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    text: Words


@dataclass(frozen=True)
class Mark:
    """A dot with its interval. ``place`` is along the categories; ``at``, ``low`` and ``high`` are along the values."""

    series: int
    place: float
    at: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Bar:
    """A rectangle of a bar chart."""

    series: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Frame:
    """The size of the view box, and the rectangle in it that values are drawn in."""

    height: float
    left: float
    right: float
    width: float = WIDTH
    top: float = 10.0

    @property
    def bottom(self) -> float:
        """The lower edge of the rectangle; what is below belongs to the labels."""
        return self.height - 30.0


@dataclass(frozen=True)
class Plot:
    """What all charts share. ``key`` is unique on a page, ``names`` are the series, ``readings[s][c]`` their values."""

    key: str
    title: Words
    names: tuple[Words, ...]
    readings: tuple[tuple[str, ...], ...]
    frame: Frame
    value_ticks: tuple[Tick, ...]
    category_ticks: tuple[Tick, ...]
    category_label: Words


@dataclass(frozen=True)
class IntervalChart(Plot):
    """Dots with intervals: upright (values upwards, categories to the right) or lying (one row per category).

    ``absent`` are places where a series has no value; the text says so.
    """

    marks: tuple[Mark, ...]
    absent: tuple[Tick, ...]
    upright: bool


@dataclass(frozen=True)
class BarChart(Plot):
    """Counts per category, one bar per series side by side."""

    bars: tuple[Bar, ...]


# Values of an axis, and its length in parts of them: beyond, numbers have no room for ticks.
_LARGEST, _SMALLEST = 1e300, 1e-9


def nice_ticks(low: float, high: float, wanted: int = 4) -> tuple[float, ...]:
    """Round numbers (steps of 1, 2 or 5) that cover low to high: the first is at most low, the last at least high."""
    low, high = max(low, -_LARGEST), min(high, _LARGEST)
    span = high - low
    if span <= max(abs(high) * _SMALLEST, 1 / _LARGEST):
        span = abs(high) if abs(high) > 1 / _LARGEST else 1.0
        low, high = low - span / 2, high + span / 2
    rough = span / wanted
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(index * step for index in range(first, last + 1))


def intervals(
    key: str,
    title: Words,
    categories: Sequence[Words],
    series: Sequence[Sequence[Estimate]],
    names: Sequence[Words],
    *,
    label: Words = "",
    upright: bool = True,
) -> IntervalChart | None:
    """Dots with intervals; None when there is not one value to draw.

    ``series[s][c]`` is the estimate of series s (called ``names[s]``) in category c; ``label`` names the categories.
    """
    ticks = _ticks_of(series)
    if not ticks:
        return None
    if upright:
        frame = Frame(180.0, left=40.0, right=WIDTH - 8.0)
        scale = _Scale(ticks, frame.bottom, frame.top)
        bands = _Bands(frame.left, (frame.right - frame.left) / len(categories), 12.0)
    else:
        frame = Frame(30.0 * len(categories) + 40.0, left=100.0, right=WIDTH - 14.0)
        scale = _Scale(ticks, frame.left, frame.right)
        bands = _Bands(frame.top, 30.0, 9.0)
    marks, absent = _marks(series, scale, bands)
    axes = scale.labels(), bands.labels(categories), label
    return IntervalChart(
        key,
        title,
        tuple(names),
        _readings(series, 3),
        frame,
        *axes,
        marks=tuple(marks),
        absent=tuple(absent),
        upright=upright,
    )


def _marks(series: Sequence[Sequence[Estimate]], scale: "_Scale", bands: "_Bands") -> tuple[list[Mark], list[Tick]]:
    """The dots, and where there is none; a category without any value says so once."""
    marks, absent = [], []
    for category, estimates in enumerate(zip(*series, strict=True)):
        middle = bands.middle(category)
        positions = [scale.at(estimate.value) for estimate in estimates]
        if positions == [None] * len(positions):
            absent.append(Tick(middle, MISSING))
            continue
        for index, (estimate, at) in enumerate(zip(estimates, positions, strict=True)):
            place = middle + bands.apart * (index - (len(series) - 1) / 2)
            if at is None:
                absent.append(Tick(place, MISSING))
            else:
                marks.append(Mark(index, place, at, scale.at(estimate.low), scale.at(estimate.high)))
    return marks, absent


def bars(
    key: str,
    title: Words,
    categories: Sequence[Words],
    series: Sequence[Sequence[int]],
    names: Sequence[Words],
    *,
    label: Words = "",
) -> BarChart:
    """Counts per category, from zero; ``series[s][c]`` is the count of series s in category c."""
    frame = Frame(180.0, left=40.0, right=WIDTH - 8.0)
    top = max([1, *(value for one in series for value in one)])
    scale = _Scale(tuple(tick for tick in nice_ticks(0, top) if tick == int(tick)), frame.bottom, frame.top)
    bands = _Bands(frame.left, (frame.right - frame.left) / len(categories), 0.0)
    width = bands.width * 0.76 / len(series)
    drawn = []
    for index, one in enumerate(series):
        for category, value in enumerate(one):
            height = frame.bottom - scale.position(value)
            x = bands.middle(category) + width * (index - len(series) / 2)
            drawn.append(Bar(index, x, frame.bottom - height, width, height))
    readings = _readings([[Estimate(value) for value in one] for one in series], 0)
    axes = scale.labels(), bands.labels(categories), label
    return BarChart(key, title, tuple(names), readings, frame, *axes, bars=tuple(drawn))


def _readings(series: Sequence[Sequence[Estimate]], digits: int) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(number(estimate.value, digits) for estimate in one) for one in series)


def _ticks_of(series: Sequence[Sequence[Estimate]]) -> tuple[float, ...]:
    drawn = [estimate for one in series for estimate in one if is_number(estimate.value)]
    ends = [value for one in drawn for value in (one.value, one.low, one.high)]
    values = [value for value in ends if value is not None and math.isfinite(value)]
    return nice_ticks(min(values), max(values)) if values else ()


@dataclass(frozen=True)
class _Scale:
    """The value axis: the first tick is at start, the last at end."""

    ticks: tuple[float, ...]
    start: float
    end: float

    def position(self, value: float) -> float:
        return self.start + (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0]) * (self.end - self.start)

    def at(self, value: float | None) -> float | None:
        return None if value is None or not math.isfinite(value) else self.position(value)

    def labels(self) -> tuple[Tick, ...]:
        digits = max(0, -math.floor(math.log10(self.ticks[1] - self.ticks[0]) + 1e-9))
        return tuple(Tick(self.position(tick), number(tick, digits)) for tick in self.ticks)


@dataclass(frozen=True)
class _Bands:
    """The category axis: bands of one width from start on; the series in a band are ``apart`` from each other."""

    start: float
    width: float
    apart: float

    def middle(self, category: int) -> float:
        return self.start + self.width * (category + 0.5)

    def labels(self, categories: Sequence[Words]) -> tuple[Tick, ...]:
        return tuple(Tick(self.middle(index), text) for index, text in enumerate(categories))
