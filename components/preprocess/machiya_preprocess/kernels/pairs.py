"""Work on the pairs of users and items. Those of user u are ``counts[u]`` from ``starts[u]`` on, sorted by item."""

import numpy as np
from numpy.typing import NDArray

from machiya_component.compiled import kernel

Codes = NDArray[np.int32]
Counts = NDArray[np.int64]
Micros = NDArray[np.int64]
Weights = NDArray[np.float64]


@kernel
def core(
    starts: Counts, counts: Counts, item: Codes, least_items: int, least_users: int, users: Counts, items: Counts
) -> int:
    """The largest part of the user-item graph in which every user and item still has its minimum of neighbours.

    Users with fewer than ``least_items`` items and items with fewer than ``least_users`` users are taken away until
    none is left (Seidman 1983, k-core; with two minimums the (p, q)-core of a bipartite graph), round by round: what a
    round takes away, it judges by what the round before left. Fills ``users`` and ``items``, int64, shapes (users,) and
    (items,), with the neighbours that each still has, 0 for those taken away: a pair is left if both its ends are.
    Returns how many rounds took something away.
    """
    users[:] = counts
    items[:] = 0
    for one in range(len(users)):
        for pair in range(starts[one], starts[one] + counts[one]):
            items[item[pair]] += 1
    weak = np.zeros(len(items), dtype=np.bool_)
    gone = np.zeros(len(items), dtype=np.bool_)
    rounds = 0
    while True:
        weak_items, weak_users = 0, 0
        for what in range(len(items)):
            weak[what] = 0 < items[what] < least_users
            weak_items += weak[what]
        for one in range(len(users)):
            if users[one] == 0:
                continue
            if users[one] < least_items:
                weak_users += 1
                users[one] = 0
                for pair in range(starts[one], starts[one] + counts[one]):
                    if not gone[item[pair]]:
                        items[item[pair]] -= 1
            elif weak_items:
                for pair in range(starts[one], starts[one] + counts[one]):
                    users[one] -= weak[item[pair]]
        if weak_users + weak_items == 0:
            return rounds
        rounds += 1
        for what in range(len(items)):
            if weak[what]:
                gone[what], items[what] = True, 0


@kernel
def copy_core(
    user: int,
    pair: int,
    starts: Counts,
    counts: Counts,
    item: Codes,
    weight: Weights,
    events: Codes,
    last: Micros,
    users: Counts,
    items: Counts,
    to_user: Codes,
    to_item: Codes,
    to_weight: Weights,
    to_events: Counts,
    to_last: Micros,
) -> tuple[int, int, int]:
    """Copy the pairs that ``core`` left, from the pair number ``pair`` of ``user`` on, until the target arrays, shape
    (m,), are full. Returns where to go on (a user and the number of a pair) and how many pairs were copied.
    """
    filled = 0
    while user < len(users):
        if users[user]:
            while pair < counts[user]:
                if filled == len(to_user):
                    return user, pair, filled
                source = starts[user] + pair
                if items[item[source]]:
                    to_user[filled], to_item[filled] = user, item[source]
                    to_weight[filled], to_events[filled], to_last[filled] = weight[source], events[source], last[source]
                    filled += 1
                pair += 1
        user, pair = user + 1, 0
    return user, pair, filled
