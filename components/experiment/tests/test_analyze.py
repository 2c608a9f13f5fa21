"""The operation `analyze`, with every check of the contract."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from scipy import stats

from machiya_component import ArgumentsError, DataError
from machiya_component.testing import Result

SAMPLE = Path(__file__).parents[1] / "sample"
Run = Callable[..., Result]
WINDOW = {"window_from": "2026-11-01", "window_to": "2026-11-15"}
UNKNOWN = ("converted", "rate", "low", "high", "lift", "lift_low", "lift_high", "probability_best", "expected_loss")


def assignment(**variants: int) -> pa.Table:
    """So many users of each variant: control-0, control-1, ..."""
    users = [f"{name}-{number}" for name, count in variants.items() for number in range(count)]
    return pa.table({"user_id": users, "variant": [user.rpartition("-")[0] for user in users]})


def log(*rows: tuple[str, str, int]) -> pa.Table:
    """Events (user, kind, day of November 2026), all of one item."""
    users, kinds, days = map(list, zip(*rows, strict=True))
    times = pa.array([datetime(2026, 11, day, tzinfo=UTC) for day in days], pa.timestamp("us", tz="UTC"))
    return pa.table({"user_id": users, "item_id": ["job"] * len(users), "event": kinds, "time": times})


def applications(**variants: int) -> pa.Table:
    """So many users of each variant apply once, and everybody's first user looks."""
    rows = [(f"{name}-{number}", "apply", 5) for name, count in variants.items() for number in range(count)]
    return log(*rows, *((f"{name}-0", "view", 5) for name in variants))


def by_variant(result: Result) -> dict[str, dict[str, Any]]:
    return {row["variant"]: row for row in result.table("variants").to_pylist()}


def test_the_planted_better_candidate_is_found(run: Run) -> None:
    """In truth 10% of the control apply and 20% of the candidate."""
    inputs = {"assignment": SAMPLE / "assignment", "events": SAMPLE / "events"}
    result = run("analyze", inputs, conversion_events=["apply"], shares={"control": 0.5, "candidate": 0.5}, **WINDOW)
    control, candidate = by_variant(result).values()
    assert control["low"] < 0.1 < control["high"]
    assert candidate["low"] < 0.2 < candidate["high"]
    assert candidate["lift_low"] < 1 < candidate["lift_high"]
    assert candidate["probability_best"] > 0.999
    assert candidate["expected_loss"] < 1e-5 < control["expected_loss"]
    assert result.metrics()["srm_mismatch"] == 0


def test_numbers_by_hand(run: Run) -> None:
    inputs = {"assignment": assignment(control=200, candidate=100), "events": applications(control=20, candidate=15)}
    result = run("analyze", inputs, conversion_events=["apply"])
    control, candidate = by_variant(result).values()
    assert (control["variant"], control["users"], control["converted"], control["rate"]) == ("control", 200, 20, 0.1)
    assert (candidate["users"], candidate["converted"], candidate["rate"]) == (100, 15, 0.15)
    assert candidate["lift"] == pytest.approx(0.5)
    assert (control["lift"], control["lift_low"], control["lift_high"]) == (None, None, None)
    assert (candidate["low"], candidate["high"]) == pytest.approx(stats.beta.interval(0.95, 15.5, 85.5))
    assert control["probability_best"] + candidate["probability_best"] == pytest.approx(1)
    metrics = result.metrics()
    assert (metrics["rate/candidate"], metrics["events"], metrics["conversions_known"]) == (0.15, 37, 1)
    assert "lift/control" not in metrics


def test_a_user_converts_once(run: Run) -> None:
    often = log(("control-0", "apply", 5), ("control-0", "apply", 6), ("candidate-0", "view", 6))
    result = run(
        "analyze", {"assignment": assignment(control=2, candidate=2), "events": often}, conversion_events=["apply"]
    )
    assert [row["converted"] for row in by_variant(result).values()] == [1, 0]


