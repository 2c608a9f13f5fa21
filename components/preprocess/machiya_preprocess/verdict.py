"""Where each row of the log ends: kept, or rejected for exactly one reason."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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
    """The reason of each row so far. A row that has one keeps it, so every row ends in exactly one place."""

    def __init__(self, rows: int) -> None:
        self._codes = np.zeros(rows, dtype=np.uint8)  # 0: kept so far; otherwise the position in REASONS plus 1

    def reject(self, reason: Reason, rows: NDArray[np.bool_] | NDArray[np.int64]) -> None:
        """Reject those of the rows (a mask or row numbers) that have no reason yet."""
        chosen = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        self._codes[chosen[self._codes[chosen] == 0]] = REASONS.index(reason) + 1

    def kept(self) -> NDArray[np.int64]:
        """Row numbers without a reason, ascending."""
        return np.flatnonzero(self._codes == 0)

    def counts(self) -> dict[Reason, int]:
        """Rows rejected for each reason, none left out."""
        counts = np.bincount(self._codes, minlength=len(REASONS) + 1)[1:]
        return dict(zip(REASONS, counts.tolist(), strict=True))

    def summary(self) -> str:
        """``12 duplicate, 3 bad-time`` in the order of the rules; empty where nothing was rejected."""
        return ", ".join(f"{count:,} {reason}" for reason, count in self.counts().items() if count)

    def rejected(self, log: EventLog) -> pa.Table:
        """The rejected rows as they were read, ascending, each with its reason."""
        rows = np.flatnonzero(self._codes)
        names = pa.array([reason.value for reason in REASONS], pa.string())
        return pa.table(
            {
                "row": rows,
                "user": log.user.text(rows),
                "item": log.item.text(rows),
                "event": log.event.text(rows),
                "time": log.time_text(rows),
                "reason": names.take(pa.array(self._codes[rows] - 1)),
            }
        )
