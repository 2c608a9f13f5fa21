"""Which rows of the interactions are test data, without leaks. Arrays in, masks out; True is test.

All functions expect the rows in a fixed order (by user, then item), so that the same generator makes the same split.
"""

import numpy as np
from numpy.typing import NDArray

from machiya_preprocess.kernels import splits

Mask = NDArray[np.bool_]
CodeArray = NDArray[np.int32]
Micros = NDArray[np.int64]


def cut_for_share(micros: Micros, test_share: float) -> int:
    """The earliest time of the test data for which about ``test_share`` of the rows are at it or later.

    Rows at the same time are never divided, so the share is met as closely as the times allow; of two cuts that meet it
    equally it is the earlier. ``micros``, shape (n,). Raises ``ValueError`` if all rows are at one time: no cut leaves
    something on both sides.
    """
    count, wanted = len(micros), test_share * len(micros)
    place = min(int(count - wanted), count - 1)
    middle = np.partition(micros, place)[place]
    later = micros > middle
    cuts = []  # the two around the place at which the share would be met, with their numbers of test rows
    if earlier := int(np.count_nonzero(micros < middle)):
        cuts.append((int(middle), count - earlier))
    if later.any():
        cuts.append((int(micros[later].min()), int(np.count_nonzero(later))))
    if not cuts:
        raise ValueError("all interactions are at one time")
    return min(cuts, key=lambda cut: abs(cut[1] - wanted))[0]


def last_of_each_user(
    user: CodeArray, micros: Micros, test_items: int, min_train_items: int, rng: np.random.Generator
) -> Mask:
    """The latest ``test_items`` rows of each user that has ``min_train_items`` more; other users are in training as a
    whole.

    Which of several rows at the same time is the later one is decided by chance, not by the order of the ids. Shape
    (n,).
    """
    mask = np.zeros(len(user), dtype=np.bool_)
    chance = rng.permutation(len(user))
    splits.mark_last(_starts(user), micros, chance, test_items, test_items + min_train_items, mask)
    return mask


def folds(user: CodeArray, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """A fold from 0 to ``count`` - 1 for each row, shape (n,): by chance, but each user's rows as evenly as possible.

    Each user's rows are dealt out in turn, beginning at a fold drawn for the user; so the folds of a user differ by
    one row at most.
    """
    chance, starts = rng.permutation(len(user)), _starts(user)
    first = rng.integers(count, size=int(user.max()) + 1)[user[starts[:-1]]]
    fold = np.empty(len(user), dtype=np.int32)
    splits.deal(starts, chance, first, count, fold)
    return fold


def _starts(user: CodeArray) -> NDArray[np.int64]:
    """For rows sorted by user: where the rows of each user that has some begin, and where the last end."""
    return np.concatenate([[0], np.flatnonzero(user[1:] != user[:-1]) + 1, [len(user)]])


def occurring(codes: CodeArray, count: int) -> Mask:
    """Which of ``count`` users (or items) occur among some rows; shape (count,)."""
    found = np.zeros(count, dtype=np.bool_)
    found[codes] = True
    return found
