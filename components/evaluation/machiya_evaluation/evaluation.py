"""From tables to scores: every metric, at every k, for everybody and for each segment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from machiya_evaluation import exposure
from machiya_evaluation.arrays import Booleans, Floats
from machiya_evaluation.bootstrap import bootstrap_interval
from machiya_evaluation.coding import Vocabulary, ascending, count_words, extended, present, rows_of
from machiya_evaluation.errors import InputError
from machiya_evaluation.lists import RankedLists, read_lists
from machiya_evaluation.ranking import RANKING_METRICS, tally
from machiya_evaluation.segments import EVERYBODY, Segments, segments_by_history, segments_of_table
from machiya_evaluation.sources import Source
from machiya_evaluation.truth import GroundTruth, read_held_out

CATALOGUE_METRICS = {"coverage": exposure.coverage, "gini": exposure.gini}
METRICS = (*RANKING_METRICS, "coverage", "novelty", "gini")
"""In the order of reports."""


@dataclass(frozen=True)
class Settings:
    """What to compute.

    Attributes:
        ks: Cutoffs, each at least 1.
        metrics: Some of `METRICS`.
        graded: Take the weight of a held-out interaction as its gain (nDCG only), else every gain is 1.
        bootstrap_samples: Replicates of the bootstrap; 0 for no intervals.
        confidence: Mass of an interval, between 0 and 1.
        segment_edges: Shortest histories of the segments, ascending; not used when there is a table of segments.
    """

    ks: Sequence[int]
    metrics: Sequence[str]
    graded: bool
    bootstrap_samples: int
    confidence: float
    segment_edges: Sequence[int]


class Score(NamedTuple):
    """A row of the scores. None is what cannot be computed; `users` is the number of users behind the value."""

    metric: str
    k: int
    segment: str
    value: float | None
    low: float | None
    high: float | None
    users: int


@dataclass(frozen=True)
class Data:
    """Everything the metrics need, coded by one vocabulary of users (recommendations and test) and one of items.

    Attributes:
        lists: The recommendations.
        truth: The held-out interactions.
        catalogue: Which items could have been recommended: bool, shape (n_items,).
        information: Self-information of each item in train, bits: float64, shape (n_items,).
        segments: Division of the users.
    """

    lists: RankedLists
    truth: GroundTruth
    catalogue: Booleans
    information: Floats
    segments: Segments

    def with_list(self) -> Booleans:
        """Users who have recommendations: bool, shape (n_users,)."""
        return self.lists.length > 0

    def with_truth(self) -> Booleans:
        """Users who have ground truth: bool, shape (n_users,)."""
        return self.truth.relevant() > 0

    def groups(self) -> list[tuple[str, Booleans]]:
        """Name and members, bool of shape (n_users,), of everybody and of each segment."""
        groups = [(EVERYBODY, np.ones(self.lists.n_users, np.bool_))]
        if self.segments.names != (EVERYBODY,):
            groups += [(name, self.segments.code == code) for code, name in enumerate(self.segments.names)]
        return groups

    def counts(self) -> dict[str, int]:
        """Sizes that tell how far the scores can be trusted."""
        listed, known = self.with_list(), self.with_truth()
        shown = exposure.exposure(self.lists, [int(self.lists.length.max())])[0] > 0
        return {
            "users": int(np.count_nonzero(known)),
            "users_without_recommendations": int(np.count_nonzero(known & ~listed)),
            "users_without_test": int(np.count_nonzero(listed & ~known)),
            "catalogue_items": int(np.count_nonzero(self.catalogue)),
            "items_outside_catalogue": int(np.count_nonzero(shown & ~self.catalogue)),
        }


def prepare(
    recommendations: Source,
    test: Source,
    train: Source,
    segments: pa.Table | None,
    items: Source | None,
    settings: Settings,
) -> Data:
    """Read, encode and check the tables.

    Raises:
        InputError: The lists are not rankings, or the tables have no user or no item in common.
    """
    users, words, history = Vocabulary(), Vocabulary(), Vocabulary()
    by_code = read_lists(recommendations, users, words, "recommendations")
    held_out = read_held_out(test, users, words, settings.graded)
    if not (held_out.gain > 0).any():
        raise InputError(
            "test: every weight is 0, so nothing is relevant.",
            "Check the weights of events, or evaluate with --relevance binary.",
        )
    in_train, train_rows = count_words(train, "item_id", words), count_words(train, "user_id", history)
    in_items = in_train if items is None else count_words(items, "item_id", words)
    order = ascending(users.words(), present(by_code.length, held_out.rows()))
    names = users.words().take(order)
    lists = replace(by_code.of_users(order), n_items=len(words))
    truth = held_out.truth(order, len(words))
    _check_users(lists, truth)
    _check_items(lists, present(np.bincount(held_out.item), in_train, in_items))
    return Data(
        lists,
        truth,
        extended(in_items, len(words)) > 0,
        exposure.self_information(extended(in_train, len(words)), int(np.count_nonzero(train_rows))),
        segments_of_table(segments, names)
        if segments is not None
        else segments_by_history(rows_of(names, history, train_rows), settings.segment_edges),
    )


def evaluate(
    data: Data, settings: Settings, rng: np.random.Generator, advance: Callable[[], object] = lambda: None
) -> list[Score]:
    """All scores, in the order metric, k, segment; `all` is the first segment.

    Every segment has its own stream of random numbers for each kind of metric, so that a score and its interval do not
    depend on which other metrics are asked for.

    Args:
        data: What to evaluate.
        settings: What to compute.
        rng: Source of the bootstrap's draws; it must have a seed sequence, as `numpy.random.default_rng` gives.
        advance: Called after everybody and after each segment.
    """
    groups = data.groups()
    accuracy, novelty = _accuracy(data, settings), _novelty(data, settings)
    scores: list[tuple[int, Score]] = []
    for place, ((name, members), stream) in enumerate(zip(groups, rng.spawn(len(groups)), strict=True)):
        of_accuracy, of_novelty = stream.spawn(2)
        rows = [
            *_means(accuracy, members & data.with_truth(), name, settings, of_accuracy),
            *_means(novelty, members & data.with_list(), name, settings, of_novelty),
            *_of_catalogue(data, members, name, settings),
        ]
        scores += [(place, row) for row in rows]
        advance()
    return [row for _, row in sorted(scores, key=lambda pair: (METRICS.index(pair[1].metric), pair[1].k, pair[0]))]


Columns = dict[tuple[str, int], Floats]


def _accuracy(data: Data, settings: Settings) -> Columns:
    chosen = [name for name in RANKING_METRICS if name in settings.metrics]
    tallies = tally(data.lists, data.truth, settings.ks) if chosen else []
    return {(name, one.k): RANKING_METRICS[name](one) for name in chosen for one in tallies}


def _novelty(data: Data, settings: Settings) -> Columns:
    if "novelty" not in settings.metrics:
        return {}
    values = exposure.novelty(data.lists, data.information, settings.ks)
    return {("novelty", k): column for k, column in zip(settings.ks, values, strict=True)}


def _means(
    columns: Columns, rows: Booleans, segment: str, settings: Settings, rng: np.random.Generator
) -> Iterator[Score]:
    """Means over the users in `rows`, with intervals; one user has no spread, so no interval."""
    if not columns:
        return
    users = int(np.count_nonzero(rows))
    if users == 0:
        yield from (Score(metric, k, segment, None, None, None, 0) for metric, k in columns)
        return
    known = [column[rows] for column in columns.values()]
    bounds: list[tuple[float | None, float | None]] = [(None, None)] * len(columns)
    if settings.bootstrap_samples and users > 1:
        interval = bootstrap_interval(np.column_stack(known), settings.bootstrap_samples, settings.confidence, rng)
        bounds = [(float(low), float(high)) for low, high in interval.T]
    for (metric, k), values, (low, high) in zip(columns, known, bounds, strict=True):
        yield Score(metric, k, segment, float(values.mean()), low, high, users)


def _of_catalogue(data: Data, members: Booleans, segment: str, settings: Settings) -> Iterator[Score]:
    """Metrics of the set of lists; they have no interval (the README says why)."""
    chosen = [name for name in CATALOGUE_METRICS if name in settings.metrics]
    if not chosen:
        return
    users = np.flatnonzero(members & data.with_list())
    for k, shown in zip(settings.ks, exposure.exposure(data.lists, settings.ks, users), strict=True):
        for name in chosen:
            value = CATALOGUE_METRICS[name](shown, data.catalogue) if users.size else float("nan")
            yield Score(name, k, segment, None if np.isnan(value) else value, None, None, users.size)


def _check_users(lists: RankedLists, truth: GroundTruth) -> None:
    if not ((lists.length > 0) & (truth.relevant() > 0)).any():
        raise InputError(
            "recommendations and test have no user in common.",
            "Check that both come from the same log and write user_id in the same way.",
        )


def _check_items(lists: RankedLists, known: Booleans) -> None:
    shown = exposure.exposure(lists, [int(lists.length.max())])[0] > 0
    if not (shown[: known.size] & known[: shown.size]).any():
        raise InputError(
            "no recommended item is in test, train or items.",
            "Check that all tables come from the same log and write item_id in the same way.",
        )