def test_without_conversion_events_every_event_counts(run: Run) -> None:
    """Interactions have no kinds, and need no such column."""
    events = log(("control-0", "view", 5), ("candidate-1", "apply", 6)).drop_columns(["event"])
    result = run("analyze", {"assignment": assignment(control=2, candidate=2), "events": events})
    assert [row["converted"] for row in by_variant(result).values()] == [1, 1]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({}, 4),
        ({"window_from": "2026-11-02"}, 3),
        ({"window_to": "2026-11-03"}, 2),
        ({"window_from": "2026-11-02T00:00:00+09:00", "window_to": "2026-11-03T00:00:00.000001Z"}, 2),
        ({"window_from": "2026-11-01T09:00:00.000001+09:00"}, 3),
    ],
)
@pytest.mark.parametrize(
    "type_", [pa.timestamp("us", "UTC"), pa.timestamp("ns", "Asia/Tokyo"), pa.timestamp("s"), pa.date32()]
)
def test_the_window_has_its_beginning_and_not_its_end(
    run: Run, window: Mapping[str, str], expected: int, type_: pa.DataType
) -> None:
    events = log(*((f"control-{day}", "apply", day) for day in (1, 2, 3, 4)))
    times = [date(2026, 11, day) for day in (1, 2, 3, 4)] if type_ == pa.date32() else events["time"].cast(type_)
    events = events.set_column(3, "at", pa.array(times) if isinstance(times, list) else times)
    result = run("analyze", {"assignment": assignment(control=9), "events": events}, time_column="at", **window)
    assert by_variant(result)["control"]["converted"] == expected


@pytest.mark.parametrize(
    ("events", "why"),
    [
        (None, "there is no log"),
        (applications(control=3).slice(0, 0), "there is no log"),
        (log(("control-0", "apply", 30)), "no event in the window"),
        (log(("control-0", "view", 5)), "no event of the log is one of apply"),
    ],
)
def test_what_is_unknown_is_null_and_never_0(
    run: Run, caplog: pytest.LogCaptureFixture, events: pa.Table | None, why: str
) -> None:
    inputs = {"assignment": assignment(control=2, candidate=2), "events": events}
    result = run("analyze", inputs, conversion_events=["apply"], **WINDOW)
    for row in by_variant(result).values():
        assert [row[name] for name in UNKNOWN] == [None] * len(UNKNOWN)
        assert row["users"] == 2
    assert not [name for name in result.metrics() if name.startswith(("converted/", "rate/", "probability_best/"))]
    assert result.metrics()["conversions_known"] == 0
    assert why in caplog.records[-1].getMessage()


def test_no_conversions_in_the_window_are_0(run: Run) -> None:
    """The log knows applications, and none of them is in the window: that is an answer."""
    events = log(("control-0", "apply", 30), ("control-0", "view", 5))
    result = run(
        "analyze", {"assignment": assignment(control=2), "events": events}, conversion_events=["apply"], **WINDOW
    )
    assert by_variant(result)["control"]["rate"] == 0


def test_only_conversions_on_recommended_items_count_if_asked_for(run: Run) -> None:
    events = log(("control-0", "apply", 5), ("candidate-0", "apply", 5))
    shown = pa.table({"user_id": ["control-0", "control-1", "candidate-0"], "item_id": ["job", "job", "other"]})
    users = assignment(control=2, candidate=2)
    result = run("analyze", {"assignment": users, "events": events, "recommendations": shown})
    assert [row["converted"] for row in by_variant(result).values()] == [1, 0]


def test_active_users_alone_count_if_asked_for(run: Run) -> None:
    """With an event in the window; those of before do not count."""
    events = log(("control-0", "view", 5), ("control-1", "view", 30), ("candidate-0", "apply", 5))
    inputs = {"assignment": assignment(control=5, candidate=5), "events": events}
    result = run("analyze", inputs, conversion_events=["apply"], population="active", **WINDOW)
    assert [(row["users"], row["converted"]) for row in by_variant(result).values()] == [(1, 0), (1, 1)]


def test_users_without_a_variant_are_counted_apart(run: Run) -> None:
    events = log(("control-0", "apply", 5), ("stranger", "apply", 5), ("stranger", "view", 6))
    result = run("analyze", {"assignment": assignment(control=2), "events": events})
    assert result.metrics()["events_of_other_users"] == 2
    assert by_variant(result)["control"]["converted"] == 1


