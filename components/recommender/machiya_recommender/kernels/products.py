"""The items with the highest inner products: of all items, but most are never looked at.

Items come longest vector first. No item further on can score more than |user| |next item| (Cauchy-Schwarz), so a user
is done as soon as that is below the k-th best score so far (C. Teflioudi, R. Gemulla: Exact and Approximate Maximum
Inner Product Search with LEMP. ACM TODS 42(1), 2016). Where lengths hardly differ nobody is done early, and every
product is computed: the same code, at the cost of one comparison for a user and tile.

Products are computed by BLAS, a tile of users and items at a time that stays in the second-level cache, in float32. A
BLAS rounds the same product differently in a tile of another shape. So its products only choose candidates, with a
margin for what rounding can do (N. Higham: Accuracy and Stability of Numerical Algorithms, equation 3.5: at most
F u |user| |item| for F factors and unit roundoff u, whatever the order of the sum); the candidates' scores are computed
again in float64. The result is a function of the two vectors alone: tiles, batches and threads cannot show in it.
"""

import numpy as np
from machiya_component.compiled import kernel

from machiya_recommender.kernels.selection import NEVER, keep_reaching, keys_of, kth_key, lower_bound
from machiya_recommender.kernels.types import Doubles, Floats, Ints, Keys, Longs

TILE_USERS, TILE_ITEMS = 256, 1024
"""A tile of scores takes 1 MiB, a user's part of it 4 KiB."""
CHUNK = 64
"""Scores that are compared with the bound at once; most chunks hold none that reaches it."""
_LOWEST = np.finfo(np.float32).min
_ROUNDOFF = 2.0**-24
_REORDER = {"reassoc", "contract"}
"""Sums of float64 products of float32 numbers, rounded to float32 in the end: their order is of no account. (Inlined by
force: code that was compiled in this process and code that was kept may else call two copies of a function.)"""


@kernel(fastmath=_REORDER, forceinline=True)
def product(one: Floats, other: Floats) -> np.float32:
    """The inner product of two vectors (F,), computed in float64 (where each product of two numbers is exact)."""
    total = 0.0
    for factor in range(len(one)):
        total += np.float64(one[factor]) * np.float64(other[factor])
    return np.float32(total)


@kernel
def _reaching(chunk: Floats, bound: np.float32) -> np.int32:
    count = np.int32(0)
    for place in range(CHUNK):
        count += np.int32(chunk[place] >= bound)
    return count


@kernel
def append_reaching(
    row: Floats, start: int, first: int, bound: np.float32, items: Ints, scores: Floats, count: int
) -> tuple[int, int]:
    """Append the scores of ``row`` (width,) from ``start`` on that reach the bound, as candidates ``first`` + place.

    items, scores: (capacity,), of which ``count`` are there. Returns the new count and where it stopped: at the end,
    or before a chunk for which there may be no room.
    """
    place, width = start, len(row)
    while place < width:
        stop = min(place + CHUNK, width)
        reaching = _reaching(row[place:stop], bound) if stop - place == CHUNK else np.int32(CHUNK)
        if reaching:
            if count + CHUNK > len(scores):
                return count, place
            for item in range(place, stop):
                if row[item] >= bound:
                    items[count], scores[count] = first + item, row[item]
                    count += 1
        place = stop
    return count, width


@kernel
def _score_again(
    user: Floats, vectors: Floats, order: Ints, items: Ints, most: np.float32, scores: Floats, keys: Keys
) -> None:
    """Exact scores (n,) of candidates, clipped to -most..most, and their keys with positions of the model (n,)."""
    for place in range(len(items)):
        scores[place] = min(max(product(user, vectors[items[place]]), -most), most)
    keys_of(order[items], scores, keys)


@kernel
def _keep_best(
    user: Floats, vectors: Floats, order: Ints, items: Ints, scores: Floats, k: int, most: np.float32
) -> None:
    """Reduce candidates (n,), too many of which are equal but for rounding, to exactly the best k, in place."""
    keys = np.empty(len(items), np.uint64)
    _score_again(user, vectors, order, items, most, scores, keys)
    last, kept = kth_key(keys, k), 0
    for place in range(len(items)):
        items[kept], scores[kept] = items[place], scores[place]
        kept += int(keys[place] <= last)


