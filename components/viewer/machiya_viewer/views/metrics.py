"""Metrics of one or two results: values with intervals, differences, and what can be said about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from machiya_viewer.charts import Estimate, IntervalChart, intervals
from machiya_viewer.records import Score
from machiya_viewer.text import is_number, plain

EVERYBODY = "all"
MAX_CARDS = 16
MAX_CUTOFFS = 8
MAX_SEGMENTS = 12

# Written as people of the field write them, and which direction is good: 1 higher, -1 lower, 0 neither.
_KNOWN: Mapping[str, tuple[str, int]] = {
    "ndcg": ("nDCG", 1),
    "recall": ("Recall", 1),
    "precision": ("Precision", 1),
    "map": ("MAP", 1),
    "mrr": ("MRR", 1),
    "hit_rate": ("Hit rate", 1),
    "coverage": ("Catalogue coverage", 1),
    "novelty": ("Novelty", 0),
    "gini": ("Popularity bias (Gini)", -1),
}
_DIRECTIONS = {1: "higher is better", -1: "lower is better", 0: ""}


@dataclass(frozen=True)
class Row:
    """One line of a metric's table: per result an estimate, then the difference and how to read it.

    ``reading`` is better, worse, differs (neither direction is good), unclear (the intervals overlap), or empty when
    that cannot be said.
    """

    label: str
    estimates: tuple[Estimate, ...]
    users: tuple[int | None, ...]
    difference: float | None
    reading: str


@dataclass(frozen=True)
class Card:
    """One metric: its chart and its table. ``heading`` names the first column."""

    title: str
    direction: str
    heading: str
    rows: tuple[Row, ...]
    chart: IntervalChart | None


@dataclass(frozen=True)
class Metrics:
    """The section of metrics; ``absent`` says why there is none, ``left_out`` what is not shown."""

    cards: tuple[Card, ...] = ()
    segments: Card | None = None
    headline: Row | None = None
    left_out: tuple[str, ...] = ()
    absent: str = ""


def metrics(scores: Sequence[Sequence[Score] | None], names: Sequence[str], k: int) -> Metrics:
    """``scores[s]`` are the scores of result s (None: nobody evaluated it); ``k`` is the cut-off to look at first."""
    if not any(scores):
        return Metrics(absent="No scores were given, or they are empty: nothing can be said about quality here.")
    table = _Table(scores, names)
    keys = table.metrics()
    if not keys:
        return Metrics(absent=f"The scores have no row for the segment {EVERYBODY!r}.")
    main = "ndcg" if "ndcg" in keys else keys[0]
    cutoff = _main_cutoff(table.cutoffs(main), k)
    left_out = [f"{name} was not evaluated." for name, one in zip(names, scores, strict=True) if not one]
    if len(keys) > MAX_CARDS:
        left_out.append(f"{len(keys) - MAX_CARDS} further metrics are in the scores and not shown.")
    segments, hidden = _segments(table, main, cutoff)
    if hidden:
        left_out.append(f"{hidden} further segments are in the scores and not shown.")
    return Metrics(
        cards=tuple(_card(table, metric, index) for index, metric in enumerate(keys[:MAX_CARDS])),
        segments=segments,
        headline=table.row(main, cutoff, EVERYBODY, with_cutoff(_label(main), cutoff)),
        left_out=tuple(left_out),
    )


def with_cutoff(label: str, k: int | None) -> str:
    """``nDCG@10``; just the name for a metric without a cut-off."""
    return label if k is None else f"{label}@{k}"


class _Table:
    """The scores of all results by metric, cut-off and segment."""

    def __init__(self, scores: Sequence[Sequence[Score] | None], names: Sequence[str]) -> None:
        self.names = names
        self._sides = [{(s.metric, s.k, s.segment): s for s in reversed(one or ())} for one in scores]
        self._all = [score for one in scores for score in one or ()]

    def metrics(self) -> list[str]:
        return list(dict.fromkeys(score.metric for score in self._all if score.segment == EVERYBODY))

    def cutoffs(self, metric: str) -> list[int | None]:
        found = {score.k for score in self._all if score.metric == metric and score.segment == EVERYBODY}
        return sorted(found, key=lambda k: (k is None, k or 0))

    def segments(self, metric: str, k: int | None) -> list[str]:
        found = dict.fromkeys(score.segment for score in self._all if (score.metric, score.k) == (metric, k))
        return sorted(found, key=lambda segment: segment != EVERYBODY)

    def row(self, metric: str, k: int | None, segment: str, label: str) -> Row:
        found = [side.get((metric, k, segment)) for side in self._sides]
        estimates = tuple(Estimate(s.value, s.low, s.high) if s else Estimate(None) for s in found)
        users = tuple(score.users if score else None for score in found)
        return Row(label, estimates, users, _difference(estimates), _reading(estimates, _direction(metric)))


def _card(table: _Table, metric: str, index: int) -> Card:
    cutoffs = table.cutoffs(metric)[:MAX_CUTOFFS]
    labels = ["all" if k is None else str(k) for k in cutoffs]
    rows = tuple(table.row(metric, k, EVERYBODY, label) for k, label in zip(cutoffs, labels, strict=True))
    title, heading = _label(metric), "list" if cutoffs == [None] else "k"
    chart = intervals(f"metric-{index}", title, labels, _series(rows), table.names, label=heading)
    return Card(title, _DIRECTIONS[_direction(metric)], heading, rows, chart)


def _segments(table: _Table, metric: str, k: int | None) -> tuple[Card | None, int]:
    """The main metric by segment (None when there is but one), and how many segments are not shown."""
    found = table.segments(metric, k)
    if len(found) < 2:
        return None, 0
    shown = found[:MAX_SEGMENTS]
    rows = tuple(table.row(metric, k, segment, _segment_name(segment)) for segment in shown)
    title = f"{with_cutoff(_label(metric), k)} by segment"
    labels = [plain(row.label, 14) for row in rows]
    chart = intervals("metric-segments", title, labels, _series(rows), table.names, upright=False)
    return Card(title, _DIRECTIONS[_direction(metric)], "segment", rows, chart), len(found) - len(shown)


def _series(rows: Sequence[Row]) -> list[list[Estimate]]:
    return [[row.estimates[index] for row in rows] for index in range(len(rows[0].estimates))]


def _segment_name(segment: str) -> str:
    return "all users" if segment == EVERYBODY else segment


def _main_cutoff(cutoffs: Sequence[int | None], k: int) -> int | None:
    """The asked cut-off if it was evaluated, else the largest below it, else the smallest."""
    known = [cutoff for cutoff in cutoffs if cutoff is not None]
    below = [cutoff for cutoff in known if cutoff <= k]
    return max(below) if below else min(known, default=None)


def _difference(estimates: Sequence[Estimate]) -> float | None:
    """Candidate minus base; None when there is no candidate or a value is missing."""
    values = [estimate.value for estimate in estimates if estimate.value is not None]
    if len(estimates) != 2 or len(values) != 2 or not all(map(is_number, values)):
        return None
    return values[1] - values[0]


def _reading(estimates: Sequence[Estimate], direction: int) -> str:
    difference = _difference(estimates)
    if difference is None:
        return ""
    base, candidate = estimates
    if not all(map(is_number, (base.low, base.high, candidate.low, candidate.high))):
        return ""
    bounds = [(one.low or 0.0, one.high or 0.0) for one in (base, candidate)]
    if bounds[0][0] <= bounds[1][1] and bounds[1][0] <= bounds[0][1]:
        return "unclear"
    if direction == 0:
        return "differs"
    return "better" if difference * direction > 0 else "worse"


def _direction(metric: str) -> int:
    return _KNOWN.get(metric, ("", 0))[1]


def _label(metric: str) -> str:
    return _KNOWN.get(metric, (metric, 0))[0]