def test_one_variant_alone_has_a_rate_and_no_comparison(run: Run) -> None:
    """As after a run whose candidate failed."""
    result = run("analyze", {"assignment": assignment(control=10), "events": applications(control=1)})
    (row,) = by_variant(result).values()
    assert row["rate"] == 0.1
    assert [row[name] for name in ("lift", "probability_best", "expected_loss")] == [None] * 3


def test_a_lift_over_nothing_is_unknown(run: Run) -> None:
    inputs = {"assignment": assignment(control=10, candidate=10), "events": applications(candidate=3)}
    row = by_variant(run("analyze", inputs, conversion_events=["apply"]))["candidate"]
    assert (row["lift"], row["lift_low"], row["lift_high"]) == (None, None, None)
    assert row["probability_best"] > 0.9


def test_more_than_two_variants(run: Run) -> None:
    inputs = {"assignment": assignment(z=50, a=50, b=50), "events": applications(z=5, a=10, b=20)}
    rows = by_variant(run("analyze", inputs, conversion_events=["apply"], control="z"))
    assert list(rows) == ["z", "a", "b"]
    assert [row["lift"] for row in rows.values()] == [None, pytest.approx(1), pytest.approx(3)]
    assert sum(row["probability_best"] for row in rows.values()) == pytest.approx(1)


def test_a_sample_ratio_mismatch_is_told(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    inputs = {"assignment": assignment(control=600, candidate=400), "events": applications(control=6, candidate=4)}
    result = run("analyze", inputs, shares={"control": 0.5, "candidate": 0.5})
    assert result.metrics()["srm_p_value"] == pytest.approx(stats.chisquare([600, 400]).pvalue)
    assert result.metrics()["srm_mismatch"] == 1
    assert "sample ratio mismatch" in caplog.records[-1].getMessage()
    fine = run("analyze", inputs, shares={"control": 0.6, "candidate": 0.4})
    assert (fine.metrics()["srm_mismatch"], fine.metrics()["srm_p_value"]) == (0, 1)
    assert "srm_mismatch" not in run("analyze", inputs).metrics()


def test_a_variant_that_lost_all_its_users_is_a_mismatch(run: Run) -> None:
    inputs = {"assignment": assignment(control=100), "events": applications(control=6)}
    result = run("analyze", inputs, shares={"control": 0.5, "candidate": 0.5})
    assert result.metrics()["srm_mismatch"] == 1
    assert by_variant(result)["candidate"]["users"] == 0
    assert by_variant(result)["candidate"]["rate"] is None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"control": "base"}, "there is no variant 'base'"),
        ({"shares": {"control": 1.0}}, "candidate has none"),
        ({"shares": {"control": 0.5, "candidate": 0.1}}, "add up to 0.6"),
        ({"window_from": "yesterday"}, "window_from: 'yesterday' is not a time"),
        ({"window_from": "2026-11-02", "window_to": "2026-11-01"}, "window_to is not after window_from"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(run: Run, parameters: Mapping[str, Any], message: str) -> None:
    inputs = {"assignment": assignment(control=10, candidate=10), "events": applications(control=1)}
    with pytest.raises(ArgumentsError, match=message):
        run("analyze", inputs, **parameters)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"conversion_events": ["apply"], "event_column": "kind"}, "no column 'kind'"),
        ({"conversion_events": ["apply"], "event_column": "time"}, "'time' is timestamp.*, not text"),
        ({"window_from": "2026-11-01", "time_column": "event"}, "'event' is string, not a time"),
    ],
)
def test_a_log_that_cannot_be_read_so_is_refused(run: Run, parameters: Mapping[str, Any], message: str) -> None:
    inputs = {"assignment": assignment(control=10, candidate=10), "events": applications(control=1)}
    with pytest.raises(DataError, match=message):
        run("analyze", inputs, **parameters)


def test_a_log_of_other_users_is_refused(run: Run) -> None:
    with pytest.raises(DataError, match="no user of the log is in assignment"):
        run("analyze", {"assignment": assignment(control=10), "events": log(("u1", "apply", 5))})
