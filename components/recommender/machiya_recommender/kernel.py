"""The innermost loop of predict and similar: the best n of each row of scores.

Kept small and alone, so that a faster implementation can take its place; the tests hold a naive reference.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Score = TypeVar("Score", np.float32, np.float64)

NEVER = np.float32(-np.inf)
"""The score of an item that must not be chosen."""

SCORES_PER_BATCH = 1 << 22
"""How many scores one thread holds at a time: with the copies that selecting makes, about 20 bytes each (80 MiB)."""


def rows_per_batch(items: int) -> int:
    """How many rows of ``items`` scores make one batch."""
    return int(min(1024, max(1, SCORES_PER_BATCH // max(1, items))))


def top_items(scores: NDArray[np.float32], n: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The best n items of each row: positions (rows, k) and scores (rows, k), best first, k = min(n, items).

    scores: (rows, items), float32, no NaN. An item with the score ``NEVER`` is not chosen; a row with fewer than k
    others ends in places with position -1 and score ``NEVER``.
    Equal scores come in the order of their positions, so the result is a function of the scores alone.
    """
    rows, items = scores.shape
    k = min(n, items)
    best = np.full((rows, k), -1, dtype=np.int64)
    best_scores = np.full((rows, k), NEVER, dtype=np.float32)
    if rows == 0 or k == 0:
        return best, best_scores
    kth = np.partition(scores, items - k, axis=1)[:, items - k, None]
    row, item = np.nonzero((scores >= kth) & (scores > NEVER))  # k of each row, and more where others equal the k-th
    row, item, score, place = best_in_rows(row, item, scores[row, item], k)
    best[row, place], best_scores[row, place] = item, score
    return best, best_scores


def best_in_rows(
    row: NDArray[np.integer], item: NDArray[np.integer], score: NDArray[Score], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Score], NDArray[np.int64]]:
    """Of scored pairs (row, item), in any order, the best n of each row: row, item, score, and place from 0.

    Sorted by row, then score (higher first), then item.
    """
    order = np.lexsort((item, -score, row))
    rows, items, score = row[order].astype(np.int64), item[order].astype(np.int64), score[order]
    place = np.arange(len(rows), dtype=np.int64) - np.searchsorted(rows, rows)  # rows are sorted: since its first pair
    kept = place < n
    return rows[kept], items[kept], score[kept], place[kept]
