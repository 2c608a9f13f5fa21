"""Items that the same users had: cosine of co-occurrence in the latest interactions of users."""

import numpy as np
import numpy.typing as npt

LATEST = 50
"""Interactions of a user that count."""
SIMILAR = 10
"""Items kept of an item."""
MAX_KEPT = 32_000_000
"""Interactions held in memory; beyond, users are drawn by a hash of their id."""
SAMPLED = 64
"""Users of an item who are looked at; of an item with more, this many at even distances."""

_PAIRS = 4_000_000

Ints = npt.NDArray[np.int64]


class Baskets:
    """The latest items of users."""

    def __init__(self, expected: int) -> None:
        self._share = min(1.0, MAX_KEPT / max(1, expected))
        self._items: list[npt.NDArray[np.uint32]] = []
        self._sizes: list[npt.NDArray[np.uint32]] = []

    def add(self, users: Ints, items: Ints, shuffle: npt.NDArray[np.uint32]) -> None:
        """Latest interactions of a span, sorted by user; ``shuffle[user]`` decides who is drawn."""
        drawn = shuffle[users] <= np.uint32(self._share * 0xFFFFFFFF)
        sizes = np.bincount(users[drawn])
        self._items.append(items[drawn].astype(np.uint32))
        self._sizes.append(sizes[sizes > 0].astype(np.uint32))

    def similar(self, places: Ints) -> tuple[Ints, Ints]:
        """For each item the most similar ones: (starts, items), those of item i at starts[i]:starts[i + 1].

        ``places[code]`` is the number that an item has in the answer.

        With U(a) the users of a, cosine is |U(a) and U(b)| / sqrt(|U(a)| |U(b)|); for an item with more users than are
        looked at, it is estimated from those. Ties are in the order of places.
        """
        items = len(places)
        found = places[np.concatenate([np.zeros(0, np.uint32), *self._items])]
        sizes = np.concatenate([np.zeros(0, np.uint32), *self._sizes]).astype(np.int64)
        if not len(found):
            return np.zeros(items + 1, np.int64), found
        basket_starts = np.r_[0, np.cumsum(sizes)]
        by_item = np.argsort(found, kind="stable")
        baskets = np.repeat(np.arange(len(sizes)), sizes)[by_item]
        counts = np.bincount(found, minlength=items)
        return _ranked(found, basket_starts, baskets, counts)


def _ranked(found: Ints, basket_starts: Ints, baskets: Ints, counts: Ints) -> tuple[Ints, Ints]:
    item_starts = np.r_[0, np.cumsum(counts)]
    looked = np.minimum(counts, SAMPLED)
    work = np.r_[0, np.cumsum(looked * LATEST)]
    kept, lengths = [], np.zeros(len(counts), np.int64)
    first = 0
    while first < len(counts):
        last = max(first + 1, int(np.searchsorted(work, work[first] + _PAIRS)))
        last = min(last, len(counts))
        owners, others = _neighbours(found, basket_starts, baskets, item_starts, looked, first, last)
        kept.append(others)
        lengths[first:last] = np.bincount(owners - first, minlength=last - first)
        first = last
    return np.r_[0, np.cumsum(lengths)], np.concatenate(kept)


def _neighbours(
    found: Ints, basket_starts: Ints, baskets: Ints, item_starts: Ints, looked: Ints, first: int, last: int
) -> tuple[Ints, Ints]:
    """(item, similar item) of the items first:last, the most similar first."""
    counts = np.diff(item_starts)
    owners = np.repeat(np.arange(first, last), looked[first:last])
    places = _ramps(looked[first:last])
    chosen = baskets[item_starts[owners] + places * counts[owners] // looked[owners]]
    sizes = basket_starts[chosen + 1] - basket_starts[chosen]
    others = found[np.repeat(basket_starts[chosen], sizes) + _ramps(sizes)]
    owners = np.repeat(owners, sizes)
    keys, together = np.unique((owners * len(counts) + others)[owners != others], return_counts=True)
    owners, others = keys // len(counts), keys % len(counts)
    cosine = together / looked[owners] * np.sqrt(counts[owners] / counts[others])
    order = np.argsort(owners - np.minimum(cosine, 1) / 2, kind="stable")  # pairs are in the order of items already
    best = order[_ramps(np.bincount(owners - first, minlength=last - first)) < SIMILAR]
    return owners[best], others[best]


def _ramps(lengths: Ints) -> Ints:
    """0, 1, ..., n - 1 for each length n, one behind the other."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)
