"""All rules that look at one user at a time, in one pass: machine traffic, duplicates, unknown items; sums of pairs.

Rows are n of a log, in its order, as in ``rows``. They are gathered by user with a counting sort (Knuth, 5.2, algorithm
D); what the pass needs of a user's rows then fits into the cache.
"""

import numpy as np
from numpy.typing import NDArray

from machiya_component.compiled import kernel
from machiya_preprocess.kernels.rows import DUPLICATE, KEPT, MACHINE_TRAFFIC, UNKNOWN_ITEM

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Counts = NDArray[np.int64]
Micros = NDArray[np.int64]
Reasons = NDArray[np.uint8]
Weights = NDArray[np.float64]

Bits = NDArray[np.uint64]

_NONE = np.int32(-1)
_NO, _ONE, _TOP, _DE_BRUIJN = np.uint64(0), np.uint64(1), np.uint64(58), np.uint64(0x03F79D71B4CB0A89)
_PLACES = np.zeros(64, dtype=np.int64)
_PLACES[[(int(_DE_BRUIJN) << place & (1 << 64) - 1) >> 58 for place in range(64)]] = np.arange(64)


@kernel
def order_by_user(user: Codes, verdict: Reasons, begin: int, end: int, starts: Counts, order: Codes) -> None:
    """Row numbers of the users from ``begin`` to before ``end``, of each in the order of the log, without those that
    are rejected: ``order[starts[u]:starts[u + 1]]`` are those of user u.
    """
    cursor = starts[begin:end].copy()
    for row in range(len(user)):
        code = user[row] - begin
        if 0 <= code < end - begin and verdict[row] == KEPT:
            order[cursor[code]] = row
            cursor[code] += 1


@kernel
def sort_by_time(rows: Codes, micros: Micros, times: Micros) -> None:
    """Sort some row numbers by ``micros`` of the row, in place; rows at one time stay in their order. Fills ``times``
    with their times.

    Most logs are written as time goes by, and then there is nothing to do.
    """
    for place in range(len(rows)):
        times[place] = micros[rows[place]]
    for place in range(1, len(rows)):
        if times[place] < times[place - 1]:
            order = np.argsort(times[: len(rows)], kind="mergesort")
            rows[:] = rows[order]
            times[: len(rows)] = times[: len(rows)][order]
            return


@kernel
def mark(number: int, bits: Bits, groups: Bits) -> None:
    """Put a number from 0 into a set, for ``marked``: ``bits`` has one bit a number, ``groups`` one for each 64."""
    bits[number >> 6] |= _ONE << np.uint64(number & 63)
    groups[number >> 12] |= _ONE << np.uint64((number >> 6) & 63)


@kernel
def marked(bits: Bits, groups: Bits, numbers: Codes) -> int:
    """Take all numbers out of a set, ascending, into ``numbers``; returns how many there were.

    For the few items of a user among all this is several times faster than sorting them.
    """
    count = 0
    for above in range(len(groups)):
        left = groups[above]
        groups[above] = _NO
        while left:
            word = (above << 6) | _lowest(left)
            left &= left - _ONE
            rest = bits[word]
            bits[word] = _NO
            while rest:
                numbers[count] = (word << 6) | _lowest(rest)
                count += 1
                rest &= rest - _ONE
    return count


@kernel
def _lowest(bits: int) -> int:
    """Place of the lowest bit that is set (Leiserson, Prokop, Randall 1998, Using de Bruijn sequences to index a 1)."""
    return _PLACES[((bits & (~bits + _ONE)) * _DE_BRUIJN) >> _TOP]  # type: ignore[no-any-return]


@kernel
def is_crowded(times: Micros, most: int, span: int) -> bool:
    """Whether more than ``most`` of the times, ascending, lie inside some window of less than ``span`` microseconds.

    The window slides, so where it starts does not matter: some time comes less than ``span`` after the one ``most``
    before it.
    """
    for place in range(most, len(times)):  # noqa: SIM110 (Numba compiles no generator)
        if times[place] - times[place - most] < span:
            return True
    return False


