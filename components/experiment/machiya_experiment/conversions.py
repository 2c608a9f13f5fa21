"""From an assignment and a log to numbers of users: how many each variant has, and how many of them converted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from machiya_experiment.arrays import Booleans, Integers
from machiya_experiment.errors import InputError

STRINGS = pa.large_string()


@dataclass(frozen=True)
class Window:
    """Times in microseconds since 1970-01-01 UTC, `end` not included; None for no limit."""

    start: int | None
    end: int | None

    @property
    def open(self) -> bool:
        """Whether all times are in it."""
        return self.start is None and self.end is None


@dataclass(frozen=True)
class Rules:
    """Which events count.

    Attributes:
        event_column: Column with the kind of event.
        conversion_events: Kinds that are a conversion; empty for all.
        time_column: Column with the time.
        window: When events count.
        active_only: Count only users with an event in the window.
    """

    event_column: str
    conversion_events: Sequence[str]
    time_column: str
    window: Window
    active_only: bool

    def columns(self, by_item: bool) -> list[str]:
        """The columns of the log that are needed."""
        return [
            "user_id",
            *(["item_id"] if by_item else []),
            *([self.event_column] if self.conversion_events else []),
            *([] if self.window.open else [self.time_column]),
        ]


@dataclass(frozen=True)
class Counts:
    """Users of each variant who count, and those of them who converted; None if nothing is known of that.

    Attributes:
        variants: Names, ascending.
        users: int64, shape (n_variants,).
        converted: int64, shape (n_variants,), or None.
        unknown: Why nothing is known; empty if it is.
        events: Rows of the log in the window.
        events_of_others: Those of them by users without a variant.
    """

    variants: tuple[str, ...]
    users: Integers
    converted: Integers | None
    unknown: str = ""
    events: int = 0
    events_of_others: int = 0


def count(assignment: pa.Table, events: pa.Table | None, shown: pa.Table | None, rules: Rules) -> Counts:
    """Count users and converted users.

    Args:
        assignment: user_id and variant.
        events: The columns that `rules` ask for; None if there is no log.
        shown: user_id and item_id of recommendations; a conversion is one on such a pair. None: on any item.
        rules: Which events count.

    Raises:
        InputError: The log cannot be read by these rules, or none of its users has a variant.
    """
    names, variant = _variants(assignment)
    if events is None or not len(events):
        return _nothing(names, variant, "there is no log")
    counts, inside = _conversions(events, rules), _inside(events, rules)
    if not inside.any():
        return _nothing(names, variant, "the log has no event in the window")
    if not counts.any():
        return _nothing(names, variant, f"no event of the log is one of {', '.join(rules.conversion_events)}")
    users = _strings(assignment["user_id"])
    known = _among(events["user_id"], users)
    if not (known & inside).any():
        raise InputError(
            "no user of the log is in assignment.", "Check that both tables write user_id in the same way."
        )
    converting = events.filter(pa.array(inside & counts))
    converted = _present(converting if shown is None else _on_shown_items(converting, shown), users)
    who = _present(events.filter(pa.array(inside)), users) if rules.active_only else np.ones(len(users), np.bool_)
    return Counts(
        tuple(names.to_pylist()),
        np.bincount(variant[who], minlength=len(names)),
        np.bincount(variant[converted], minlength=len(names)),
        events=int(np.count_nonzero(inside)),
        events_of_others=int(np.count_nonzero(inside & ~known)),
    )


def microseconds(text: str) -> int | None:
    """A time in ISO 8601, UTC unless it names an offset; None for an empty text. Raises ``ValueError``."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return round(whole * 1_000_000)


def _variants(assignment: pa.Table) -> tuple[pa.Array, Integers]:
    """The names in ascending order, and the position of each user's: int64, shape (n_users,)."""
    column = _strings(assignment["variant"])
    names = pc.unique(column)
    names = names.take(pc.sort_indices(names))
    return names, pc.index_in(column, value_set=names).to_numpy(zero_copy_only=False).astype(np.int64)


def _nothing(names: pa.Array, variant: Integers, why: str) -> Counts:
    return Counts(tuple(names.to_pylist()), np.bincount(variant, minlength=len(names)), None, why)


def _conversions(events: pa.Table, rules: Rules) -> Booleans:
    """Which rows are of a kind that counts: bool, shape (n_rows,)."""
    if not rules.conversion_events:
        return np.ones(len(events), np.bool_)
    column = events[rules.event_column]
    kinds = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kinds) or pa.types.is_large_string(kinds) or pa.types.is_string_view(kinds)):
        raise InputError(
            f"events: the column {rules.event_column!r} is {column.type}, not text.",
            "Name the column with the kind of event in event_column.",
        )
    return _among(column, pa.array(rules.conversion_events, STRINGS))


def _inside(events: pa.Table, rules: Rules) -> Booleans:
    """Which rows are in the window: bool, shape (n_rows,); those without a time are in none."""
    window = rules.window
    if window.open:
        return np.ones(len(events), np.bool_)
    column = events[rules.time_column]
    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        raise InputError(
            f"events: the column {rules.time_column!r} is {column.type}, not a time.",
            "Convert it to a Parquet timestamp, or name another column in time_column.",
        )
    zone = column.type.tz if pa.types.is_timestamp(column.type) else None
    times = column.cast(pa.timestamp("us", tz=zone), safe=False).cast(pa.int64())
    inside = _mask(pc.is_valid(times))
    if window.start is not None:
        inside &= _mask(pc.greater_equal(times, window.start))
    if window.end is not None:
        inside &= _mask(pc.less(times, window.end))
    return inside


def _on_shown_items(events: pa.Table, shown: pa.Table) -> pa.Table:
    """The events of a user on an item that this user was shown."""
    keys = ["user_id", "item_id"]
    pairs, wanted = (_pairs(table, keys) for table in (events, shown))
    return pairs.join(wanted, keys=keys, join_type="left semi")


def _pairs(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    return pa.table({key: _strings(table[key]) for key in keys})


def _present(events: pa.Table, users: pa.Array) -> Booleans:
    """Which users have a row: bool, shape (n_users,)."""
    return _among(users, pc.unique(_strings(events["user_id"])))


def _among(column: pa.Array | pa.ChunkedArray, values: pa.Array) -> Booleans:
    """Which rows hold one of the values: bool, shape (n_rows,)."""
    return _mask(pc.is_in(column.cast(STRINGS), value_set=values))


def _strings(column: pa.ChunkedArray) -> pa.Array:
    return column.cast(STRINGS).combine_chunks()


def _mask(column: pa.Array | pa.ChunkedArray) -> Booleans:
    mask: Booleans = pc.fill_null(column, False).to_numpy(zero_copy_only=False).astype(np.bool_)
    return mask
