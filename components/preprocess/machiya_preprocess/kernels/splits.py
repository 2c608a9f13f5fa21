"""Which rows of a user are test data. Rows are n, by user: those of user u are from ``starts[u]`` to before
``starts[u + 1]``.
"""

import numpy as np
from numpy.typing import NDArray

from machiya_component.compiled import kernel

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Counts = NDArray[np.int64]
Micros = NDArray[np.int64]


@kernel
def mark_last(starts: Counts, micros: Micros, chance: Counts, wanted: int, least: int, test: Bools) -> None:
    """Make ``test``, shape (n,), true for the last ``wanted`` rows of each user that has at least ``least``, which is
    not less: those of the greatest time, and among rows at one time of the greatest ``chance``.

    Nothing is sorted: the time of the earliest of these rows is selected (Hoare 1961), and if not all rows at that time
    fit, their chance likewise.
    """
    for user in range(len(starts) - 1):
        begin, end = starts[user], starts[user + 1]
        before = end - begin - wanted
        if end - begin < least:
            continue
        earliest = np.partition(micros[begin:end], before)[before]
        left, tied = wanted, 0
        for row in range(begin, end):
            test[row] = micros[row] >= earliest
            left -= micros[row] > earliest
            tied += micros[row] == earliest
        if tied == left:
            continue
        draws, drawn = np.empty(tied, np.int64), 0
        for row in range(begin, end):
            if micros[row] == earliest:
                draws[drawn] = chance[row]
                drawn += 1
        lowest = np.partition(draws, tied - left)[tied - left]
        for row in range(begin, end):
            if micros[row] == earliest:
                test[row] = chance[row] >= lowest


@kernel
def deal(starts: Counts, chance: Counts, first: Counts, count: int, fold: Codes) -> None:
    """Deal each user's rows, in the order of their ``chance``, out to ``count`` folds in turn, beginning at the fold
    ``first`` of the user, shape (users,). Fills ``fold``, shape (n,).
    """
    for user in range(len(starts) - 1):
        begin, end = starts[user], starts[user + 1]
        order = np.argsort(chance[begin:end])
        for place in range(end - begin):
            fold[begin + order[place]] = (first[user] + place) % count
