"""The best n of each row of scored pairs."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Score = TypeVar("Score", np.float32, np.float64)


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
