"""Lists that need no factors: sums over neighbouring items, and the popular items that fill what is missing."""

import numpy as np
from machiya_component.compiled import kernel

from machiya_recommender.kernels.selection import NOTHING, keys_of, kth_key
from machiya_recommender.kernels.types import Doubles, Floats, Ints, Keys, Longs


@kernel
def fill_popular(
    popular: Ints, popularity: Floats, starts: Longs, seen: Ints, items: Ints, scores: Floats, counts: Ints
) -> None:
    """Fill up the lists with the most popular items that are neither in them nor seen.

    popular: (I,) int32, all items, best first; popularity: (I,) float32, their scores, by position. starts: (rows + 1,)
    int64 and seen: int32, positions of what each row has seen. items, scores: (rows, n), int32 and float32, of which
    ``counts`` (rows,) int32 are there.
    """
    taken = np.full(len(popular), -1, np.int32)
    for row in range(len(items)):
        if counts[row] == items.shape[1]:
            continue
        for place in range(starts[row], starts[row + 1]):
            taken[seen[place]] = row
        for place in range(counts[row]):
            taken[items[row, place]] = row
        for item in popular:
            if counts[row] == items.shape[1]:
                break
            if taken[item] != row:
                items[row, counts[row]], scores[row, counts[row]] = item, popularity[item]
                counts[row] += 1


@kernel
def rank_neighbours(
    starts: Longs,
    seen: Ints,
    weights: Doubles,
    indptr: Longs,
    indices: Ints,
    similarity: Floats,
    filter_seen: bool,
    n: int,
    keys: Keys,
) -> bool:
    """The best n items of each row by the sum of weight times similarity over what the row has seen, as keys (rows, n).

    starts: (rows + 1,) int64, seen: int32, weights: float64; indptr, indices, similarity: a CSR matrix (items, items).
    Sums are float64, in the order of what was seen, and rounded to float32; an item with the sum 0 is not chosen.
    Returns whether all scores are finite.
    """
    items = len(indptr) - 1
    sums, touched = np.zeros(items, np.float64), np.empty(items, np.int32)
    scores, candidates = np.empty(items, np.float32), np.empty(items, np.uint64)
    met = np.full(items, -1, np.int32)
    finite = True
    for row in range(len(starts) - 1):
        count = 0
        for place in range(starts[row], starts[row + 1]):
            for near in range(indptr[seen[place]], indptr[seen[place] + 1]):
                item = indices[near]
                if met[item] != row:
                    met[item], sums[item], touched[count] = row, 0.0, item
                    count += 1
                sums[item] += weights[place] * np.float64(similarity[near])
        if filter_seen:
            for place in range(starts[row], starts[row + 1]):
                sums[seen[place]] = 0.0
        kept = 0
        for place in range(count):
            score = np.float32(sums[touched[place]])
            finite &= np.isfinite(score)
            if score != 0:
                touched[kept], scores[kept] = touched[place], score
                kept += 1
        keys_of(touched[:kept], scores[:kept], candidates[:kept])
        last = kth_key(candidates[:kept], n) if kept > n else NOTHING
        count = 0
        for place in range(kept):
            if candidates[place] <= last:
                keys[row, count] = candidates[place]
                count += 1
        keys[row, count:] = NOTHING
    return finite
