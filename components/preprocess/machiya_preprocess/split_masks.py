"""Which rows of the interactions are test data, without leaks. Arrays in, masks out; True is test.

All functions expect the rows in a fixed order (by user, then item), so that the same generator makes the same split.
"""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
CodeArray = NDArray[np.int32]
Micros = NDArray[np.int64]


def cut_for_share(micros: Micros, test_share: float) -> int:
    """The earliest time of the test data for which about ``test_share`` of the rows are at it or later.

    Rows at the same time are never divided, so the share is met as closely as the times allow. ``micros``, shape (n,).
    Raises ``ValueError`` if all rows are at one time: no cut leaves something on both sides.
    """
    times, counts = np.unique(micros, return_counts=True)
    if len(times) < 2:
        raise ValueError("all interactions are at one time")
    test_rows = np.cumsum(counts[::-1])[::-1][1:]  # for a cut at times[1], times[2], ...
    nearest = int(np.argmin(np.abs(test_rows - test_share * len(micros))))
    return int(times[1 + nearest])


def last_of_each_user(
    user: CodeArray, micros: Micros, test_items: int, min_train_items: int, rng: np.random.Generator
) -> Mask:
    """The latest ``test_items`` rows of each user that has ``min_train_items`` more; other users are in training as a
    whole.

    Which of several rows at the same time is the later one is decided by chance, not by the order of the ids. Shape
    (n,).
    """
    order = np.lexsort((rng.permutation(len(user)), micros, user))
    rank, size = _rank_and_size(user[order])
    mask = np.zeros(len(user), dtype=np.bool_)
    mask[order] = (size >= test_items + min_train_items) & (rank >= size - test_items)
    return mask


def folds(user: CodeArray, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A fold from 0 to ``count`` - 1 for each row, shape (n,): by chance, but each user's rows as evenly as possible.

    Each user's rows are dealt out in turn, beginning at a fold drawn for the user; so the folds of a user differ by
    one row at most.
    """
    order = np.lexsort((rng.permutation(len(user)), user))
    ordered = user[order]
    rank, _ = _rank_and_size(ordered)
    begin = rng.integers(count, size=int(user.max()) + 1)
    fold = np.empty(len(user), dtype=np.int64)
    fold[order] = (begin[ordered] + rank) % count
    return fold


def _rank_and_size(user: CodeArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For rows sorted by user: place within the user from 0, and number of the user's rows; both shape (n,)."""
    starts = np.flatnonzero(np.append(True, user[1:] != user[:-1]))
    sizes = np.diff(starts, append=len(user))
    return np.arange(len(user)) - np.repeat(starts, sizes), np.repeat(sizes, sizes)


def in_training(codes: CodeArray, test: Mask) -> Mask:
    """Rows whose user (or item) occurs among the training rows; shape (n,)."""
    trained = np.zeros(int(codes.max()) + 1, dtype=np.bool_)
    trained[codes[~test]] = True
    return trained[codes]
