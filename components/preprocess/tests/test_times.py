from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_preprocess.times import NAT, is_zone, to_micros

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31))


def micros(*values: object, time_format: str = "iso", zone: str = "UTC") -> list[int | None]:
    """Read values and give their microseconds, None for what is not a time."""
    found = to_micros(pa.chunked_array([pa.array(values)]), time_format, zone)
    return [None if moment == NAT else int(moment) for moment in found]


def since_epoch(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T09:30:00Z",
        "2026-11-22T18:30:00+09:00",
        "2026-11-22T18:30:00+0900",
        "2026-11-22T18:30+09",
        "2026-11-22 18:30:00 +0900",
        "2026-11-22 09:30:00 UTC",
        "2026-11-22t09:30:00.000z",
        "2026-11-22T09:30:00.000000000Z",
        "2026-11-22 09:30:00,000",
        "2026-11-22T09:30",
    ],
)
def test_one_moment_has_many_spellings(text: str) -> None:
    wanted = since_epoch(datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
    assert micros(text) == [wanted]
    assert micros("no time", text, None) == [None, wanted, None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "0000-00-00 00:00:00",
        "2026-13-01",
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        "2026-01-01T24:00",
        "2026-01-01T10:60",
        "2026-01-01T10:00:60",
        "2026-01-01T10:00:00+15:00x",
        "20260101",
        "22/11/2026",
        "1763803800",
        "２０２６-01-01",
    ],
)
def test_text_that_is_no_time_becomes_nat(text: str) -> None:
    assert micros(text, "2026-01-01") == [None, since_epoch(datetime(2026, 1, 1, tzinfo=UTC))]


def test_leap_days_exist_in_leap_years_only() -> None:
    years = range(1, 10000)
    texts = [f"{year:04d}-02-29" for year in years]
    leap = [year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) for year in years]
    assert [moment is not None for moment in micros(*texts)] == leap


def test_times_without_an_offset_are_local_and_others_are_not() -> None:
    nine_in_tokyo = since_epoch(datetime(2026, 11, 22, tzinfo=UTC))
    assert micros("2026-11-22 09:00:00", zone="Asia/Tokyo") == [nine_in_tokyo]
    assert micros("2026-11-22 09:00:00", "2026-11-22T00:00:00Z", zone="+09:00") == [nine_in_tokyo] * 2


def test_the_earlier_of_two_equal_local_times_is_meant() -> None:
    assert micros("2026-11-01T01:30:00", zone="America/New_York") == [
        since_epoch(datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    ]


def test_numbers_are_read_by_their_unit() -> None:
    second = 1_763_803_800
    wanted = second * 1_000_000
    assert micros(second, time_format="s") == [wanted]
    assert micros(second * 1000 + 1, time_format="ms") == [wanted + 1000]
    assert micros(wanted + 1, time_format="us") == [wanted + 1]
    assert micros(f"{second}.25", str(second), "-1", "x", "", "1e9", time_format="s") == [
        wanted + 250_000,
        wanted,
        -1_000_000,
        None,
        None,
        None,
    ]


def test_numbers_out_of_the_calendar_are_no_times() -> None:
    milliseconds_taken_for_seconds = 1_763_803_800_000
    assert micros(milliseconds_taken_for_seconds, time_format="s") == [None]
    assert micros(float("inf"), float("nan"), 2.5, time_format="s") == [None, None, 2_500_000]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_keep_their_moment(unit: str) -> None:
    moment = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    aware = pa.chunked_array([pa.array([moment, None], pa.timestamp(unit, "Asia/Tokyo"))])
    assert to_micros(aware, "ms", "UTC").tolist() == [since_epoch(moment), NAT]
    naive = pa.chunked_array([pa.array([moment.replace(tzinfo=None)], pa.timestamp(unit))])
    assert to_micros(naive, "iso", "+01:00").tolist() == [since_epoch(moment) - 3_600_000_000]


def test_dates_begin_at_midnight_of_the_zone() -> None:
    dates = pa.chunked_array([pa.array([datetime(2026, 11, 22).date()])])
    assert to_micros(dates, "iso", "Asia/Tokyo").tolist() == [since_epoch(datetime(2026, 11, 21, 15, tzinfo=UTC))]


@pytest.mark.parametrize("values", [[1, 2], [1.5], [True], [[1]]])
def test_columns_that_are_not_iso_text_are_refused(values: list[object]) -> None:
    with pytest.raises(TypeError, match="time_format 'iso' does not read"):
        to_micros(pa.chunked_array([values]), "iso", "UTC")


def test_no_rows_are_no_times() -> None:
    assert to_micros(pa.chunked_array([], pa.string()), "iso", "UTC").dtype == np.int64


def test_zones_are_names_or_offsets() -> None:
    assert [is_zone(zone) for zone in ("Asia/Tokyo", "UTC", "+09:00", "Tokyo", "")] == [True, True, True, False, False]


@given(st.lists(st.text(), max_size=5))
def test_no_text_stops_the_reading(texts: list[str]) -> None:
    assert len(to_micros(pa.chunked_array([pa.array(texts, pa.string())]), "iso", "Asia/Tokyo")) == len(texts)


@given(st.lists(MOMENTS, min_size=1, max_size=5), st.integers(-14 * 60, 14 * 60), st.booleans())
def test_what_python_writes_is_read_back(moments: list[datetime], offset: int, with_rubbish: bool) -> None:
    zone = timezone(timedelta(minutes=offset))
    texts: list[str] = [moment.replace(tzinfo=zone).isoformat() for moment in moments]
    wanted: list[int | None] = [since_epoch(moment.replace(tzinfo=zone)) for moment in moments]
    rubbish: list[int | None] = [None] if with_rubbish else []
    assert micros(*texts, *(["-"] if with_rubbish else [])) == wanted + rubbish
    naive: list[int | None] = [since_epoch(moment.replace(tzinfo=UTC)) for moment in moments]
    assert micros(*(moment.isoformat(" ") for moment in moments)) == naive
