"""The best of many scores: which reach a bound, and how they are put in order.

A candidate in order is one integer, its *key*: the score's bits, turned so that the highest score is the lowest number,
above the item's position. So sorting integers sorts by score (higher first), then by item, and keys are never equal.
"""

import numpy as np
from machiya_component.compiled import kernel

from machiya_recommender.kernels.types import Floats, Ints, Keys

NEVER = np.float32(-np.inf)
"""The score of an item that must not be chosen."""
NOTHING = np.uint64(0xFFFFFFFFFFFFFFFF)
"""The key of no item: it comes after all others."""

ORDERED = {"nnan", "nsz"}
"""What lets comparisons of floats use vector registers: there is no NaN, and the two zeros are one number."""
_SIGN = np.uint32(0x80000000)
_HALVINGS = 20


@kernel(fastmath=ORDERED)
def lower_bound(scores: Floats, k: int) -> np.float32:
    """A number that at least ``k`` of the scores (n,) reach, and few more; ``NEVER`` if fewer than k are above it.

    By halving the interval between the lowest and the highest score: each step counts, without a branch.
    """
    lowest, highest, finite = np.float32(np.inf), NEVER, np.int32(0)
    for score in scores:
        highest = max(highest, score)
        lowest = min(lowest, score if score > NEVER else np.float32(np.inf))
        finite += np.int32(score > NEVER)
    if finite < k:
        return NEVER
    for _ in range(_HALVINGS):
        middle = lowest + (highest - lowest) * np.float32(0.5)
        if not lowest < middle < highest:
            break
        reached = np.int32(0)
        for score in scores:
            reached += np.int32(score >= middle)
        if reached < k:
            highest = middle
        else:
            lowest = middle
            if reached <= k + (k >> 4):
                break
    return lowest


@kernel
def keep_reaching(items: Ints, scores: Floats, bound: np.float32) -> int:
    """Move the candidates whose score reaches the bound to the front, in their order; how many they are."""
    kept = 0
    for place in range(len(scores)):
        items[kept], scores[kept] = items[place], scores[place]
        kept += int(scores[place] >= bound)
    return kept


@kernel
def keys_of(items: Ints, scores: Floats, keys: Keys) -> None:
    """Write the keys (n,) of candidates: item (n,) positions, scores (n,) without NaN."""
    bits = scores.view(np.uint32)
    for place in range(len(scores)):
        ascending = ~bits[place] if bits[place] & _SIGN else bits[place] | _SIGN
        if scores[place] == 0:  # -0.0 equals 0.0
            ascending = _SIGN
        keys[place] = (np.uint64(~np.uint32(ascending)) << np.uint64(32)) | np.uint64(items[place])


@kernel
def kth_key(keys: Keys, k: int) -> np.uint64:
    """The k-th lowest of different keys (n,), n >= k >= 1; found bit by bit from the highest."""
    found = np.uint64(0)
    for bit in range(63, -1, -1):
        tried = found | (np.uint64(1) << np.uint64(bit))
        below = np.int64(0)
        for key in keys:
            below += np.int64(key < tried)
        if below < k:
            found = tried
    return found


@kernel
def unpack(keys: Keys, items: Ints, scores: Floats, counts: Ints) -> None:
    """Fill the lists (rows, n) of items and scores from sorted keys (rows, width >= n), and how long each list is."""
    bits = scores.view(np.uint32)
    for row in range(len(items)):
        place = 0
        while place < items.shape[1] and place < keys.shape[1] and keys[row, place] != NOTHING:
            key = keys[row, place]
            items[row, place] = np.int32(key & np.uint64(0xFFFFFFFF))
            ascending = ~np.uint32(key >> np.uint64(32))
            bits[row, place] = ascending ^ _SIGN if ascending & _SIGN else ~ascending
            place += 1
        counts[row] = place
