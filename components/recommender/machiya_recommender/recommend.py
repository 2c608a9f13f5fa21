"""The top N items of many users."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.interactions import positions
from machiya_recommender.kernel import NEVER, top_items
from machiya_recommender.model import Model
from machiya_recommender.sharding import batches

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Recommendations:
    """Rows for some users, sorted by user and rank.

    users: positions among the targets of the users asked about. Columns (rows,): user (position among the targets),
    item (position in the model), rank from 1, score, and whether the row comes from the fallback.
    """

    users: range
    user: NDArray[np.int64]
    item: NDArray[np.int64]
    rank: NDArray[np.int64]
    score: Scores
    fallback: NDArray[np.bool_]


@dataclass
class Summary:
    """Counts over recommendations of at most ``n`` items per user."""

    n: int
    users: int = 0
    fallback_users: int = 0
    short_users: int = 0
    rows: int = 0

    def add(self, part: Recommendations) -> None:
        """Count one part."""
        self.users += len(part.users)
        self.rows += len(part.user)
        self.fallback_users += len(np.unique(part.user[part.fallback]))
        rows_of_user = np.bincount(part.user - part.users.start, minlength=len(part.users))
        self.short_users += int((rows_of_user < self.n).sum())

    def metrics(self) -> dict[str, float]:
        """users, fallback_users (with a fallback row), short_users (with fewer than n rows), rows."""
        return {
            "users": self.users,
            "fallback_users": self.fallback_users,
            "short_users": self.short_users,
            "rows": self.rows,
        }


@dataclass(frozen=True)
class Recommender:
    """What the users in a ``part`` of ``targets`` get from a model.

    targets: sorted unique user ids. history: CSR (users of the part, items of the model), float64, what they have seen.

    A user's model items come first: all items for a user of an als, bpr or popularity model, those that neighbour an
    item of the history for item-knn. What is missing to ``n`` is filled with the most popular other items (fallback),
    so a user unknown to the model gets nothing else. Equal scores are ordered by item id. With ``filter_seen`` no item
    of the history appears. A list is shorter than ``n`` only when no more items are left.
    """

    model: Model
    targets: pa.Array
    part: range
    history: csr_matrix
    n: int
    filter_seen: bool
    batch_rows: int

    def in_batches(self, threads: int) -> Iterator[Recommendations]:
        """The recommendations of the part, batch by batch in the order of users.

        At most ``2 * threads`` batches are under way, so memory does not grow with the number of users.
        To be used inside ``single_threaded_blas``. Raises InvalidInputError when a score is not finite.
        """
        waiting: deque[Future[Recommendations]] = deque()
        pool = ThreadPoolExecutor(threads)
        try:
            for batch, kept in batches(len(self.targets), self.batch_rows, self.part):
                waiting.append(pool.submit(self._recommend, batch, kept))
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _recommend(self, batch: range, kept: range) -> Recommendations:
        seen = self.history[kept.start - self.part.start : kept.stop - self.part.start]
        scores = self._scores(batch, kept, seen)
        if self.filter_seen:
            scores[_stored(seen)] = NEVER
        items, values = top_items(scores, self.n)
        more, more_values = self._fallback(seen, items)
        return _in_one_list(
            kept, np.hstack([items, more]), np.hstack([values, more_values]), fallback_from=items.shape[1], n=self.n
        )

    def _scores(self, batch: range, kept: range, seen: csr_matrix) -> Scores:
        """Scores of the kept users (kept, items); NEVER where the model has nothing to say."""
        model, rows = self.model, self._rows
        if model.factors is not None:
            users = model.factors.users[np.maximum(rows[batch.start : batch.stop], 0)]
            with np.errstate(over="ignore", invalid="ignore"):  # said better below
                scores: Scores = (users @ model.factors.items.T)[kept.start - batch.start : kept.stop - batch.start]
            unscored = rows[kept.start : kept.stop] < 0
        elif model.neighbours is not None:
            with np.errstate(over="ignore"):
                scores = (seen @ model.neighbours).toarray().astype(np.float32)
            unscored = scores == 0
        else:
            scores = np.tile(self._popularity, (len(kept), 1))
            unscored = rows[kept.start : kept.stop] < 0
        _require_finite(scores)
        scores[unscored] = NEVER
        return scores

    def _fallback(self, seen: csr_matrix, chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], Scores]:
        """The most popular items that are not chosen yet, for the rows that lack some: (rows, k), -1 and NEVER else."""
        short = np.flatnonzero((chosen < 0).any(axis=1))
        items = np.full(chosen.shape, -1, dtype=np.int64)
        values = np.full(chosen.shape, NEVER, dtype=np.float32)
        scores = np.tile(self._popularity, (len(short), 1))
        if self.filter_seen:
            scores[_stored(seen[short])] = NEVER
        row, place = np.nonzero(chosen[short] >= 0)
        scores[row, chosen[short][row, place]] = NEVER
        items[short], values[short] = top_items(scores, self.n)
        return items, values

    @cached_property
    def _rows(self) -> NDArray[np.int64]:
        """The row of each target in the model, -1 for a user it does not know."""
        return positions(self.targets, self.model.users)

    @cached_property
    def _popularity(self) -> Scores:
        return self.model.popularity.astype(np.float32)


def _in_one_list(users: range, items: NDArray[np.int64], scores: Scores, fallback_from: int, n: int) -> Recommendations:
    """The first ``n`` chosen places of each row, as rows of a table; places from ``fallback_from`` on are fallback."""
    chosen = items >= 0
    rank = np.cumsum(chosen, axis=1, dtype=np.int64)
    row, place = np.nonzero(chosen & (rank <= n))
    return Recommendations(
        users, row + users.start, items[row, place], rank[row, place], scores[row, place], place >= fallback_from
    )


def _stored(matrix: csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Row and column of every stored value, zeros included (``nonzero`` leaves them out)."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), matrix.indices


def _require_finite(scores: Scores) -> None:
    if not np.isfinite(scores).all():
        raise InvalidInputError(
            "The model gives scores that are not finite numbers.", "Train it again with lower weights or factors."
        )
