"""What a change of recommendations does to the accuracy metrics: differences of pairs, user by user."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from machiya_evaluation.arrays import Floats
from machiya_evaluation.bootstrap import bootstrap_interval
from machiya_evaluation.coding import ascending, present
from machiya_evaluation.comparison import Sides, divide_users
from machiya_evaluation.errors import InputError
from machiya_evaluation.ranking import RANKING_METRICS, tally
from machiya_evaluation.segments import EVERYBODY
from machiya_evaluation.sources import Source
from machiya_evaluation.truth import read_held_out


@dataclass(frozen=True)
class Settings:
    """Depth of the lists, replicates of the bootstrap (0: no intervals), mass of an interval, edges of segments."""

    k: int
    bootstrap_samples: int
    confidence: float
    segment_edges: Sequence[int]


class MetricChange(NamedTuple):
    """A row: means of both sides and of their difference, with its interval; None is what cannot be computed."""

    metric: str
    k: int
    segment: str
    base: float | None
    candidate: float | None
    difference: float | None
    low: float | None
    high: float | None
    users: int


def metric_changes(
    sides: Sides,
    test: Source,
    segments: pa.Table | None,
    train: Source | None,
    settings: Settings,
    rng: np.random.Generator,
) -> list[MetricChange]:
    """Every accuracy metric at k, for everybody and for each segment, in the order metric, segment.

    Every user with ground truth counts on both sides; who has no list scores 0 there. The interval is of the mean of
    the users' own differences (both lists of a user are drawn together), which is far narrower than what the
    intervals of the two means tell. Every row of `test` is relevant, as in evaluate by default.

    Args:
        sides: Both sets of lists; their vocabularies get what `test` holds beside.
        test: user_id, item_id: the ground truth.
        segments: user_id and segment; else `train` makes the segments; without both there is one.
        train: user_id of the history.
        settings: What to compute.
        rng: Source of the bootstrap's draws; it must have a seed sequence.

    Raises:
        InputError: no user of test has a list.
    """
    held_out = read_held_out(test, sides.users, sides.items)
    words = sides.users.words()
    users = ascending(words, present(sides.base.length, sides.candidate.length, held_out.rows()))
    truth = held_out.truth(users, len(sides.items))
    lists = [one.of_users(users) for one in (sides.base, sides.candidate)]
    known = truth.relevant() > 0
    if not any((known & (one.length > 0)).any() for one in lists):
        raise InputError(
            "test has no user in common with base or candidate.", "Check that all tables come from the same log."
        )
    tallies = [tally(one, truth, [settings.k])[0] for one in lists]
    before, after = (np.column_stack([metric(one) for metric in RANKING_METRICS.values()]) for one in tallies)
    division = divide_users(segments, train, words.take(users), settings.segment_edges)
    groups = [(EVERYBODY, known)]
    if division.names != (EVERYBODY,):
        groups += [(name, known & (division.code == code)) for code, name in enumerate(division.names)]
    rows = [
        (place, row)
        for place, ((name, members), stream) in enumerate(zip(groups, rng.spawn(len(groups)), strict=True))
        for row in _rows(before[members], after[members], name, settings, stream)
    ]
    order = list(RANKING_METRICS)
    return [row for _, row in sorted(rows, key=lambda pair: (order.index(pair[1].metric), pair[0]))]


def _rows(
    before: Floats, after: Floats, segment: str, settings: Settings, rng: np.random.Generator
) -> list[MetricChange]:
    """One row for each metric; `before` and `after` are float64 of shape (n_users, n_metrics)."""
    users = len(before)
    if not users:
        return [MetricChange(name, settings.k, segment, *(None,) * 5, 0) for name in RANKING_METRICS]
    change = after - before
    bounds: list[tuple[float | None, float | None]] = [(None, None)] * len(RANKING_METRICS)
    if settings.bootstrap_samples and users > 1:
        interval = bootstrap_interval(change, settings.bootstrap_samples, settings.confidence, rng)
        bounds = [(float(low), float(high)) for low, high in interval.T]
    sides = [values.mean(axis=0).tolist() for values in (before, after, change)]
    rows = zip(RANKING_METRICS, *sides, bounds, strict=True)
    return [
        MetricChange(name, settings.k, segment, base, candidate, difference, low, high, users)
        for name, base, candidate, difference, (low, high) in rows
    ]
