"""The pairs of users and items: gathered user by user, by several threads, and if the log is in files part by part."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_component import DataError
from machiya_component.machine import available_cpus
from machiya_preprocess.kernels import pairs as kernels
from machiya_preprocess.kernels import users
from machiya_preprocess.log import EventLog
from machiya_preprocess.settings import Rules
from machiya_preprocess.storage import Store
from machiya_preprocess.times import to_arrow
from machiya_preprocess.verdict import SLICE

ROW = np.dtype([("row", "<i8"), ("micros", "<i8"), ("user", "<i4"), ("item", "<i4"), ("event", "<i4")])
"""A row of the log in the file of a part."""
PART_BYTES = 100
"""What a row of a part takes in memory while its pairs are made."""
MOST_ROWS = (1 << 31) - 1
"""Rows that are judged at once: their numbers have 32 bits."""


@dataclass(frozen=True)
class Rows:
    """Columns of some rows in the order of the log, and their verdict; each of shape (n,)."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    event: NDArray[np.int32]
    micros: NDArray[np.int64]
    verdict: NDArray[np.uint8]


@dataclass(frozen=True)
class Measure:
    """What counts: ``weights`` of each event, float64; ``known`` items, bool; ``last``, the end of the window."""

    weights: NDArray[np.float64]
    known: NDArray[np.bool_]
    last: int
    rules: Rules


@dataclass(frozen=True)
class Pairs:
    """Those of user u are ``counts[u]`` from ``starts[u]`` on, sorted by item.

    Shapes: ``starts``, ``counts``: int64, (users,); the others (rows,), of which the places between are not used:
    ``item`` and ``events`` (how many) int32, ``weight`` float64, ``latest`` int64 microseconds.
    """

    starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    item: NDArray[np.int32]
    weight: NDArray[np.float64]
    events: NDArray[np.int32]
    latest: NDArray[np.int64]

    @staticmethod
    def empty(store: Store, user_count: int, rows: int) -> "Pairs":
        """Room for the pairs of so many rows."""
        starts, counts = np.zeros(user_count, np.int64), np.zeros(user_count, np.int64)
        kinds = (np.int32, np.float64, np.int32, np.int64)
        return Pairs(starts, counts, *(store.zeros(rows, kind) for kind in kinds))


