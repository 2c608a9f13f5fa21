"""What users did in the held-out period: the ground truth."""

from dataclasses import dataclass

import numpy as np

from machiya_evaluation.arrays import Codes, Floats, Integers, count
from machiya_evaluation.coding import Vocabulary, encode, places
from machiya_evaluation.kernels.lists import by_group
from machiya_evaluation.sources import Source


@dataclass(frozen=True)
class GroundTruth:
    """The relevant items of each user, sorted by user and then by gain, greatest first.

    Attributes:
        start: Where the items of each user begin: int64, shape (n_users + 1,).
        item: int32, shape (n_relevant,).
        gain: float64, shape (n_relevant,), above 0. An item that is not here has gain 0.
        n_items: Size of the items' vocabulary.
    """

    start: Integers
    item: Codes
    gain: Floats
    n_items: int

    @property
    def n_users(self) -> int:
        """Size of the users' vocabulary."""
        return self.start.size - 1

    def relevant(self) -> Integers:
        """Number of relevant items of each user: int64, shape (n_users,); 0 means no ground truth."""
        return np.diff(self.start)


@dataclass(frozen=True)
class HeldOut:
    """The rows of the held-out interactions.

    Attributes:
        user: Codes, int32, shape (n_rows,).
        item: Codes, int32, shape (n_rows,).
        gain: float64, shape (n_rows,), not below 0; rows of gain 0 are not relevant.
    """

    user: Codes
    item: Codes
    gain: Floats

    def rows(self) -> Integers:
        """Number of rows of each user: int64, shape (greatest code + 1,)."""
        return np.bincount(self.user).astype(np.int64, copy=False)

    def truth(self, users: Integers, n_items: int) -> GroundTruth:
        """The ground truth of users by their codes, which must be all there are; n_items is above all items' codes."""
        return ground_truth(places(users, int(users.max()) + 1)[self.user], self.item, self.gain, users.size, n_items)


def read_held_out(test: Source, users: Vocabulary, items: Vocabulary, graded: bool = False) -> HeldOut:
    """Read a table with the columns user_id, item_id and, for `graded` ones, weight: the gain, which else is 1."""
    batches = [
        (encode(user, users), encode(item, items), *(np.asarray(weight, np.float64) for weight in weights))
        for user, item, *weights in (
            batch.columns for batch in test.batches("user_id", "item_id", *(["weight"] if graded else []))
        )
    ]
    nothing = np.empty(0, np.int32), np.empty(0, np.int32), *[np.empty(0)] * graded  # also where there are no rows
    user, item, *gain = (np.concatenate(columns) for columns in zip(nothing, *batches, strict=True))
    return HeldOut(user, item, *gain) if graded else HeldOut(user, item, np.ones(user.size))


def ground_truth(user: Integers, item: Codes, gain: Floats, n_users: int, n_items: int) -> GroundTruth:
    """Sort held-out interactions, shape (n_rows,) each, into a ground truth; rows of gain 0 are not relevant."""
    rows = np.flatnonzero(gain > 0)
    rows = rows[np.argsort(-gain[rows], kind="stable")]
    rows = rows[_by_user(user[rows], n_users)]
    return GroundTruth(_starts(user[rows], n_users), item[rows], gain[rows], n_items)


def _by_user(user: Integers, n_users: int) -> Integers:
    """The order that sorts by user and changes nothing else: int64, shape of `user`."""
    order = np.empty(user.size, np.int64)
    by_group(user, _starts(user, n_users), order)
    return order


def _starts(user: Integers, n_users: int) -> Integers:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(count(user, n_users))])
