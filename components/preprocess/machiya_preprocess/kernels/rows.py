"""Rules that look at one row at a time. Rows are those of a log, in its order; n of them.

``user``, ``item`` and ``event``: int32, shape (n,), codes from 0, ``MISSING`` for none. ``micros``: int64, shape (n,).
``verdict``: uint8, shape (n,), 0 for a row that is kept so far, else the number of the reason. Kernels work on the rows
from ``begin`` to before ``end``, so that threads can share a log.
"""

import numpy as np
from numpy.typing import NDArray

from machiya_component.compiled import kernel

Codes = NDArray[np.int32]
Counts = NDArray[np.int64]
Micros = NDArray[np.int64]
Reasons = NDArray[np.uint8]
Weights = NDArray[np.float64]

NAT = -(2**63)
KEPT, MISSING_VALUE, BAD_TIME, IGNORED_EVENT, OUTSIDE_WINDOW = 0, 1, 2, 3, 4
MACHINE_TRAFFIC, DUPLICATE, UNKNOWN_ITEM, BELOW_MINIMUM = 5, 6, 7, 8


@kernel
def reject_unreadable(
    user: Codes, item: Codes, event: Codes, micros: Micros, weights: Weights, begin: int, end: int, verdict: Reasons
) -> int:
    """Rows that lack a value or have a time that cannot be read, and events that count nothing (``weights``, float64,
    of each event). Rows without a time are rejected before. Returns the latest time of the rows that are left, ``NAT``
    without any.
    """
    latest = NAT
    for row in range(begin, end):
        if verdict[row] != KEPT:
            continue
        if user[row] < 0 or item[row] < 0 or event[row] < 0:
            verdict[row] = MISSING_VALUE
        elif micros[row] == NAT:
            verdict[row] = BAD_TIME
        elif weights[event[row]] == 0:
            verdict[row] = IGNORED_EVENT
        else:
            latest = max(latest, micros[row])
    return latest


@kernel
def reject_outside(
    user: Codes, micros: Micros, first: int, last: int, begin: int, end: int, verdict: Reasons, counts: Counts
) -> None:
    """Rows before ``first`` or after ``last``. Adds the rows that are left to ``counts`` of their user, (users,)."""
    for row in range(begin, end):
        if verdict[row] != KEPT:
            continue
        if micros[row] < first or micros[row] > last:
            verdict[row] = OUTSIDE_WINDOW
        else:
            counts[user[row]] += 1


@kernel
def reject_below_minimum(
    user: Codes, item: Codes, micros: Micros, users: Counts, items: Counts, begin: int, end: int, verdict: Reasons
) -> tuple[int, int]:
    """Rows of users and items without a pair in the core (``users``, ``items``: pairs of each). Returns the first and
    the last time of the rows that are left.
    """
    first, last = np.int64(2**63 - 1), np.int64(NAT)
    for row in range(begin, end):
        if verdict[row] != KEPT:
            continue
        if users[user[row]] == 0 or items[item[row]] == 0:
            verdict[row] = BELOW_MINIMUM
        else:
            first, last = min(first, micros[row]), max(last, micros[row])
    return first, last  # type: ignore[return-value]


@kernel
def count_reasons(verdict: Reasons, counts: Counts) -> None:
    """Add to ``counts``, shape (reasons + 1,), how many rows have each number."""
    for row in range(len(verdict)):
        counts[verdict[row]] += 1
