"""From tables to scores: every metric, at every k, for everybody and for each segment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from machiya_evaluation import exposure
from machiya_evaluation.arrays import Booleans, Floats, Integers, count
from machiya_evaluation.bootstrap import bootstrap_interval
from machiya_evaluation.coding import encode, vocabulary
from machiya_evaluation.errors import InputError
from machiya_evaluation.lists import RankedLists, ranked_lists
from machiya_evaluation.ranking import RANKING_METRICS
from machiya_evaluation.segments import EVERYBODY, Segments, segments_by_history, segments_of_table
from machiya_evaluation.truth import GroundTruth, find_hits, ground_truth

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
        return self.lists.lengths() > 0

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
        shown = exposure.exposure(self.lists, int(self.lists.rank.max())) > 0
        return {
            "users": int(np.count_nonzero(known)),
            "users_without_recommendations": int(np.count_nonzero(known & ~listed)),
            "users_without_test": int(np.count_nonzero(listed & ~known)),
            "catalogue_items": int(np.count_nonzero(self.catalogue)),
            "items_outside_catalogue": int(np.count_nonzero(shown & ~self.catalogue)),
        }


def prepare(
    recommendations: pa.Table,
    test: pa.Table,
    train: pa.Table,
    segments: pa.Table | None,
    items: pa.Table | None,
    settings: Settings,
) -> Data:
    """Encode and check the tables.

    Raises:
        InputError: The lists are not rankings, or the tables have no user or no item in common.
    """
    users = vocabulary(recommendations["user_id"], test["user_id"])
    known_items = [table["item_id"] for table in (test, train, items) if table is not None]
    words = vocabulary(recommendations["item_id"], *known_items)
    lists = ranked_lists(recommendations, users, words, "recommendations")
    truth = _truth(test, users, words, settings.graded)
    train_users, train_items = encode(train["user_id"], users), encode(train["item_id"], words)
    _check_users(lists, truth)
    _check_items(lists, [encode(column, words) for column in known_items])
    return Data(
        lists,
        truth,
        _members(train_items if items is None else encode(items["item_id"], words), len(words)),
        exposure.self_information(count(train_items, len(words)), pc.count_distinct(train["user_id"]).as_py()),
        _segments(segments, users, train_users, settings.segment_edges),
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
    hits = find_hits(data.lists, data.truth)
    chosen = [name for name in RANKING_METRICS if name in settings.metrics]
    return {(name, k): RANKING_METRICS[name](hits, k) for name in chosen for k in settings.ks}


def _novelty(data: Data, settings: Settings) -> Columns:
    chosen = settings.ks if "novelty" in settings.metrics else ()
    return {("novelty", k): exposure.novelty(data.lists, data.information, k) for k in chosen}


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
    lists = data.lists.where(members[data.lists.user])
    users = int(np.count_nonzero(lists.lengths()))
    for name in (name for name in CATALOGUE_METRICS if name in settings.metrics):
        for k in settings.ks:
            value = CATALOGUE_METRICS[name](exposure.exposure(lists, k), data.catalogue) if users else float("nan")
            yield Score(name, k, segment, None if np.isnan(value) else value, None, None, users)


def _truth(test: pa.Table, users: pa.Array, items: pa.Array, graded: bool) -> GroundTruth:
    gain = test["weight"].to_numpy().astype(np.float64) if graded else np.ones(test.num_rows)
    if not (gain > 0).any():
        raise InputError(
            "test: every weight is 0, so nothing is relevant.",
            "Check the weights of events, or evaluate with --relevance binary.",
        )
    return ground_truth(encode(test["user_id"], users), encode(test["item_id"], items), gain, len(users), len(items))


def _members(codes: Integers, size: int) -> Booleans:
    return count(codes, size) > 0


def _segments(table: pa.Table | None, users: pa.Array, train_users: Integers, edges: Sequence[int]) -> Segments:
    if table is not None:
        return segments_of_table(table, users)
    return segments_by_history(count(train_users[train_users >= 0], len(users)), edges)


def _check_users(lists: RankedLists, truth: GroundTruth) -> None:
    if not ((lists.lengths() > 0) & (truth.relevant() > 0)).any():
        raise InputError(
            "recommendations and test have no user in common.",
            "Check that both come from the same log and write user_id in the same way.",
        )


def _check_items(lists: RankedLists, known: Sequence[Integers]) -> None:
    if not _members(np.concatenate(known), lists.n_items)[lists.item].any():
        raise InputError(
            "no recommended item is in test, train or items.",
            "Check that all tables come from the same log and write item_id in the same way.",
        )
