"""Times of a log -> microseconds since 1970-01-01 UTC, without stopping at values that are not times.

Microseconds in 64 bits are what the tables carry (``timestamp("us", tz="UTC")``). ``NAT`` marks a value that is null,
empty or not a time between the years 1 and 9999.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from machiya_preprocess.arrow import present, text_buffers
from machiya_preprocess.kernels.times import whole_numbers

Micros = NDArray[np.int64]

NAT = np.iinfo(np.int64).min
SECOND = 1_000_000
DAY = 86_400 * SECOND
UNITS = {"s": SECOND, "ms": 1_000, "us": 1}

_NAIVE = pa.timestamp("us")
_AWARE = pa.timestamp("us", "UTC")
_YEAR_1 = -62_135_596_800 * SECOND
_YEAR_10000 = 253_402_300_800 * SECOND

# ISO 8601 as logs write it, days checked against months and leap years. Arrow's parser then reads each match.
_LEAP = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29"
_DAY = (
    r"\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8]))|" + _LEAP
)
_CLOCK = r"(?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)?"
_OFFSET = r"(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)"
_ISO = f"^(?:{_DAY})(?:[T ]{_CLOCK}{_OFFSET}?)?$"
_ENDS_WITH_OFFSET = rf":\d\d(?:\.\d+)?{_OFFSET}$|[T ]\d\d{_OFFSET}$"
_SPELLINGS = (
    (r"^(.{10})t", r"\1T"),
    (r" ?(?:UTC|utc|GMT|z|Z)$", "Z"),
    (r" ([+-]\d\d:?\d\d)$", r"\1"),
    (r"(:\d\d),(\d)", r"\1.\2"),  # 12:00:00,123 as Python's logging writes it
    (r"(\.\d{6})\d+", r"\1"),  # nanoseconds are cut to microseconds
)


def to_micros(column: pa.ChunkedArray, time_format: str, zone: str) -> Micros:
    """A column of times -> int64, shape (rows,), ``NAT`` where there is no readable time.

    Timestamps and dates are taken as they are, whatever ``time_format`` says. Text and numbers are read by it: ``iso``
    or, since 1970-01-01 UTC, ``s``, ``ms``, ``us`` (a fraction is allowed). Times that name no offset are local times
    of ``zone``; of a local time that the clock shows twice the earlier one is meant. Raises ``TypeError`` for columns
    that cannot hold times.
    """
    pieces = [_filled(_read(chunk, time_format, zone)) for chunk in column.chunks]
    micros = pieces[0] if len(pieces) == 1 else np.concatenate([*pieces, np.empty(0, dtype=np.int64)])
    inside = (micros >= _YEAR_1) & (micros < _YEAR_10000)
    return micros if inside.all() else np.where(inside, micros, NAT)


def to_arrow(micros: Micros) -> pa.Array:
    """Microseconds -> ``timestamp("us", tz="UTC")``."""
    return pa.array(micros).cast(_AWARE)


def is_zone(zone: str) -> bool:
    """Whether local times can be read in this zone: a name (``Asia/Tokyo``) or an offset (``+09:00``)."""
    try:
        pc.assume_timezone(pa.array([0], _NAIVE), zone)
    except pa.ArrowInvalid:
        return False
    return True


def _filled(micros: pa.Array) -> Micros:
    filled: Micros = pc.fill_null(micros, NAT).to_numpy(zero_copy_only=False)
    return filled


def _read(chunk: pa.Array, time_format: str, zone: str) -> pa.Array:
    """One chunk -> int64 array with nulls."""
    kind = chunk.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        local = not (pa.types.is_timestamp(kind) and kind.tz)
        moments = chunk.cast(pa.timestamp("us", None if local else kind.tz), safe=False)
        return _localized(moments, zone) if local else moments.cast(pa.int64())
    text = pa.types.is_string(kind)
    if text and time_format == "iso":
        return _from_iso(chunk, zone)
    if time_format != "iso" and (text or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        unit = UNITS[time_format]
        return _from_text(chunk, unit) if text else _from_numbers(chunk.cast(pa.float64(), safe=False), unit)
    raise TypeError(f"is of type {kind}, which time_format {time_format!r} does not read")


def _localized(moments: pa.Array, zone: str) -> pa.Array:
    if zone == "UTC":
        return moments.cast(pa.int64())
    return pc.assume_timezone(moments, zone, ambiguous="earliest", nonexistent="earliest").cast(pa.int64())


def _from_iso(text: pa.Array, zone: str) -> pa.Array:
    """Arrow reads a chunk in one go if it is all of one kind; otherwise patterns sort it out first."""
    # A cast that fails takes long, because Arrow words an error for each value: so one value is tried first.
    aware = _cast_or_none(text[:1], _AWARE) is not None
    moments = _cast_or_none(text, _AWARE if aware else _NAIVE)
    if moments is not None:
        return moments.cast(pa.int64()) if aware else _localized(moments, zone)
    text = _only_iso(text)
    with_offset = pc.match_substring_regex(text, _ENDS_WITH_OFFSET)
    local = pc.if_else(with_offset, None, text).cast(_NAIVE)
    moments = pc.if_else(with_offset, text, None).cast(_AWARE)
    return pc.coalesce(moments.cast(pa.int64()), _localized(local, zone))


def _only_iso(text: pa.Array) -> pa.Array:
    """Text with other spellings of a time put into ISO 8601, and null for what is no time."""
    other = pc.invert(pc.fill_null(pc.match_substring_regex(text, _ISO), False))
    rest = text.filter(other)
    for pattern, replacement in _SPELLINGS:
        rest = pc.replace_substring_regex(rest, pattern, replacement)
    rest = pc.if_else(pc.match_substring_regex(rest, _ISO), rest, None)
    return pc.replace_with_mask(text, other, rest)


def _cast_or_none(text: pa.Array, kind: Any) -> pa.Array | None:
    try:
        return text.cast(kind)
    except pa.ArrowInvalid:
        return None


def _from_text(text: pa.Array, micros_per_unit: int) -> pa.Array:
    """Whole numbers are read in one pass; only what is left is looked at with patterns."""
    numbers, read = np.empty(len(text), dtype=np.int64), np.empty(len(text), dtype=np.bool_)
    whole_numbers(*text_buffers(text), present(text), numbers, read)
    inside = (numbers >= _YEAR_1 // micros_per_unit) & (numbers < _YEAR_10000 // micros_per_unit)
    micros = np.where(read & inside, numbers, 0) * micros_per_unit
    moments = pa.array(micros, mask=None if (read & inside).all() else ~(read & inside))
    if read.all():
        return moments
    other = pa.array(~read)
    return pc.replace_with_mask(moments, other, _from_numbers(_numbers(text.filter(other)), micros_per_unit))


def _numbers(text: pa.Array) -> pa.Array:
    return pc.if_else(pc.match_substring_regex(text, r"^-?\d{1,18}(?:\.\d{1,18})?$"), text, None).cast(pa.float64())


def _from_numbers(numbers: pa.Array, micros_per_unit: int) -> pa.Array:
    """float64 units -> int64 microseconds. Exact up to 2**53 microseconds from 1970, which is the year 2255."""
    micros = pc.round(pc.multiply(numbers, float(micros_per_unit)))
    inside = pc.and_(pc.greater_equal(micros, float(_YEAR_1)), pc.less(micros, float(_YEAR_10000)))
    return pc.if_else(inside, micros, None).cast(pa.int64())
