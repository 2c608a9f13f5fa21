"""What users did in the held-out period: the ground truth, and where a list hits it."""

from dataclasses import dataclass

import numpy as np

from machiya_evaluation.arrays import Floats, Integers, count
from machiya_evaluation.lists import RankedLists, pair_keys


@dataclass(frozen=True)
class GroundTruth:
    """The relevant items of each user, sorted by user and then by gain, greatest first.

    Attributes:
        user: int64, shape (n_relevant,), non-decreasing.
        item: int64, shape (n_relevant,).
        gain: float64, shape (n_relevant,), above 0. An item that is not here has gain 0.
        n_users: Size of the users' vocabulary.
        n_items: Size of the items' vocabulary.
    """

    user: Integers
    item: Integers
    gain: Floats
    n_users: int
    n_items: int

    def relevant(self) -> Integers:
        """Number of relevant items of each user: int64, shape (n_users,); 0 means no ground truth."""
        return count(self.user, self.n_users)


def ground_truth(user: Integers, item: Integers, gain: Floats, n_users: int, n_items: int) -> GroundTruth:
    """Sort held-out interactions, shape (n_rows,) each, into a ground truth; rows of gain 0 are not relevant."""
    rows = np.flatnonzero(gain > 0)
    order = rows[np.lexsort((item[rows], -gain[rows], user[rows]))]
    return GroundTruth(user[order], item[order], gain[order], n_users, n_items)


@dataclass(frozen=True)
class Hits:
    """The recommendations that are relevant, in the order of their lists.

    Attributes:
        user: int64, shape (n_hits,), non-decreasing.
        rank: int64, shape (n_hits,); place in the list, 1 is best, increasing within a user.
        gain: float64, shape (n_hits,), above 0.
        number: int64, shape (n_hits,); 1 for the first hit of a user, 2 for the second, ...
        truth: The ground truth they were found in.
    """

    user: Integers
    rank: Integers
    gain: Floats
    number: Integers
    truth: GroundTruth


def find_hits(lists: RankedLists, truth: GroundTruth) -> Hits:
    """Join lists and ground truth on (user, item); both must be of the same vocabularies.

    Takes O(n log m) time for n recommendations and m relevant items.
    """
    keys = pair_keys(truth.user, truth.item, truth.n_items)
    order = np.argsort(keys)
    keys = keys[order]
    wanted = lists.keys()
    place = np.searchsorted(keys, wanted)
    place[place == keys.size] = 0
    found = np.flatnonzero(keys[place] == wanted) if keys.size else np.empty(0, np.int64)
    user = lists.user[found]
    return Hits(user, lists.rank[found], truth.gain[order[place[found]]], places(user), truth)


def places(user: Integers) -> Integers:
    """1, 2, 3, ... within each run of equal values of a non-decreasing array: int64, shape of `user`."""
    first = np.searchsorted(user, user, side="left")
    return np.arange(user.size) - first + 1
