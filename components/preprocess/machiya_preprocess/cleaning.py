"""The rules of ``clean`` in their order: an event log -> interactions, and a reason for each row that is left out."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_component import DataError
from machiya_component.machine import available_cpus
from machiya_preprocess.catalogue import Catalogue, items_table, known_codes
from machiya_preprocess.kernels import rows as kernels
from machiya_preprocess.log import EventLog
from machiya_preprocess.pairs import Core, Measure, Pairs, core_of, interactions, pairs_of
from machiya_preprocess.settings import Rules
from machiya_preprocess.times import DAY
from machiya_preprocess.verdict import REMEDIES, Reason, Verdict
from machiya_preprocess.vocabulary import refuse_unseen


@dataclass(frozen=True)
class Cleaned:
    """The tables of ``clean`` and its metrics. The two large tables can be had in slices, made one after the other."""

    log: EventLog
    verdict: Verdict
    pairs: Pairs
    core: Core
    items: pa.Table
    metrics: dict[str, float]
    summary: str

    def interaction_slices(self) -> Iterator[pa.Table]:
        """One row for each user and item, sorted by both."""
        return self.log.store.tidied(interactions(self.log, self.pairs, self.core))

    def rejected_slices(self) -> Iterator[pa.Table]:
        """The rows that are left out, in the order of the log."""
        return self.log.store.tidied(self.verdict.rejected(self.log))

    @property
    def interactions(self) -> pa.Table:
        """All slices as one table."""
        return pa.concat_tables(self.interaction_slices())

    @property
    def rejected(self) -> pa.Table:
        """All slices as one table."""
        return pa.concat_tables(self.rejected_slices())


def clean(log: EventLog, catalogue: Catalogue | None, rules: Rules) -> Cleaned:
    """Apply the rules.

    Raises ``DataError`` for an event never seen before, for too many unreadable rows, and when nothing is left.
    """
    refuse_unseen(log.event, rules.weights.keys(), "the event column of the log", "allow_events")
    weights = np.array([rules.weights[event] for event in log.event.values.to_pylist()], dtype=np.float64)
    verdict = Verdict(log.store.zeros(log.rows, np.uint8))
    latest = _reject_rows(log, verdict, weights, rules.max_unreadable_share)
    counts, last = _reject_outside(log, verdict, rules, latest)
    known = _known_items(log, catalogue, rules)
    pairs, machines = pairs_of(log, verdict.codes, counts, Measure(weights, known, last, rules))
    core = core_of(pairs, len(log.item.values), rules)
    span = _reject_below_minimum(log, verdict, core)
    _require_some(verdict)
    items = items_table(catalogue, log.item.values.take(pa.array(np.flatnonzero(core.items))))
    metrics = _counts(log.rows, verdict, core, span) | {
        "machine_users": machines,
        "minimum_rounds": core.rounds,
        "catalogue_items": items.num_rows,
        "catalogue_rows_replaced": catalogue.replaced if catalogue else 0,
        "catalogue_rows_without_id": catalogue.without_id if catalogue else 0,
    }
    summary = f"{verdict.kept():,} of {log.rows:,} rows; rejected: {verdict.summary() or 'none'}"
    return Cleaned(log, verdict, pairs, core, items, metrics, summary)


def _in_shares(rows: int, work: Callable[[int, int], Any]) -> list[Any]:
    """What ``work(begin, end)`` gives for each thread's share of the rows, in their order."""
    threads = available_cpus()
    cuts = [rows * number // threads for number in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, cuts[:-1], cuts[1:]))


def _require_some(verdict: Verdict) -> None:
    """Raise ``DataError`` if no row is kept: which rule took most."""
    if verdict.kept():
        return
    counts = verdict.counts()
    worst = max(counts, key=counts.__getitem__)
    rows = len(verdict.codes)
    raise DataError(f"no event is left of {rows:,} rows: {verdict.summary()}.", REMEDIES[worst])


def _reject_rows(log: EventLog, verdict: Verdict, weights: NDArray[np.float64], most: float) -> int:
    """Reject what cannot be read or has no weight; returns the latest time of the rest."""
    verdict.codes[log.untimed()] = kernels.MISSING_VALUE
    columns = (log.user.codes, log.item.codes, log.event.codes, log.micros, weights)
    latest = _in_shares(log.rows, lambda begin, end: kernels.reject_unreadable(*columns, begin, end, verdict.codes))
    counts = verdict.counts()
    missing, bad_time = counts[Reason.MISSING_VALUE], counts[Reason.BAD_TIME]
    if missing + bad_time > most * log.rows:
        raise _too_many_unreadable(log, verdict, missing, bad_time, most)
    _require_some(verdict)
    return int(max(latest))


def _too_many_unreadable(log: EventLog, verdict: Verdict, missing: int, bad_time: int, most: float) -> DataError:
    worse = Reason.BAD_TIME if bad_time > missing else Reason.MISSING_VALUE
    first = np.array([verdict.first(worse)])
    shown = f" has the time {log.time_text(first)[0].as_py()!r}" if worse is Reason.BAD_TIME else ""
    return DataError(
        f"{missing + bad_time:,} of {log.rows:,} rows cannot be read (missing-value {missing:,}, "
        f"bad-time {bad_time:,}; row {first[0]:,}{shown}), more than the share of {most:g} in max_unreadable_share.",
        REMEDIES[worse],
    )


def _reject_outside(log: EventLog, verdict: Verdict, rules: Rules, latest: int) -> tuple[NDArray[np.int64], int]:
    """Reject what is not in the window, which ends with the latest event that can be read and is not ignored.

    Returns how many rows of each user are left, shape (users,), and the last microsecond that counts.
    """
    first, last = rules.window.bounds(latest)

    def reject(begin: int, end: int) -> NDArray[np.int64]:
        counts = np.zeros(len(log.user.values), dtype=np.int64)
        kernels.reject_outside(log.user.codes, log.micros, first, last, begin, end, verdict.codes, counts)
        return counts

    return sum(_in_shares(log.rows, reject)), last


def _known_items(log: EventLog, catalogue: Catalogue | None, rules: Rules) -> NDArray[np.bool_]:
    """Which items of the log may stay; shape (items,)."""
    if catalogue is None or rules.keep_unknown_items:
        return np.ones(len(log.item.values), dtype=np.bool_)
    return known_codes(log.item, catalogue)


def _reject_below_minimum(log: EventLog, verdict: Verdict, core: Core) -> tuple[int, int]:
    """Reject the rows of pairs that are not in the core; returns first and last time of the rest."""
    columns = (log.user.codes, log.item.codes, log.micros, core.users, core.items)
    spans = _in_shares(log.rows, lambda begin, end: kernels.reject_below_minimum(*columns, begin, end, verdict.codes))
    return min(first for first, _ in spans), max(last for _, last in spans)


def _counts(rows: int, verdict: Verdict, core: Core, span: tuple[int, int]) -> dict[str, float]:
    reasons = verdict.counts()
    users, items = int(np.count_nonzero(core.users)), int(np.count_nonzero(core.items))
    pairs = int(core.users.sum())
    return {
        "rows": rows,
        "kept": rows - sum(reasons.values()),
        "rejected": sum(reasons.values()),
        **{f"rejected_{reason.replace('-', '_')}": count for reason, count in reasons.items()},
        "interactions": pairs,
        "users": users,
        "items": items,
        "density": pairs / (users * items),
        "days": float(span[1] - span[0]) / DAY,
    }