@kernel
def pairs_of_users(
    begin: int,
    end: int,
    starts: Counts,
    order: Codes,
    item: Codes,
    event: Codes,
    micros: Micros,
    weights: Weights,
    known: Bools,
    most: Counts,
    spans: Counts,
    repeat_span: int,
    last: int,
    half_life: float,
    verdict: Reasons,
    pair_starts: Counts,
    pair_counts: Counts,
    pair_item: Codes,
    pair_weight: Weights,
    pair_events: Codes,
    pair_last: Micros,
) -> int:
    """Judge the rows of the users from ``begin`` to before ``end`` and add up those that stay. Returns how many of the
    users are machines.

    ``order`` and ``starts`` as ``order_by_user`` makes them. A user is a machine, and all rows go, if for one of the
    rules ``most[r]`` events or more are followed by another within less than ``spans[r]``. Of rows with one item and
    event, those at most ``repeat_span`` microseconds after another are duplicates (below 0: none are), so the first of
    a chain stays; of rows at one time the first in the log. Then rows of items that are not ``known`` go.

    Of the rest there is a pair for each user and item, sorted by item: ``pair_item``, ``pair_weight`` (the sum of
    ``weights`` of its events, halved with every ``half_life`` before ``last`` unless that is 0, added in the order of
    time), ``pair_events`` (their number) and ``pair_last`` (the latest time). Those of user u are ``pair_counts[u]``
    from ``pair_starts[u]`` on; they begin at ``starts[begin]``, and there are at most as many as rows.
    """
    largest = 0
    for one in range(begin, end):
        largest = max(largest, starts[one + 1] - starts[one])
    # What is needed of each row, copied together so that the cache holds it.
    times, what, kinds = np.empty(largest, np.int64), np.empty(largest, np.int32), np.empty(largest, np.int32)
    # Of each item of the user a slot. A sparse set (Briggs and Torczon 1993): ``slot_of`` need not be cleared.
    slot_of = np.zeros(len(known), np.int32)
    items, head, number = np.empty(largest, np.int32), np.empty(largest, np.int32), np.empty(largest, np.int32)
    total, latest = np.empty(largest, np.float64), np.empty(largest, np.int64)
    # Of each slot a chain of its different events, with the time of the last one.
    chain_event, chain_next = np.empty(largest, np.int32), np.empty(largest, np.int32)
    chain_time = np.empty(largest, np.int64)
    bits, groups = np.zeros((len(known) >> 6) + 1, np.uint64), np.zeros((len(known) >> 12) + 1, np.uint64)
    machines, pair = 0, starts[begin]
    for one in range(begin, end):
        pair_starts[one] = pair
        pair_counts[one] = 0
        rows = order[starts[one] : starts[one + 1]]
        sort_by_time(rows, micros, times)
        crowded = False
        for rule in range(len(most)):
            crowded = crowded or is_crowded(times[: len(rows)], most[rule], spans[rule])
        if crowded:
            machines += 1
            for row in rows:
                verdict[row] = MACHINE_TRAFFIC
            continue
        for place in range(len(rows)):
            what[place] = item[rows[place]]
        for place in range(len(rows)):
            kinds[place] = event[rows[place]]
        used, chains = 0, 0
        for place in range(len(rows)):
            one_item, kind, moment = what[place], kinds[place], times[place]
            slot = slot_of[one_item]
            if slot >= used or items[slot] != one_item:
                slot = used
                used += 1
                slot_of[one_item], items[slot], head[slot] = slot, one_item, _NONE
                number[slot], total[slot] = 0, 0.0
                mark(one_item, bits, groups)
            link = head[slot]
            while link != _NONE and chain_event[link] != kind:
                link = chain_next[link]
            if link == _NONE:
                link = chains
                chains += 1
                chain_event[link], chain_next[link] = kind, head[slot]
                head[slot] = link
            elif moment - chain_time[link] <= repeat_span:
                chain_time[link] = moment
                verdict[rows[place]] = DUPLICATE
                continue
            chain_time[link] = moment
            if not known[one_item]:
                verdict[rows[place]] = UNKNOWN_ITEM
                continue
            factor = np.exp2((moment - last) / half_life) if half_life > 0 else 1.0
            total[slot] += weights[kind] * factor
            number[slot] += 1
            latest[slot] = moment
        marked(bits, groups, what)
        for place in range(used):
            slot = slot_of[what[place]]
            if number[slot]:
                pair_item[pair], pair_weight[pair] = items[slot], total[slot]
                pair_events[pair], pair_last[pair] = number[slot], latest[slot]
                pair += 1
        pair_counts[one] = pair - pair_starts[one]
    return machines
