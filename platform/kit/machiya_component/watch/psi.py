"""The Population Stability Index: how far two distributions are apart.

``sum((now - was) * ln(now / was))`` over the shares of each bin. Limits as they are used since Siddiqi, Credit Risk
Scorecards (2006): below 0.1 nothing to speak of, from 0.1 a change to look at, from 0.25 another population. An empty
bin counts as half a row, and at least as a share of ``EMPTY``: one row alone does not make the index infinite.
"""

import math
from collections.abc import Sequence

from machiya_component.watch.histogram import Histogram

EMPTY = 1e-4
GROUPS = 10
"""Numbers are compared by the tenths of what was: bins in which at least so much of it lies."""
SIGMAS = 3

Pair = tuple[int, int]
"""How many rows a bin had, and has now."""


def psi(pairs: Sequence[Pair]) -> float:
    """The index of bins with (rows before, rows now). 0 where a side has no rows: there is nothing to compare."""
    before, now = sum(was for was, _ in pairs), sum(count for _, count in pairs)
    if not before or not now:
        return 0.0
    least = max(0.5 / before, EMPTY), max(0.5 / now, EMPTY)
    shares = [(max(was / before, least[0]), max(count / now, least[1])) for was, count in pairs]
    return math.fsum((new - old) * math.log(new / old) for old, new in shares)


def psi_by_chance(pairs: Sequence[Pair]) -> float:
    """What the index of two samples of one population hardly exceeds (three standard deviations above its mean).

    Yurdakul, Statistical Properties of Population Stability Index (2018): it is distributed as chi squared with
    ``bins - 1`` degrees of freedom, times ``1/n + 1/m``. Small tables differ much by chance; this tells so.
    """
    before, now = sum(was for was, _ in pairs), sum(count for _, count in pairs)
    if not before or not now:
        return math.inf
    freedom = max(len(pairs) - 1, 1)
    return (1 / before + 1 / now) * (freedom + SIGMAS * math.sqrt(2 * freedom))


def pairs_of_values(was: dict[str, int], now: dict[str, int]) -> list[Pair]:
    """Each value is a bin of its own."""
    return [(was.get(name, 0), now.get(name, 0)) for name in sorted({*was, *now})]


def pairs_of_numbers(was: Histogram, now: Histogram) -> list[Pair]:
    """Bins brought to one scale, and to about ten groups of as many rows of what was.

    What lies below or above all that was is a group of its own; it would hide in the outermost one.
    """
    scale = min(was.scale, now.scale)
    before, after = was.coarser(scale).bins(), now.coarser(scale).bins()
    if not before:
        return [(0, sum(after.values()))]
    low, high = min(before), max(before)
    groups: list[list[int]] = [[0, 0]]
    least = sum(before.values()) / GROUPS
    for key in sorted(key for key in {*before, *after} if low <= key <= high):
        if groups[-1][0] >= least:
            groups.append([0, 0])
        groups[-1][0] += before.get(key, 0)
        groups[-1][1] += after.get(key, 0)
    outside = [sum(count for key, count in after.items() if key < low)]
    outside.append(sum(count for key, count in after.items() if key > high))
    return [(old, new) for old, new in groups] + [(0, count) for count in outside if count]
