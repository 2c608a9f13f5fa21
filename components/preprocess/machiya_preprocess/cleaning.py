"""The rules of ``clean`` in their order: an event log -> interactions, and a reason for each row that is left out."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_component import DataError
from machiya_preprocess import kernels
from machiya_preprocess.catalogue import Catalogue, items_table, known_codes
from machiya_preprocess.columns import MISSING
from machiya_preprocess.log import EventLog
from machiya_preprocess.settings import Rules
from machiya_preprocess.times import DAY, NAT, to_arrow
from machiya_preprocess.verdict import REMEDIES, Reason, Verdict
from machiya_preprocess.vocabulary import refuse_unseen

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Cleaned:
    """The tables of ``clean`` and its metrics."""

    interactions: pa.Table
    items: pa.Table
    rejected: pa.Table
    metrics: dict[str, float]
    summary: str


@dataclass(frozen=True)
class _Pairs:
    """The user-item pairs of some rows: row numbers (n,) gathered into groups, user and item codes of each (p,)."""

    rows: Rows
    groups: kernels.Groups
    user: NDArray[np.int32]
    item: NDArray[np.int32]


def clean(log: EventLog, catalogue: Catalogue | None, rules: Rules) -> Cleaned:
    """Apply the rules.

    Raises ``DataError`` for an event never seen before, for too many unreadable rows, and when nothing is left.
    """
    refuse_unseen(log.event, rules.weights.keys(), "the event column of the log", "allow_events")
    verdict = Verdict(log.rows)
    _reject_unreadable(log, verdict, rules.max_unreadable_share)
    _reject_ignored(log, verdict, rules)
    first, last = _window(log, verdict, rules)
    verdict.reject(Reason.OUTSIDE_WINDOW, (log.micros < first) | (log.micros > last))
    machines = _reject_machines(log, verdict, rules)
    _reject_repeats(log, verdict, rules.repeat_span)
    if catalogue is not None and not rules.keep_unknown_items:
        verdict.reject(Reason.UNKNOWN_ITEM, ~known_codes(log.item, catalogue)[log.item.codes])
    rounds = _reject_below_minimum(log, verdict, rules)
    pairs = _pairs(log, _something(verdict, log.rows))
    interactions = _interactions(log, pairs, rules, last)
    used = log.item.values.take(pa.array(np.unique(pairs.item)))
    items = items_table(catalogue, used)
    counts = _counts(log, verdict, pairs) | {
        "machine_users": machines,
        "minimum_rounds": rounds,
        "catalogue_items": items.num_rows,
        "catalogue_rows_replaced": catalogue.replaced if catalogue else 0,
        "catalogue_rows_without_id": catalogue.without_id if catalogue else 0,
    }
    summary = f"{len(pairs.rows):,} of {log.rows:,} rows; rejected: {verdict.summary() or 'none'}"
    return Cleaned(interactions, items, verdict.rejected(log), counts, summary)


def _something(verdict: Verdict, rows: int) -> Rows:
    """The kept rows, of which there has to be one."""
    kept = verdict.kept()
    if len(kept):
        return kept
    counts = verdict.counts()
    worst = max(counts, key=counts.__getitem__)
    raise DataError(f"no event is left of {rows:,} rows: {verdict.summary()}.", REMEDIES[worst])


def _reject_unreadable(log: EventLog, verdict: Verdict, most: float) -> None:
    missing = log.untimed()
    for column in (log.user, log.item, log.event):
        missing |= column.codes == MISSING
    bad_time = (log.micros == NAT) & ~missing
    verdict.reject(Reason.MISSING_VALUE, missing)
    verdict.reject(Reason.BAD_TIME, bad_time)
    if missing.sum() + bad_time.sum() > most * log.rows:
        raise _too_many_unreadable(log, missing, bad_time, most)


def _too_many_unreadable(log: EventLog, missing: Mask, bad_time: Mask, most: float) -> DataError:
    times_are_worse = bad_time.sum() > missing.sum()
    first = np.flatnonzero(bad_time if times_are_worse else missing)[:1]
    example = f"row {first[0]:,}" + (f" has the time {log.time_text(first)[0].as_py()!r}" if times_are_worse else "")
    return DataError(
        f"{missing.sum() + bad_time.sum():,} of {log.rows:,} rows cannot be read (missing-value {missing.sum():,}, "
        f"bad-time {bad_time.sum():,}; {example}), more than the share of {most:g} in max_unreadable_share.",
        REMEDIES[Reason.BAD_TIME if times_are_worse else Reason.MISSING_VALUE],
    )


def _reject_ignored(log: EventLog, verdict: Verdict, rules: Rules) -> None:
    verdict.reject(Reason.IGNORED_EVENT, _weights(log, rules)[log.event.codes] == 0)


def _weights(log: EventLog, rules: Rules) -> NDArray[np.float64]:
    """What one event of each kind counts; shape (distinct events + 1,), the last for rows without an event."""
    return np.array([*(rules.weights[event] for event in log.event.values.to_pylist()), np.nan])


def _window(log: EventLog, verdict: Verdict, rules: Rules) -> tuple[int, int]:
    """First and last microsecond that count. The log ends with the latest event that can be read and is not ignored."""
    return rules.window.bounds(int(log.micros[_something(verdict, log.rows)].max()))


def _reject_machines(log: EventLog, verdict: Verdict, rules: Rules) -> int:
    """Reject all rows of users whose traffic is a machine's; returns how many users these are.

    Judged before duplicates are taken out, because asking for one page again and again is a habit of machines.
    """
    rows = verdict.kept()
    order = rows[np.lexsort((log.micros[rows], log.user.codes[rows]))]
    user, micros = log.user.codes[order], log.micros[order]
    crowded = [kernels.crowded_users(user, micros, rule.most, rule.span) for rule in rules.traffic]
    machines = np.unique(np.concatenate(crowded)) if crowded else np.empty(0, dtype=np.int32)
    is_machine = np.zeros(len(log.user.values), dtype=np.bool_)
    is_machine[machines] = True
    verdict.reject(Reason.MACHINE_TRAFFIC, rows[is_machine[log.user.codes[rows]]])
    return len(machines)


def _reject_repeats(log: EventLog, verdict: Verdict, span: int) -> None:
    if span < 0:
        return
    rows = verdict.kept()
    kind = _pair_key(log, rows) * len(log.event.values) + log.event.codes[rows]
    verdict.reject(Reason.DUPLICATE, rows[kernels.repeats(kind, log.micros[rows], span)])


def _pair_key(log: EventLog, rows: Rows) -> NDArray[np.int64]:
    """One number for each user and item, ordered like (user, item)."""
    return log.user.codes[rows].astype(np.int64) * len(log.item.values) + log.item.codes[rows]


def _pairs(log: EventLog, rows: Rows) -> _Pairs:
    groups = kernels.group(_pair_key(log, rows))
    first = rows[groups.order[groups.starts]]
    return _Pairs(rows, groups, log.user.codes[first], log.item.codes[first])


def _reject_below_minimum(log: EventLog, verdict: Verdict, rules: Rules) -> int:
    """Reject the rows of users with too few items and of items with too few users; returns how many rounds it took."""
    pairs = _pairs(log, _something(verdict, log.rows))
    stays, rounds = kernels.core(pairs.user, pairs.item, rules.min_user_items, rules.min_item_users)
    verdict.reject(Reason.BELOW_MINIMUM, pairs.rows[pairs.groups.spread(~stays)])
    return rounds


def _interactions(log: EventLog, pairs: _Pairs, rules: Rules, end: int) -> pa.Table:
    """One row for each pair, sorted by user and item, because codes and so the groups are."""
    weight = _weights(log, rules)[log.event.codes[pairs.rows]]
    micros = log.micros[pairs.rows]
    if rules.half_life:
        weight = weight * kernels.decay(micros, end, rules.half_life)
    return pa.table(
        {
            "user_id": log.user.values.take(pa.array(pairs.user)),
            "item_id": log.item.values.take(pa.array(pairs.item)),
            "weight": pairs.groups.total(weight),
            "events": pairs.groups.sizes(),
            "time": to_arrow(pairs.groups.latest(micros)),
        }
    )


def _counts(log: EventLog, verdict: Verdict, pairs: _Pairs) -> dict[str, float]:
    reasons = verdict.counts()
    users, items, micros = len(np.unique(pairs.user)), len(np.unique(pairs.item)), log.micros[pairs.rows]
    return {
        "rows": log.rows,
        "kept": len(pairs.rows),
        "rejected": sum(reasons.values()),
        **{f"rejected_{reason.replace('-', '_')}": count for reason, count in reasons.items()},
        "interactions": len(pairs.user),
        "users": users,
        "items": items,
        "density": len(pairs.user) / (users * items),
        "days": float(micros.max() - micros.min()) / DAY,
    }
