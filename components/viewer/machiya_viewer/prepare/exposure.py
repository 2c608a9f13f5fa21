"""Who gets an item, of one version: counted span by span."""

import numpy as np
import numpy.typing as npt

from machiya_viewer.prepare.codes import ItemCodes, grown
from machiya_viewer.prepare.lists import Lists

RANKS = 20
"""Ranks that are counted one by one; beyond they are one."""
RECEIVERS = 20
"""Users kept of an item: those who get it at the best ranks, ties in the order of users."""

_RANK_BITS = 20
_FAR = np.uint32((1 << _RANK_BITS) - 1)


class Exposure:
    """Per item: rows, users at each rank (``ranks``: 21 a row), and the first receivers."""

    def __init__(self, codes: ItemCodes) -> None:
        self._codes = codes
        self._rows = np.zeros(len(codes), np.uint32)
        self._ranks = np.zeros(len(codes) * (RANKS + 1), np.uint32)
        self._worst = np.zeros(len(codes), np.uint32)
        self._best = np.zeros((3, 0), np.uint32)

    def add(self, lists: Lists, users_before: int) -> None:
        """Count a span; spans come in the order of users."""
        items, ranks = lists.items[lists.first], lists.ranks[lists.first]
        self._rows = grown(self._rows, len(self._codes))
        self._ranks = grown(self._ranks, len(self._codes) * (RANKS + 1))
        np.add.at(self._rows, lists.items, np.uint32(1))
        np.add.at(self._ranks, items * (RANKS + 1) + np.clip(ranks, 1, RANKS + 1) - 1, np.uint32(1))
        self._keep_best(items, np.clip(ranks, 0, _FAR).astype(np.uint32), lists.users[lists.first] + users_before)

    def rows(self) -> npt.NDArray[np.uint32]:
        """Rows of each item, repeated ones too."""
        return grown(self._rows, len(self._codes))[: len(self._codes)]

    def ranks(self) -> npt.NDArray[np.uint32]:
        """Users of each item at rank 1, 2, ..., 20 and beyond; shape (items, 21)."""
        width = RANKS + 1
        return grown(self._ranks, len(self._codes) * width)[: len(self._codes) * width].reshape(-1, width)

    def receivers(self) -> npt.NDArray[np.uint32]:
        """(item, rank, place of the user among all), shape (3, n), by item, then rank, then user."""
        return self._best

    def _keep_best(
        self, items: npt.NDArray[np.int64], ranks: npt.NDArray[np.uint32], users: npt.NDArray[np.int64]
    ) -> None:
        # ``_worst`` is the rank to be better than, plus 1 while there is room (0: nothing is known yet).
        worst = grown(self._worst, len(self._codes))
        room = worst[items] == 0
        wanted = room | (ranks < worst[items])
        fresh = np.stack([items[wanted].astype(np.uint32), ranks[wanted], users[wanted].astype(np.uint32)])
        both = np.concatenate([self._best, fresh], axis=1)
        keys = both[0].astype(np.uint64) << np.uint64(_RANK_BITS) | both[1]
        both = both[:, np.argsort(keys, kind="stable")]
        starts = np.flatnonzero(np.r_[True, both[0, 1:] != both[0, :-1]]) if both.shape[1] else np.zeros(0, np.int64)
        lengths = np.diff(np.r_[starts, both.shape[1]])
        places = np.arange(both.shape[1]) - np.repeat(starts, lengths)
        self._best = both[:, places < RECEIVERS]
        last = starts[lengths >= RECEIVERS] + RECEIVERS - 1
        worst[both[0, last]] = both[1, last]
        self._worst = worst
