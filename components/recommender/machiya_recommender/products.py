"""The items with the highest inner products with many vectors, exactly; ``kernels.products`` says how."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.kernels.products import CHUNK, collect, rank
from machiya_recommender.kernels.selection import unpack

_CANDIDATES = 1 << 20
"""How many candidates one call of ``best_products`` may hold (8 bytes each, and as much again for their keys)."""


@dataclass(frozen=True)
class Lists:
    """Lists of at most n items. items: (rows, n) int32 positions, scores: (rows, n) float32, counts: (rows,) int32.

    In a row the first ``counts`` are there, best first, equal scores in the order of items; the rest is undefined.
    """

    items: NDArray[np.int32]
    scores: NDArray[np.float32]
    counts: NDArray[np.int32]

    @classmethod
    def empty(cls, rows: int, n: int) -> "Lists":
        """Lists without items."""
        return cls(np.empty((rows, n), np.int32), np.empty((rows, n), np.float32), np.zeros(rows, np.int32))

    @classmethod
    def of_keys(cls, keys: NDArray[np.uint64], n: int) -> "Lists":
        """The first n of keys (rows, width) uint64, which are sorted in place."""
        lists = cls.empty(len(keys), n)
        keys.sort(axis=1)
        unpack(keys, lists.items, lists.scores, lists.counts)
        return lists


@dataclass(frozen=True)
class Excluded:
    """What rows must not get: row r has ``items[starts[r]:starts[r + 1]]`` (int32 positions; starts int64)."""

    starts: NDArray[np.int64]
    items: NDArray[np.int32]

    @classmethod
    def nothing(cls, rows: int) -> "Excluded":
        """Nothing is excluded from any row."""
        return cls(np.zeros(rows + 1, np.int64), np.empty(0, np.int32))


@dataclass(frozen=True)
class ItemIndex:
    """Item vectors, longest first.

    vectors: (items, factors) float32. lengths: (items,) float64. order: (items,) int32, the position of each in the
    model; where lengths are equal, positions ascend. ranks: (items,) int32, its inverse.
    """

    vectors: NDArray[np.float32]
    lengths: NDArray[np.float64]
    order: NDArray[np.int32]
    ranks: NDArray[np.int32]

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> "ItemIndex":
        """Vectors in the order of their positions. One of them that is not finite is seen when products are asked."""
        lengths = lengths_of(vectors)
        order = np.argsort(-lengths, kind="stable").astype(np.int32)
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order), dtype=np.int32)
        return cls(vectors[order], lengths[order], order, ranks)


def lengths_of(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Euclidean lengths (rows,) of vectors (rows, factors), in float64: those of finite float32 vectors are finite."""
    lengths: NDArray[np.float64] = np.sqrt(np.einsum("if,if->i", vectors, vectors, dtype=np.float64))
    return lengths


def rows_at_a_time(n: int) -> int:
    """How many rows one call of ``best_products`` should have, so that its memory is bounded whatever the n."""
    return min(2048, max(16, _CANDIDATES // _capacity(n)))


def best_products(
    vectors: NDArray[np.float32], index: ItemIndex, excluded: Excluded, n: int, most: float = np.inf
) -> Lists:
    """The n items with the highest inner product with each of ``vectors``, (rows, factors) float32.

    A score is the product computed in float64, rounded to float32 and clipped to -most..most: it depends on the two
    vectors alone. To be used inside ``single_threaded_blas``.

    Raises InvalidInputError where vectors are not finite, or so long that a product may be beyond float32.
    """
    lengths = lengths_of(vectors)
    if not lengths.max(initial=0) * index.lengths.max(initial=0) < np.finfo(np.float32).max:  # so written, NaN is bad
        raise InvalidInputError(
            "The model gives scores that are not finite numbers.", "Train it again with lower weights or factors."
        )
    rows, k = len(vectors), min(n, len(index.order))
    if not rows or not k:
        return Lists.empty(rows, k)
    items = np.empty((rows, _capacity(k)), np.int32)
    scores, counts = np.empty(items.shape, np.float32), np.empty(rows, np.int32)
    limit, hidden = np.float32(most), index.ranks[excluded.items]
    users = np.ascontiguousarray(vectors)
    arrays = (users, lengths, index.vectors, index.lengths, index.order, excluded.starts, hidden)
    collect(*arrays, k, limit, items, scores, counts)
    keys = np.empty((rows, counts.max()), np.uint64)
    rank(users, index.vectors, index.order, items, counts, limit, keys)
    return Lists.of_keys(keys, k)


def _capacity(k: int) -> int:
    """Room for the candidates of a row; the kernel tidies up when a quarter more than k are there."""
    return 2 * k + 2 * CHUNK
