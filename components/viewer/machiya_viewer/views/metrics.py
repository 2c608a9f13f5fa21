"""Metrics of one or two versions: values with intervals, differences, and what can be said about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from machiya_viewer.charts import Estimate, IntervalChart, intervals
from machiya_viewer.i18n import Message, Words, message, messages
from machiya_viewer.records import MetricChange, Score
from machiya_viewer.text import is_number, plain

EVERYBODY = "all"
MAX_CARDS = 16
MAX_CUTOFFS = 8
MAX_SEGMENTS = 12

# Written as people of the field write them, and which direction is good: 1 higher, -1 lower, 0 neither.
_KNOWN: Mapping[str, tuple[Words, int]] = {
    "ndcg": ("nDCG", 1),
    "recall": (message("Recall"), 1),
    "precision": (message("Precision"), 1),
    "map": ("MAP", 1),
    "mrr": ("MRR", 1),
    "hit_rate": (message("Hit rate"), 1),
    "coverage": (message("Catalogue coverage"), 1),
    "novelty": (message("Novelty"), 0),
    "gini": (message("Popularity bias (Gini)"), -1),
}
_DIRECTIONS: Mapping[int, Words] = {
    1: message("higher is better"),
    -1: message("lower is better"),
    0: message("neither direction is better"),
}


@dataclass(frozen=True)
class Row:
    """One line of a metric's table: per version an estimate, then the difference and how to read it.

    ``difference`` has an interval where the evaluation compared in pairs. ``reading`` is better, worse, differs
    (neither direction is good), unclear (it may be chance), or empty when that cannot be said.
    """

    label: Words
    estimates: tuple[Estimate, ...]
    users: tuple[int | None, ...]
    difference: Estimate
    reading: str


@dataclass(frozen=True)
class Card:
    """One metric: its chart and its table. ``heading`` names the first column."""

    title: Words
    direction: Words
    heading: Words
    rows: tuple[Row, ...]
    chart: IntervalChart | None
    by_segment: bool = False


@dataclass(frozen=True)
class Metrics:
    """The section of metrics; ``absent`` says why there is none, ``left_out`` what is not shown.

    ``headline`` is the row to see first, ``first`` one row of every metric, ``paired`` whether differences are means of
    the users' own differences.
    """

    cards: tuple[Card, ...] = ()
    segments: Card | None = None
    headline: Row | None = None
    first: tuple[Row, ...] = ()
    left_out: tuple[Message, ...] = ()
    absent: Message | None = None
    paired: bool = False


def metrics(
    scores: Sequence[Sequence[Score] | None],
    names: Sequence[str],
    k: int,
    changes: Sequence[MetricChange] | None = None,
) -> Metrics:
    """``scores[s]`` are the scores of version s (None: nobody evaluated it); ``k`` is the cut-off to look at first."""
    if not any(scores):
        return Metrics(
            absent=message(
                "There is no ground truth here: no scores were given, or they are empty. Every metric is n/a, and "
                "nothing can be said about quality."
            )
        )
    table = _Table(scores, names, changes or ())
    keys = table.metrics()
    if not keys:
        return Metrics(absent=message('The scores have no row for the segment "all".'))
    main = "ndcg" if "ndcg" in keys else keys[0]
    cutoff = _main_cutoff(table.cutoffs(main), k)
    segments, hidden = _segments(table, main, cutoff)
    return Metrics(
        cards=tuple(_card(table, metric, index) for index, metric in enumerate(keys[:MAX_CARDS])),
        segments=segments,
        headline=_first(table, main, k),
        first=tuple(_first(table, metric, k) for metric in keys[:MAX_CARDS]),
        left_out=tuple(_left_out(scores, names, len(keys) - MAX_CARDS, hidden)),
        paired=bool(changes),
    )


def _left_out(
    scores: Sequence[Sequence[Score] | None], names: Sequence[str], metrics: int, segments: int
) -> list[Message]:
    said = [
        message("%(name)s was not evaluated.", name=name) for name, one in zip(names, scores, strict=True) if not one
    ]
    if metrics > 0:
        said.append(messages("One further metric is not shown.", "%(count)s further metrics are not shown.", metrics))
    if segments > 0:
        said.append(
            messages("One further segment is not shown.", "%(count)s further segments are not shown.", segments)
        )
    return said


def with_cutoff(label: Words, k: int | None) -> Words:
    """``nDCG@10``; just the name for a metric without a cut-off."""
    if k is None:
        return label
    return f"{label}@{k}" if isinstance(label, str) else message("%(metric)s@%(k)s", metric=label, k=str(k))


class _Table:
    """The scores of all versions by metric, cut-off and segment, and how they change in pairs."""

    def __init__(
        self, scores: Sequence[Sequence[Score] | None], names: Sequence[str], changes: Sequence[MetricChange]
    ) -> None:
        self.names = names
        self._sides = [{(s.metric, s.k, s.segment): s for s in reversed(one or ())} for one in scores]
        self._all = [score for one in scores for score in one or ()]
        self._changes = {(one.metric, one.k, one.segment): one for one in reversed(changes)}

    def metrics(self) -> list[str]:
        return list(dict.fromkeys(score.metric for score in self._all if score.segment == EVERYBODY))

    def cutoffs(self, metric: str) -> list[int | None]:
        found = {score.k for score in self._all if score.metric == metric and score.segment == EVERYBODY}
        return sorted(found, key=lambda k: (k is None, k or 0))

    def segments(self, metric: str, k: int | None) -> list[str]:
        found = dict.fromkeys(score.segment for score in self._all if (score.metric, score.k) == (metric, k))
        return sorted(found, key=lambda segment: segment != EVERYBODY)

    def row(self, metric: str, k: int | None, segment: str, label: Words) -> Row:
        found = [side.get((metric, k, segment)) for side in self._sides]
        estimates = tuple(Estimate(s.value, s.low, s.high) if s else Estimate(None) for s in found)
        users = tuple(score.users if score else None for score in found)
        change = self._changes.get((metric, k, segment)) if len(found) == 2 else None
        paired = change is not None and is_number(change.difference)
        if change is not None and paired:
            difference = Estimate(change.difference, change.low, change.high)
            return Row(label, estimates, users, difference, _paired_reading(difference, direction(metric)))
        reading = _reading(estimates, direction(metric))
        return Row(label, estimates, users, Estimate(_difference(estimates)), reading)


def _first(table: _Table, metric: str, k: int) -> Row:
    cutoff = _main_cutoff(table.cutoffs(metric), k)
    return table.row(metric, cutoff, EVERYBODY, with_cutoff(label(metric), cutoff))


def _card(table: _Table, metric: str, index: int) -> Card:
    cutoffs = table.cutoffs(metric)[:MAX_CUTOFFS]
    labels: list[Words] = [message("all") if k is None else str(k) for k in cutoffs]
    rows = tuple(table.row(metric, k, EVERYBODY, label) for k, label in zip(cutoffs, labels, strict=True))
    title, heading = label(metric), message("list") if cutoffs == [None] else "k"
    chart = intervals(f"metric-{index}", title, labels, _series(rows), table.names, label=heading)
    return Card(title, _direction_words(metric), heading, rows, chart)


def _segments(table: _Table, metric: str, k: int | None) -> tuple[Card | None, int]:
    """The main metric by segment (None when there is but one), and how many segments are not shown."""
    found = table.segments(metric, k)
    if len(found) < 2:
        return None, 0
    shown = found[:MAX_SEGMENTS]
    rows = tuple(table.row(metric, k, segment, _segment_name(segment)) for segment in shown)
    title = message("%(metric)s by segment", metric=with_cutoff(label(metric), k))
    labels = [plain(row.label, 14) if isinstance(row.label, str) else row.label for row in rows]
    chart = intervals("metric-segments", title, labels, _series(rows), table.names, upright=False)
    card = Card(title, _direction_words(metric), message("segment"), rows, chart, by_segment=True)
    return card, len(found) - len(shown)


def _series(rows: Sequence[Row]) -> list[list[Estimate]]:
    return [[row.estimates[index] for row in rows] for index in range(len(rows[0].estimates))]


def _segment_name(segment: str) -> Words:
    return message("all users") if segment == EVERYBODY else segment


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


def _paired_reading(difference: Estimate, good: int) -> str:
    """Of a difference with an interval of its own: unclear where the interval holds 0."""
    if difference.value is None or not is_number(difference.low) or not is_number(difference.high):
        return ""
    if (difference.low or 0.0) <= 0 <= (difference.high or 0.0):
        return "unclear"
    return _towards(difference.value, good)


def _reading(estimates: Sequence[Estimate], good: int) -> str:
    """Of two values with an interval each: unclear where the intervals overlap."""
    difference = _difference(estimates)
    if difference is None:
        return ""
    base, candidate = estimates
    if not all(map(is_number, (base.low, base.high, candidate.low, candidate.high))):
        return ""
    bounds = [(one.low or 0.0, one.high or 0.0) for one in (base, candidate)]
    if bounds[0][0] <= bounds[1][1] and bounds[1][0] <= bounds[0][1]:
        return "unclear"
    return _towards(difference, good)


def _towards(difference: float, good: int) -> str:
    if good == 0:
        return "differs"
    return "better" if difference * good > 0 else "worse"


def direction(metric: str) -> int:
    """1 where higher is better, -1 where lower is, 0 where neither is, or nobody knows."""
    return _KNOWN.get(metric, ("", 0))[1]


def _direction_words(metric: str) -> Words:
    return _DIRECTIONS[direction(metric)] if metric in _KNOWN else ""


def label(metric: str) -> Words:
    """What people call a metric; unknown ones by the name that they came with."""
    return _KNOWN.get(metric, (metric, 0))[0]
