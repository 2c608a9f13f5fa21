"""The top N items of many users."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.history import History
from machiya_recommender.interactions import count_before, positions
from machiya_recommender.kernels.lists import fill_popular, rank_neighbours
from machiya_recommender.model import Model
from machiya_recommender.products import Excluded, ItemIndex, Lists, best_products, rows_at_a_time


@dataclass(frozen=True)
class Recommendations:
    """The lists of some users, one after the other.

    users: positions among the targets of the users asked about. counts: (users,) int32, the length of each list, and
    of_model: (users,) int32, how many of its first rows are the model's; the rest are fallback. Rows of all lists:
    item: int32 positions in the model, and score: float32.
    """

    users: range
    counts: NDArray[np.int32]
    of_model: NDArray[np.int32]
    item: NDArray[np.int32]
    score: NDArray[np.float32]

    @property
    def user(self) -> NDArray[np.int64]:
        """The user of each row, a position among the targets."""
        return np.repeat(np.arange(self.users.start, self.users.stop), self.counts)

    @property
    def rank(self) -> NDArray[np.int32]:
        """The place of each row in its list, from 1."""
        starts = np.cumsum(self.counts) - self.counts
        return (np.arange(1, len(self.item) + 1) - np.repeat(starts, self.counts)).astype(np.int32)

    @property
    def fallback(self) -> NDArray[np.bool_]:
        """Whether each row comes from the fallback."""
        found: NDArray[np.bool_] = self.rank > np.repeat(self.of_model, self.counts)
        return found


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
        self.rows += len(part.item)
        self.fallback_users += int((part.of_model < part.counts).sum())
        self.short_users += int((part.counts < self.n).sum())

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
    """What users get from a model: at most ``n`` items each.

    A user's model items come first: all items for a user of an als, bpr or popularity model, those that neighbour an
    item of the history for item-knn. What is missing to ``n`` is filled with the most popular other items (fallback),
    so a user unknown to the model gets nothing else. Equal scores are ordered by item id. With ``filter_seen`` no item
    of the history appears. A list is shorter than ``n`` only when no more items are left.

    A user's list depends on the model and the user's history alone, to the last bit.
    """

    model: Model
    n: int
    filter_seen: bool

    def in_batches(
        self, targets: pa.Array, history: History, threads: int, first: int = 0
    ) -> Iterator[Recommendations]:
        """The recommendations for ``targets``, batch by batch in their order.

        targets: sorted unique user ids, the first of them called number ``first``; history: theirs, with weights for
        an item-knn model. At most ``2 * threads`` batches are under way, so memory does not grow with the users.
        To be used inside ``single_threaded_blas``. Raises InvalidInputError when a score is not finite.
        """
        size, rows = rows_at_a_time(self.n), self._rows(targets)
        self._prepare()
        waiting: deque[Future[Recommendations]] = deque()
        pool = ThreadPoolExecutor(threads)
        try:
            for start in range(0, len(targets), size):
                batch = range(start, min(start + size, len(targets)))
                seen = history.part(batch)
                waiting.append(pool.submit(self._recommend, rows[batch.start : batch.stop], seen, first + start))
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _recommend(self, rows: NDArray[np.int64], history: History, first: int) -> Recommendations:
        seen = Excluded(history.starts, history.items) if self.filter_seen else Excluded.nothing(len(rows))
        lists = self._by_model(rows, history, seen)
        of_model = lists.counts.copy()
        self._fill(lists, seen)
        if self.model.algorithm == "popularity":
            of_model = np.where(rows >= 0, lists.counts, 0).astype(np.int32)
        return _in_one_list(range(first, first + len(rows)), lists, of_model)

    def _by_model(self, rows: NDArray[np.int64], history: History, seen: Excluded) -> Lists:
        """What the model itself has to say."""
        if self.model.factors is not None:
            return self._by_factors(self.model.factors.users, rows, history, seen)
        n = min(self.n, len(self.model.items))
        if self.model.neighbours is not None:
            return self._by_neighbours(history, n)
        return Lists.empty(len(rows), n)

    def _by_factors(
        self, users: NDArray[np.float32], rows: NDArray[np.int64], history: History, seen: Excluded
    ) -> Lists:
        known = rows >= 0
        if known.all():
            return best_products(users[rows], self._index, seen, self.n)
        if self.filter_seen:
            history = history.only(known)
            seen = Excluded(history.starts, history.items)
        found = best_products(users[rows[known]], self._index, seen, self.n)
        lists = Lists.empty(len(rows), found.items.shape[1])
        lists.items[known], lists.scores[known], lists.counts[known] = found.items, found.scores, found.counts
        return lists

    def _by_neighbours(self, history: History, n: int) -> Lists:
        keys = np.empty((len(history.starts) - 1, n), np.uint64)
        if history.weights is None:
            raise TypeError("item-knn asks how much was seen: read the history with its weights")
        arrays = (history.starts, history.items, history.weights, *self._neighbours)
        if not rank_neighbours(*arrays, self.filter_seen, n, keys):
            raise InvalidInputError(
                "The model gives scores that are not finite numbers.", "Correct the weights of the interactions."
            )
        return Lists.of_keys(keys, n)

    def _fill(self, lists: Lists, seen: Excluded) -> None:
        popular, popularity = self._popular
        if (lists.counts < lists.items.shape[1]).any():
            arrays = (lists.items, lists.scores, lists.counts)
            fill_popular(popular, popularity, seen.starts, seen.items, *arrays)

    def _prepare(self) -> None:
        """What all batches share is made before the threads ask for it, all at once."""
        _ = self._popular
        if self.model.factors is not None:
            _ = self._index
        elif self.model.neighbours is not None:
            _ = self._neighbours

    def _rows(self, targets: pa.Array) -> NDArray[np.int64]:
        """The row of each target in the model, -1 for a user it does not know."""
        if not len(targets):
            return np.empty(0, np.int64)
        users = self.model.users
        first, last = (count_before(users, targets[place].as_py().encode()) for place in (0, len(targets) - 1))
        near = users.slice(first, last + 1 - first)  # a shard need not look at all users of the model
        found = positions(targets, near)
        return np.where(found >= 0, found + first, -1)

    @cached_property
    def _index(self) -> ItemIndex:
        if self.model.factors is None:
            raise TypeError(f"a model of the algorithm {self.model.algorithm} has no factors")
        return ItemIndex.of(self.model.factors.items)

    @cached_property
    def _neighbours(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """indptr, indices and similarity of the neighbours: copies, whose types do not depend on where they were."""
        matrix = self.model.neighbours
        if matrix is None:
            raise TypeError(f"a model of the algorithm {self.model.algorithm} has no neighbours")
        return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32)

    @cached_property
    def _popular(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """All items, the most popular first; and the popularity of each item by position."""
        popularity = self.model.popularity.astype(np.float32)
        return np.argsort(-popularity, kind="stable").astype(np.int32), popularity


def _in_one_list(users: range, lists: Lists, of_model: NDArray[np.int32]) -> Recommendations:
    if (lists.counts == lists.items.shape[1]).all():
        item, score = lists.items.reshape(-1), lists.scores.reshape(-1)
    else:
        chosen = np.arange(lists.items.shape[1]) < lists.counts[:, None]
        item, score = lists.items[chosen], lists.scores[chosen]
    return Recommendations(users, lists.counts, of_model, item, score)