@kernel
def _by_tile(starts: Longs, excluded: Ints) -> Ints:
    """``excluded`` (ranks of items) with those of each row, which ``starts`` (rows + 1,) delimits, tile by tile."""
    ordered = np.empty_like(excluded)
    tiles = (excluded.max() // TILE_ITEMS if len(excluded) else 0) + 2
    ends = np.empty(tiles, np.int64)
    for row in range(len(starts) - 1):
        ends[:] = 0
        for place in range(starts[row], starts[row + 1]):
            ends[excluded[place] // TILE_ITEMS + 1] += 1
        ends[0] = starts[row]
        for tile in range(1, tiles):
            ends[tile] += ends[tile - 1]
        for place in range(starts[row], starts[row + 1]):
            tile = excluded[place] // TILE_ITEMS
            ordered[ends[tile]] = excluded[place]
            ends[tile] += 1
    return ordered


@kernel
def collect(
    users: Floats,
    lengths: Doubles,
    vectors: Floats,
    item_lengths: Doubles,
    order: Ints,
    starts: Longs,
    excluded: Ints,
    k: int,
    most: np.float32,
    items: Ints,
    scores: Floats,
    counts: Ints,
) -> int:
    """Candidates for the best k items of each user: all of them, and few others.

    users: (rows, F) float32. lengths: (rows,) float64, |user|. vectors: (N, F) float32, longest first; item_lengths:
    (N,) float64; order: (N,) int32, the position of each in the model. starts: (rows + 1,) int64 and excluded: int32,
    the ranks (places in ``vectors``) of what each user must not get. most: bound of absolute scores, float32.
    Fills items (ranks) and scores, (rows, capacity), int32 and float32, of which ``counts`` (rows,) are there;
    capacity >= k + 2 CHUNK. Returns how many products were computed.
    """
    rows, factors = users.shape
    products = 0
    active, packed, left = np.arange(rows).astype(np.int32), users.copy(), rows
    bounds = np.full(rows, NEVER, np.float32)
    margin = 2.02 * (factors + 4) * _ROUNDOFF * item_lengths[0]
    hidden, next_hidden = _by_tile(starts, excluded), starts[:rows].copy()
    memory = np.empty(min(rows, TILE_USERS) * min(len(vectors), TILE_ITEMS), np.float32)
    counts[:] = 0
    for first in range(0, len(vectors), TILE_ITEMS):
        last = min(first + TILE_ITEMS, len(vectors))
        going_on = 0
        for place in range(left):
            user = active[place]
            if not lengths[user] * item_lengths[first] * (1 + 1e-6) < bounds[user]:
                if going_on < place:
                    active[going_on] = user
                    packed[going_on] = packed[place]
                going_on += 1
        left = going_on
        products += left * (last - first)
        for begin in range(0, left, TILE_USERS):
            end = min(begin + TILE_USERS, left)
            tile = memory[: (end - begin) * (last - first)].reshape(end - begin, last - first)
            np.dot(packed[begin:end], vectors[first:last].T, tile)
            for place in range(end - begin):
                user, row = active[begin + place], tile[place]
                while next_hidden[user] < starts[user + 1] and hidden[next_hidden[user]] < last:
                    row[hidden[next_hidden[user]] - first] = NEVER
                    next_hidden[user] += 1
                bound, room = bounds[user], np.float32(margin * lengths[user])
                if bound == NEVER:
                    bound = lower_bound(row, k) - room
                count, done = counts[user], 0
                while done < last - first:
                    count, done = append_reaching(
                        row, done, first, max(bound, _LOWEST), items[user], scores[user], count
                    )
                    if count > k + (k >> 2) or done < last - first:
                        bound = max(bound, lower_bound(scores[user, :count], k) - room)
                        count = keep_reaching(items[user, :count], scores[user, :count], bound)
                        if count + CHUNK > items.shape[1]:
                            _keep_best(users[user], vectors, order, items[user, :count], scores[user, :count], k, most)
                            count = k
                            bound = max(bound, scores[user, :k].min() - room)
                counts[user], bounds[user] = count, bound
    return products


@kernel
def rank(users: Floats, vectors: Floats, order: Ints, items: Ints, counts: Ints, most: np.float32, keys: Keys) -> None:
    """The keys (rows, width) of the candidates that ``collect`` left, unsorted; width >= the highest count."""
    scores = np.empty(items.shape[1], np.float32)
    for user in range(len(users)):
        count = counts[user]
        _score_again(users[user], vectors, order, items[user, :count], most, scores[:count], keys[user, :count])
        keys[user, count:] = np.uint64(0xFFFFFFFFFFFFFFFF)