@dataclass(frozen=True)
class Core:
    """Pairs of each user, shape (users,), and of each item, shape (items,), that the minimums leave; 0: taken away."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    rounds: int


def pairs_of(
    log: EventLog, verdict: NDArray[np.uint8], counts: NDArray[np.int64], measure: Measure
) -> tuple[Pairs, int]:
    """Judge all rows that are kept so far, ``counts`` of each user, shape (users,), and add up those that stay.

    Fills ``verdict``. Returns the pairs, and how many users are machines.
    """
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    found = Pairs.empty(log.store, len(counts), int(starts[-1]))
    rows = Rows(log.user.codes, log.item.codes, log.event.codes, log.micros, verdict)
    if not log.store.in_files:
        return found, _judge(rows, 0, len(counts), starts, measure, found)
    machines = 0
    for begin, end, path in _parts(rows, starts, log.store):
        part = np.fromfile(path, ROW)
        path.unlink()
        columns = {name: np.ascontiguousarray(part[name]) for name in ("user", "item", "event", "micros")}
        judged = Rows(**columns, verdict=np.zeros(len(part), np.uint8))
        machines += _judge(judged, begin, end, starts, measure, found)
        verdict[part["row"]] = judged.verdict
    return found, machines


def _judge(rows: Rows, begin: int, end: int, starts: NDArray[np.int64], measure: Measure, found: Pairs) -> int:
    """Judge the rows of the users from ``begin`` to before ``end``, all of which are in ``rows``, with all CPUs."""
    if len(rows.user) > MOST_ROWS:
        raise DataError(
            f"{len(rows.user):,} rows of the log are to be judged at once, more than {MOST_ROWS:,}.",
            "Lower --memory_limit: a log that does not fit into it is judged part by part.",
        )
    base = int(starts[begin])
    order = np.empty(int(starts[end]) - base, dtype=np.int32)
    from_base, found_here = starts - base, _from(found, base)
    threads = available_cpus()

    def judge(first: int, last: int) -> int:
        return _judge_some(rows, first, last, from_base, order, measure, found_here)

    with ThreadPoolExecutor(threads) as pool:
        tasks = [pool.submit(judge, first, last) for first, last in _shares(starts, begin, end, threads)]
        machines = sum(task.result() for task in tasks)
    found.starts[begin:end] += base
    return machines


def _from(found: Pairs, base: int) -> Pairs:
    """The same pairs seen from a later place."""
    views = {name: getattr(found, name)[base:] for name in ("item", "weight", "events", "latest")}
    return replace(found, **views)


def _judge_some(
    rows: Rows,
    begin: int,
    end: int,
    starts: NDArray[np.int64],
    order: NDArray[np.int32],
    measure: Measure,
    found: Pairs,
) -> int:
    rules = measure.rules
    users.order_by_user(rows.user, rows.verdict, begin, end, starts, order)
    machines: int = users.pairs_of_users(
        begin,
        end,
        starts,
        order,
        rows.item,
        rows.event,
        rows.micros,
        measure.weights,
        measure.known,
        np.array([rule.most for rule in rules.traffic], dtype=np.int64),
        np.array([rule.span for rule in rules.traffic], dtype=np.int64),
        rules.repeat_span,
        measure.last,
        float(rules.half_life),
        rows.verdict,
        found.starts,
        found.counts,
        found.item,
        found.weight,
        found.events,
        found.latest,
    )
    return machines


def _shares(starts: NDArray[np.int64], begin: int, end: int, count: int) -> list[tuple[int, int]]:
    """The users from ``begin`` to before ``end`` in ranges with about equally many rows."""
    wanted = np.linspace(starts[begin], starts[end], count + 1)[1:-1]
    cuts = np.unique([begin, *np.clip(np.searchsorted(starts, wanted), begin, end), end])
    return [(int(first), int(last)) for first, last in pairwise(cuts)]


def _parts(rows: Rows, starts: NDArray[np.int64], store: Store) -> Iterator[tuple[int, int, Path]]:
    """Users in ranges whose rows fit into memory, each with a file of these rows."""
    assert store.room is not None
    # A part is larger by what its last user has beyond it: half of what can be judged leaves room for that.
    most = min(max(3 * store.room.bytes // PART_BYTES, 1), MOST_ROWS // 2)
    part_of_user = np.unique(starts[:-1] // most, return_inverse=True)[1]
    cuts = [0, *(np.flatnonzero(np.diff(part_of_user)) + 1).tolist(), len(starts) - 1]
    paths = [store.path() for _ in cuts[1:]]
    step = max(store.room.bytes // PART_BYTES, 1)
    for first in range(0, len(rows.user), step):
        _distribute(rows, first, first + step, part_of_user, paths)
    yield from zip(cuts[:-1], cuts[1:], paths, strict=True)


def _distribute(rows: Rows, first: int, last: int, part_of_user: NDArray[np.int64], paths: Sequence[Path]) -> None:
    """Append the rows from ``first`` to before ``last`` that are kept to the files of the parts of their users."""
    kept = first + np.flatnonzero(rows.verdict[first:last] == 0)
    part = part_of_user[rows.user[kept]]
    order = np.argsort(part, kind="stable")
    ordered = np.empty(len(kept), ROW)
    ordered["row"] = kept[order]
    for name in ("micros", "user", "item", "event"):
        ordered[name] = getattr(rows, name)[ordered["row"]]
    ends = np.searchsorted(part[order], np.arange(len(paths) + 1))
    for path, begin, end in zip(paths, ends[:-1], ends[1:], strict=True):
        with path.open("ab") as file:
            ordered[begin:end].tofile(file)


def core_of(pairs: Pairs, item_count: int, rules: Rules) -> Core:
    """The pairs that are left by the minimums of users and items."""
    left, items = np.zeros(len(pairs.counts), np.int64), np.zeros(item_count, np.int64)
    rounds = kernels.core(
        pairs.starts, pairs.counts, pairs.item, rules.min_user_items, rules.min_item_users, left, items
    )
    return Core(left, items, rounds)


def interactions(log: EventLog, pairs: Pairs, core: Core) -> Iterator[pa.Table]:
    """One row for each pair of the core, sorted by user and item, as their codes are; in tables of ``SLICE`` rows."""
    columns = _slices(pairs, core)
    with ThreadPoolExecutor(2) as pool:
        yield from _ahead(pool, lambda found: _table(log, found), columns)


def _slices(pairs: Pairs, core: Core) -> Iterator[Mapping[str, NDArray[Any]]]:
    kinds = {"user": np.int32, "item": np.int32, "weight": np.float64, "events": np.int64, "time": np.int64}
    user, pair, left = 0, 0, int(core.users.sum())
    while left:
        found = {name: np.empty(min(SLICE, left), kind) for name, kind in kinds.items()}
        values = (pairs.starts, pairs.counts, pairs.item, pairs.weight, pairs.events, pairs.latest)
        user, pair, filled = kernels.copy_core(user, pair, *values, core.users, core.items, *found.values())
        left -= filled
        yield found


def _table(log: EventLog, found: Mapping[str, NDArray[Any]]) -> pa.Table:
    return pa.table(
        {
            "user_id": log.user.named(found["user"]),
            "item_id": log.item.named(found["item"]),
            "weight": found["weight"],
            "events": found["events"],
            "time": to_arrow(found["time"]),
        }
    )


def _ahead(pool: ThreadPoolExecutor, make: Callable[[Any], pa.Table], parts: Iterator[Any]) -> Iterator[pa.Table]:
    """What ``make`` makes of the parts, in their order; one is made while the one before it is used."""
    waiting = []
    for part in parts:
        waiting.append(pool.submit(make, part))
        if len(waiting) > 1:
            yield waiting.pop(0).result()
    for last in waiting:
        yield last.result()
