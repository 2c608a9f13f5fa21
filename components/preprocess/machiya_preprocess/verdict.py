"""Where each row of the log ends: kept, or rejected for exactly one reason."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_preprocess.kernels import rows
from machiya_preprocess.log import EventLog


class Reason(StrEnum):
    """Why a row is rejected, in the order in which the rules are applied: the first that holds is the reason."""

    MISSING_VALUE = "missing-value"
    BAD_TIME = "bad-time"
    IGNORED_EVENT = "ignored-event"
    OUTSIDE_WINDOW = "outside-window"
    MACHINE_TRAFFIC = "machine-traffic"
    DUPLICATE = "duplicate"
    UNKNOWN_ITEM = "unknown-item"
    BELOW_MINIMUM = "below-minimum"


SLICE = 1 << 17
"""Rows of a table that are made and written at once: a row group."""
BLOCK = 1 << 20

REASONS: Sequence[Reason] = tuple(Reason)

REMEDIES = {
    Reason.MISSING_VALUE: "Look at the empty fields in the log.",
    Reason.BAD_TIME: "Say with --time_format how the log writes its times.",
    Reason.IGNORED_EVENT: "Give the events that count a weight above 0 in --event_weights.",
    Reason.OUTSIDE_WINDOW: "Widen the window: --window_from, --window_to, --window_days.",
    Reason.MACHINE_TRAFFIC: "Raise --max_events_per_hour, --max_events_per_day or --burst_events; 0 switches a rule "
    "off, --burst_events where times have no seconds.",
    Reason.DUPLICATE: "Lower --dedup_seconds.",
    Reason.UNKNOWN_ITEM: "Check that log and item table write item ids alike, or set --keep_unknown_items true.",
    Reason.BELOW_MINIMUM: "Lower --min_user_items and --min_item_users, or give a longer log.",
}


class Verdict:
    """The reason of each row so far. A row that has one keeps it, so every row ends in exactly one place.

    ``codes``: uint8, shape (rows,): 0 for a row that is kept so far, otherwise the position in ``REASONS`` plus 1. The
    kernels fill it.
    """

    def __init__(self, codes: NDArray[np.uint8]) -> None:
        self.codes = codes

    def counts(self) -> dict[Reason, int]:
        """Rows rejected for each reason, none left out."""
        counts = np.zeros(len(REASONS) + 1, dtype=np.int64)
        rows.count_reasons(self.codes, counts)
        return dict(zip(REASONS, counts[1:].tolist(), strict=True))

    def kept(self) -> int:
        """How many rows have no reason."""
        return len(self.codes) - sum(self.counts().values())

    def first(self, reason: Reason) -> int:
        """Number of the first row that is rejected for this reason; there has to be one."""
        return int(np.argmax(self.codes == REASONS.index(reason) + 1))

    def summary(self) -> str:
        """``12 duplicate, 3 bad-time`` in the order of the rules; empty where nothing was rejected."""
        return ", ".join(f"{count:,} {reason}" for reason, count in self.counts().items() if count)

    def rejected(self, log: EventLog) -> Iterator[pa.Table]:
        """The rejected rows as they were read, ascending, each with its reason; in tables of ``SLICE`` rows."""
        waiting = np.empty(0, dtype=np.int64)
        for begin in range(0, len(self.codes), BLOCK):
            found = begin + np.flatnonzero(self.codes[begin : begin + BLOCK])
            waiting = np.concatenate([waiting, found])
            while len(waiting) >= SLICE:
                yield self._rows(log, waiting[:SLICE])
                waiting = waiting[SLICE:]
        yield self._rows(log, waiting)

    def _rows(self, log: EventLog, numbers: NDArray[np.int64]) -> pa.Table:
        names = pa.array([reason.value for reason in REASONS], pa.string())
        return pa.table(
            {
                "row": numbers,
                "user": log.user.text(numbers),
                "item": log.item.text(numbers),
                "event": log.event.text(numbers),
                "time": log.time_text(numbers),
                "reason": names.take(pa.array(self.codes[numbers] - 1)),
            }
        )
