"""When runs are due: time zones, changes of the clocks, midnight, weekends."""

from datetime import UTC, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from machiya.records.slo import Schedule

TOKYO, BERLIN, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(cron: str, zone: ZoneInfo, by: str, moment: str) -> tuple[str, str] | None:
    found = Schedule(cron, zone).last_due(utc(moment), time.fromisoformat(by))
    return None if found is None else (f"{found[0]:%m-%dT%H:%M}", f"{found[1]:%m-%dT%H:%M}")


@pytest.mark.parametrize(
    ("moment", "start", "deadline"),
    [
        ("2026-11-24T20:59", "11-23T18:00", "11-23T21:00"),  # 05:59 in Tokyo: of the day before
        ("2026-11-24T21:00", "11-24T18:00", "11-24T21:00"),  # 06:00: the moment counts
        ("2026-11-25T17:30", "11-24T18:00", "11-24T21:00"),
        ("2026-11-25T18:30", "11-24T18:00", "11-24T21:00"),  # the next has begun, but is not due
    ],
)
def test_a_day_in_tokyo(moment: str, start: str, deadline: str) -> None:
    assert due("0 3 * * *", TOKYO, "06:00", moment) == (start, deadline)


def test_a_run_over_midnight_is_due_the_next_morning() -> None:
    assert due("30 22 * * *", TOKYO, "06:00", "2026-11-25T00:00") == ("11-24T13:30", "11-24T21:00")


def test_at_the_weekend_the_run_of_friday_is_the_last_that_was_due() -> None:
    for moment in ("2026-11-28T12:00", "2026-11-29T12:00"):  # Saturday, Sunday
        assert due("0 3 * * 1-5", BERLIN, "06:00", moment) == ("11-27T02:00", "11-27T05:00")
    assert due("0 3 * * 1-5", BERLIN, "06:00", "2026-11-30T05:00") == ("11-30T02:00", "11-30T05:00")


def test_of_several_runs_a_day_the_last_before_the_deadline_is_due() -> None:
    assert due("0 3,15 * * *", TOKYO, "06:00", "2026-11-25T00:00") == ("11-24T18:00", "11-24T21:00")


@pytest.mark.parametrize(
    ("by", "moment", "deadline"),
    [
        ("06:00", "2026-03-28T12:00", "03-28T05:00"),  # winter
        ("06:00", "2026-03-29T12:00", "03-29T04:00"),  # the night in which clocks go forward
        ("02:30", "2026-03-29T12:00", "03-29T01:30"),  # a time that this night does not have
        ("02:30", "2026-10-25T12:00", "10-25T01:30"),  # one that this night has twice: the later counts
        ("06:00", "2026-10-25T12:00", "10-25T05:00"),
    ],
)
def test_deadlines_follow_the_clock_on_the_wall(by: str, moment: str, deadline: str) -> None:
    found = due("0 1 * * *", BERLIN, by, moment)

    assert found is not None
    assert found[1] == deadline


def test_a_time_that_a_night_does_not_have_starts_no_run() -> None:
    """As in Argo, whose library says so: 02:30 in New York on the 8th of March."""
    starts = Schedule("30 2 * * *", NEW_YORK).starts_before(utc("2026-03-09T12:00"))

    assert [f"{start:%m-%dT%H:%M}" for start in islice(starts, 3)] == ["03-09T06:30", "03-07T07:30", "03-06T07:30"]


def test_a_time_that_a_night_has_twice_counts_once() -> None:
    starts = Schedule("30 1 * * *", NEW_YORK).starts_before(utc("2026-11-02T12:00"))

    assert [f"{start:%m-%dT%H:%M}" for start in islice(starts, 3)] == ["11-02T06:30", "11-01T05:30", "10-31T05:30"]


def test_a_moment_between_the_two_is_after_the_first() -> None:
    (start,) = islice(Schedule("30 1 * * *", NEW_YORK).starts_before(utc("2026-11-01T06:10")), 1)

    assert start == utc("2026-11-01T05:30")


@pytest.mark.parametrize("cron", ["61 3 * * *", "0 3 * *", "", "x"])
def test_what_is_no_schedule_is_said(cron: str) -> None:
    with pytest.raises(ValueError, match="is no schedule"):
        Schedule(cron, TOKYO)
