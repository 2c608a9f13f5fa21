"""Whether promises are kept: each objective at the edges of what it allows, and where nothing is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machiya.records.slo import Objectives, PastRun, Published, Report, Schedule, Verdict, evaluate
from machiya.records.slo.model import age, spoken

TOKYO = ZoneInfo("Asia/Tokyo")
NIGHTLY = Schedule("0 3 * * *", TOKYO)


def tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


NOW = tokyo("2026-11-25T12:00")
HOUR = timedelta(hours=1)


def run(started: str, minutes: float | None = 60, phase: str = "Succeeded", name: str = "r") -> PastRun:
    begun = tokyo(started)
    return PastRun(name, phase, begun, None if minutes is None else begun + timedelta(minutes=minutes))


@dataclass
class Remembered:
    """Implements `History` for one workflow; ``read`` counts the runs that were asked for."""

    past: Sequence[PastRun] = ()
    results: Sequence[Published] = ()
    read: list[str] = field(default_factory=list)

    def runs(self, workflow: str, stage: str) -> Iterator[PastRun]:
        for one in sorted(self.past, key=lambda one: one.started, reverse=True):
            self.read.append(one.name)
            yield one

    def published(self, workflow: str, stage: str) -> Sequence[Published]:
        return self.results


def judge(objectives: dict[str, Any], *past: PastRun, at: datetime = NOW, **more: Any) -> Report:
    results = more.pop("results", ())
    given = {"schedule": NIGHTLY, "zone": TOKYO, **more}
    return evaluate("w", "s", Objectives.model_validate(objectives), Remembered(past, results), at, **given)


def one(objectives: dict[str, Any], *past: PastRun, **more: Any) -> Verdict:
    (verdict,) = judge(objectives, *past, **more).verdicts
    return verdict


BY = {"finishedBy": "06:00"}


@pytest.mark.parametrize(
    ("past", "state", "actual"),
    [
        ([run("2026-11-25T03:00", 120)], "ok", "2026-11-25 05:00"),
        ([run("2026-11-25T03:00", 180)], "ok", "2026-11-25 06:00"),
        ([run("2026-11-25T03:00", 181)], "breached", "2026-11-25 06:01, 1 min late"),
        ([run("2026-11-25T03:00", 60, "Failed"), run("2026-11-25T04:30", 60)], "ok", "2026-11-25 05:30"),
        ([run("2026-11-25T03:00", 60), run("2026-11-25T08:00", 60, "Failed")], "ok", "2026-11-25 04:00"),
        ([run("2026-11-25T03:00", 60, "Failed")], "breached", "r of 2026-11-25 03:00: Failed"),
        ([run("2026-11-25T03:00", None, "Running")], "breached", "r of 2026-11-25 03:00: Running"),
        ([run("2026-11-25T03:00", None, "Interrupted")], "breached", "r of 2026-11-25 03:00: Interrupted"),
        ([run("2026-11-24T03:00")], "breached", "no run began between 2026-11-25 03:00 and 2026-11-25 06:00"),
        ([run("2026-11-24T03:00", 60, "Failed")], "breached", "no run began"),
        ([run("2026-11-25T02:59", 60)], "breached", "no run began"),
        ([run("2026-11-25T07:00", 60, "Failed")], "unknown", "nothing is known of the time before 2026-11-25 06:00"),
        ([run("2026-11-25T07:00", 60)], "unknown", "nothing is known of the time before 2026-11-25 06:00"),
        ([run("2026-11-24T03:00"), run("2026-11-25T07:00")], "breached", "2026-11-25 08:00, 2 h late"),
        ([], "unknown", "nothing is known"),
    ],
)
def test_finished_by(past: list[PastRun], state: str, actual: str) -> None:
    verdict = one(BY, *past)

    assert (verdict.state, verdict.target) == (state, "by 06:00 (Asia/Tokyo)")
    assert verdict.actual.startswith(actual)


def test_before_the_deadline_the_day_before_counts() -> None:
    past = [run("2026-11-24T03:00"), run("2026-11-25T03:00", None, "Running")]

    assert one(BY, *past, at=tokyo("2026-11-25T05:59")).state == "ok"
    assert one(BY, *past, at=tokyo("2026-11-25T06:00")).state == "breached"


def test_a_run_over_midnight_counts_for_the_morning() -> None:
    late = Schedule("30 22 * * *", TOKYO)

    assert one(BY, run("2026-11-24T22:30", 400), schedule=late).state == "ok"
    assert one(BY, run("2026-11-24T22:29", 60), schedule=late).state == "breached"


def test_at_the_weekend_nothing_is_due_and_on_monday_again() -> None:
    weekdays = Schedule("0 3 * * 1-5", TOKYO)
    friday = run("2026-11-27T03:00")

    assert one(BY, friday, schedule=weekdays, at=tokyo("2026-11-29T23:00")).state == "ok"
    assert one(BY, friday, schedule=weekdays, at=tokyo("2026-11-30T06:00")).state == "breached"


def test_where_the_schedule_was_taken_away_nothing_is_due() -> None:
    verdict = one(BY, run("2026-11-20T03:00"), schedule=None)

    assert (verdict.state, verdict.actual) == ("unknown", "no run is due by the schedule")


def test_in_the_night_in_which_clocks_go_back_the_morning_is_an_hour_longer() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begun = datetime(2026, 10, 25, 1, 0, tzinfo=berlin)
    past = PastRun("r", "Succeeded", begun, begun.astimezone(UTC) + 6 * HOUR)

    verdict = one(BY, past, schedule=Schedule("0 1 * * *", berlin), zone=berlin, at=begun + 20 * HOUR)

    assert (verdict.state, verdict.actual) == ("ok", "2026-10-25 06:00")


RATE = {"successRate": {"atLeast": 0.9, "over": "10d"}}


def nights(failed: int, succeeded: int) -> list[PastRun]:
    """Runs of the last days, each an hour after the other."""
    first = NOW - timedelta(days=9)
    phases = ["Failed"] * failed + ["Succeeded"] * succeeded
    return [
        PastRun(f"r{number}", phase, first + number * HOUR, first + (number + 0.5) * HOUR)
        for number, phase in enumerate(phases)
    ]


@pytest.mark.parametrize(
    ("failed", "succeeded", "state", "budget"),
    [(0, 10, "ok", 1.0), (1, 19, "ok", 0.5), (1, 9, "ok", 0.0), (2, 8, "breached", -1.0), (5, 0, "breached", -9.0)],
)
def test_success_rate_and_what_is_left_of_its_budget(failed: int, succeeded: int, state: str, budget: float) -> None:
    verdict = one(RATE, *nights(failed, succeeded))

    assert verdict.state == state
    assert verdict.budget == pytest.approx(budget)
    assert verdict.actual.endswith(f"({succeeded} of {failed + succeeded} runs)")


def test_only_runs_of_the_window_that_have_ended_count() -> None:
    past = [
        run("2026-11-15T12:00", phase="Failed"),
        run("2026-11-15T12:01"),
        run("2026-11-25T11:30", None, "Running"),
    ]

    assert one(RATE, *past).actual == "1 (1 of 1 runs)"
    assert one(RATE, past[0], past[2]).state == "unknown"


def test_a_killed_run_has_ended_badly() -> None:
    assert one(RATE, run("2026-11-25T03:00", None, "Interrupted")).state == "breached"


def test_where_no_failure_is_allowed_one_is_too_many() -> None:
    whole = {"successRate": {"atLeast": 1.0}}

    assert (one(whole, *nights(0, 3)).state, one(whole, *nights(0, 3)).budget) == ("ok", 1.0)
    assert (one(whole, *nights(1, 3)).state, one(whole, *nights(1, 3)).budget) == ("breached", 0.0)


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from([0.5, 0.75, 0.9, 0.95, 1.0]))
def test_the_budget_is_overspent_exactly_where_the_rate_is_broken(failed: int, succeeded: int, share: float) -> None:
    verdict = one({"successRate": {"atLeast": share}}, *nights(failed, succeeded))

    if failed + succeeded == 0:
        assert (verdict.state, verdict.budget) == ("unknown", None)
    elif share < 1:
        assert verdict.budget is not None
        assert (verdict.state == "breached") == (verdict.budget < -1e-6)


FRESH = {"freshness": "26h"}


def published(started: str, coverage: float | None = None, result: str = "lists", name: str = "p") -> Published:
    return Published(result, name, tokyo(started), coverage)


@pytest.mark.parametrize(
    ("results", "state", "actual"),
    [
        ([published("2026-11-24T10:00")], "ok", "26 h old (p)"),
        ([published("2026-11-24T09:59")], "breached", "26 h 1 min old (p)"),
        ([published("2026-11-25T03:00"), published("2026-11-20T03:00", result="other")], "breached", "5 d 9 h old (p)"),
        ([published("2026-11-20T03:00"), published("2026-11-25T03:00", name="new")], "ok", "9 h old (new)"),
    ],
)
def test_freshness_of_what_is_published(results: list[Published], state: str, actual: str) -> None:
    verdict = one(FRESH, run("2026-11-25T11:00"), results=results)

    assert (verdict.state, verdict.actual) == (state, actual)


def test_where_nothing_is_published_the_last_run_that_succeeded_counts() -> None:
    past = [run("2026-11-23T03:00", name="good"), run("2026-11-25T03:00", phase="Failed")]

    assert (one(FRESH, *past).state, one(FRESH, *past).actual) == ("breached", "2 d 9 h old (good)")
    assert one(FRESH, past[1]).state == "unknown"


def test_what_was_published_at_an_earlier_time() -> None:
    results = [published("2026-11-25T03:00", 0.5), published("2026-11-24T03:00", name="before")]

    assert one(FRESH, results=results, at=tokyo("2026-11-25T02:00")).actual == "23 h old (before)"


@pytest.mark.parametrize(
    ("shares", "state", "actual"),
    [
        ([0.9], "ok", "0.9"),
        ([0.8999], "breached", "0.8999"),
        ([0.95, 0.5], "breached", "0.5"),
        ([0.95, None], "unknown", "the published result does not say it"),
        ([], "unknown", "no result is published"),
    ],
)
def test_coverage(shares: list[float | None], state: str, actual: str) -> None:
    results = [published("2026-11-25T03:00", share, f"result-{number}") for number, share in enumerate(shares)]
    verdict = one({"coverage": {"atLeast": 0.9}}, results=results)

    assert (verdict.state, verdict.actual) == (state, actual)


@pytest.mark.parametrize(
    ("past", "state", "actual"),
    [
        ([run("2026-11-25T03:00", 120)], "ok", "2 h (r)"),
        ([run("2026-11-25T03:00", 121)], "breached", "2 h 1 min (r)"),
        ([run("2026-11-25T03:00", 30), run("2026-11-25T05:00", 200, "Failed")], "ok", "30 min (r)"),
        ([run("2026-11-24T03:00", 30), run("2026-11-25T09:59", None, "Running")], "breached", "2 h 1 min and not done"),
        ([run("2026-11-24T03:00", 30), run("2026-11-25T10:00", None, "Running")], "ok", "30 min (r)"),
        ([run("2026-11-25T05:00", 10, "Failed")], "unknown", "no run succeeded"),
    ],
)
def test_duration(past: list[PastRun], state: str, actual: str) -> None:
    verdict = one({"duration": {"atMost": "2h"}}, *past)

    assert verdict.state == state
    assert verdict.actual.startswith(actual)


def test_what_is_broken_counts_more_than_what_is_not_known() -> None:
    both = {**FRESH, "coverage": {"atLeast": 0.9}}

    assert judge(both, results=[published("2026-11-25T03:00", 0.95)]).state == "ok"
    assert judge(both, results=[published("2026-11-25T03:00")]).state == "unknown"
    assert judge(both, results=[published("2026-11-01T03:00")]).state == "breached"


def test_runs_are_read_only_as_far_back_as_something_is_promised() -> None:
    first = tokyo("2026-11-25T11:00")
    past = [
        PastRun(f"r{days}", "Succeeded", first - timedelta(days=days), first - timedelta(days=days) + HOUR)
        for days in range(100)
    ]
    history = Remembered(past)
    evaluate("w", "s", Objectives.model_validate(RATE), history, NOW)

    assert len(history.read) <= 13


@pytest.mark.parametrize(
    ("text", "said"),
    [("0s", "0 s"), ("59s", "59 s"), ("90s", "1 min 30 s"), ("26h", "26 h"), ("30d", "30 d"), ("2d4h5m", "2 d 4 h")],
)
def test_durations_in_words(text: str, said: str) -> None:
    assert spoken(age(text)) == said
