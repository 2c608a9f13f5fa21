"""The numeric work on event logs: arrays in, arrays out, nothing else. Every function is pure and takes whole columns.

Shapes: n rows (events) or p pairs (a user and an item). Codes are integers from 0; times are int64 microseconds. These
are the functions to replace when logs outgrow one sort in memory; their tests state what must stay.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CodeArray = NDArray[np.int32]
Micros = NDArray[np.int64]
Mask = NDArray[np.bool_]


def crowded_users(user: CodeArray, micros: Micros, most: int, span: int) -> NDArray[np.int32]:
    """Users with more than ``most`` events inside some window of less than ``span`` microseconds.

    The window slides, so where it starts does not matter: a user is crowded if any event comes less than ``span``
    after the event ``most`` places before it. ``user`` and ``micros``, shape (n,), are sorted by user, then time.
    Returns sorted unique codes.
    """
    if most < 1:
        raise ValueError("most must be at least 1")
    same_user = user[most:] == user[:-most]
    close = micros[most:] - micros[:-most] < span
    return np.unique(user[most:][same_user & close])


def repeats(key: NDArray[np.int64], micros: Micros, span: int) -> Mask:
    """Rows that come at most ``span`` microseconds after another row with the same key; shape (n,), in the given order.

    The first row of such a chain stays, so a page reloaded every ``span`` is one event however long it goes on. Of
    rows at the same time the one that comes first in the array stays.
    """
    order = np.lexsort((micros, key))
    ordered_key, ordered_time = key[order], micros[order]
    follows = (ordered_key[1:] == ordered_key[:-1]) & (ordered_time[1:] - ordered_time[:-1] <= span)
    mask = np.zeros(len(key), dtype=np.bool_)
    mask[order[1:]] = follows
    return mask


@dataclass(frozen=True)
class Groups:
    """Rows gathered by key: ``order[starts[g]:starts[g + 1]]`` are the rows of group g; groups are sorted by key.

    ``order``: int64, shape (n,); ``starts``: int64, shape (groups,).
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]

    def first(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """The value at the first row of each group; shape (groups,)."""
        return values[self.order[self.starts]]

    def sizes(self) -> NDArray[np.int64]:
        """Rows in each group; shape (groups,)."""
        return np.diff(self.starts, append=len(self.order))

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the values in each group; shape (groups,). The order of the additions is fixed, so is the last bit."""
        return np.add.reduceat(values[self.order], self.starts)

    def latest(self, micros: Micros) -> Micros:
        """The largest value in each group; shape (groups,)."""
        return np.maximum.reduceat(micros[self.order], self.starts)

    def spread(self, values: Mask) -> Mask:
        """A value for each group -> the same value for each of its rows; shape (n,)."""
        rows = np.empty(len(self.order), dtype=values.dtype)
        rows[self.order] = np.repeat(values, self.sizes())
        return rows


def group(key: NDArray[np.int64]) -> Groups:
    """Gather rows with equal keys; ``key`` has shape (n,) with n at least 1."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return Groups(order, starts)


def core(user: CodeArray, item: CodeArray, min_user_items: int, min_item_users: int) -> tuple[Mask, int]:
    """The largest part of the user-item graph in which every user and item still has its minimum of neighbours.

    ``user`` and ``item``, shape (p,), are the ends of the distinct pairs. Pairs of users with fewer than
    ``min_user_items`` items and of items with fewer than ``min_item_users`` users are taken away until none is left
    (Seidman 1983, k-core; with two minimums the (p, q)-core of a bipartite graph). Returns the mask of the pairs that
    stay, shape (p,), and how many rounds took something away.
    """
    alive = np.arange(len(user))
    rounds = 0
    while len(alive):
        users, items = user[alive], item[alive]
        enough = (np.bincount(users)[users] >= min_user_items) & (np.bincount(items)[items] >= min_item_users)
        if enough.all():
            break
        alive = alive[enough]
        rounds += 1
    mask = np.zeros(len(user), dtype=np.bool_)
    mask[alive] = True
    return mask, rounds


def decay(micros: Micros, end: int, half_life: int) -> NDArray[np.float64]:
    """A factor that is 1 at ``end`` and halves with every ``half_life`` microseconds before it; shape (n,)."""
    return np.exp2((micros - end) / half_life)
