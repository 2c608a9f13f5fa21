"""The rules of ``clean``: which rows are kept, and the reason of each that is not."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from machiya_component import DataError
from machiya_component.testing import Result

from .conftest import Run

START = datetime(2026, 11, 1, tzinfo=UTC)
Row = tuple[str, str, str, float]


def log(*rows: Row) -> pa.Table:
    """A log from (user, item, event, seconds after the start)."""
    users, items, kinds, seconds = zip(*rows, strict=True)
    times = pa.array([START + timedelta(seconds=after) for after in seconds], pa.timestamp("us", "UTC"))
    return pa.table({"user_id": users, "item_id": items, "event": kinds, "time": times})


def reasons(result: Result) -> dict[int, str]:
    table = result.table("rejected")
    return dict(zip(table["row"].to_pylist(), table["reason"].to_pylist(), strict=True))


def pairs(result: Result) -> list[tuple[str, str]]:
    table = result.table("interactions")
    return list(zip(table["user_id"].to_pylist(), table["item_id"].to_pylist(), strict=True))


def test_the_events_of_a_pair_become_one_interaction(clean: Run) -> None:
    result = clean(log(("b", "x", "view", 0), ("a", "y", "view", 5), ("b", "x", "apply", 100), ("b", "x", "save", 50)))
    assert result.table("interactions").to_pylist() == [
        {"user_id": "a", "item_id": "y", "weight": 1.0, "events": 1, "time": START + timedelta(seconds=5)},
        {"user_id": "b", "item_id": "x", "weight": 8.0, "events": 3, "time": START + timedelta(seconds=100)},
    ]
    assert result.table("rejected").num_rows == 0


def test_rows_that_lack_something_are_rejected_as_they_are(clean: Run) -> None:
    rows = (",i,view,2026-11-01", "u,,view,2026-11-01", "u,i,,2026-11-01", "u,i,view,", "u,i,view,soon")
    text = "\n".join(("user_id,item_id,event,time", *rows, "u,i,view,2026-11-01"))
    result = clean(text, max_unreadable_share=0.9)
    assert result.table("rejected").to_pylist() == [
        {"row": 0, "user": None, "item": "i", "event": "view", "time": "2026-11-01", "reason": "missing-value"},
        {"row": 1, "user": "u", "item": None, "event": "view", "time": "2026-11-01", "reason": "missing-value"},
        {"row": 2, "user": "u", "item": "i", "event": None, "time": "2026-11-01", "reason": "missing-value"},
        {"row": 3, "user": "u", "item": "i", "event": "view", "time": None, "reason": "missing-value"},
        {"row": 4, "user": "u", "item": "i", "event": "view", "time": "soon", "reason": "bad-time"},
    ]


def test_more_unreadable_rows_than_allowed_stop_the_step(clean: Run) -> None:
    text = "user_id,item_id,event,time\n" + "u,i,view,2026-11-01\n" * 8 + "u,i,view,1793527200\n" * 2
    with pytest.raises(DataError, match=r"2 of 10 rows .*bad-time 2; row 8 has the time '1793527200'.*--time_format"):
        clean(text, max_unreadable_share=0.19)
    assert clean(text, max_unreadable_share=0.2).metrics()["rejected_bad_time"] == 2


def test_missing_values_count_as_unreadable(clean: Run) -> None:
    text = "user_id,item_id,event,time\nu,i,view,2026-11-01\n,i,view,2026-11-01\n"
    with pytest.raises(
        DataError, match=r"1 of 2 rows .*missing-value 1, bad-time 0; row 1\), more than .*empty fields"
    ):
        clean(text)


def test_an_event_never_seen_before_stops_the_step(clean: Run) -> None:
    rows = log(("u", "i", "view", 0), ("u", "j", "共有", 1), ("u", "k", "共有", 2), ("u", "l", "View", 3))
    message = r"2 values never seen before: '共有' \(2 rows, first in row 1\), 'View' \(1 row, first in row 3\)\. "
    with pytest.raises(DataError, match=message + r"Check .* --allow_events '\[\"共有\", \"View\"\]'"):
        clean(rows)


def test_an_event_that_is_allowed_counts_one_or_its_weight(clean: Run) -> None:
    rows = log(("u", "i", "share", 0), ("u", "j", "ping", 0), ("u", "k", "view", 0))
    weights = {"view": 1, "ping": 7}
    result = clean(rows, allow_events=["share", "ping"], event_weights=weights)
    assert result.table("interactions")["weight"].to_pylist() == [1.0, 7.0, 1.0]


def test_only_the_first_few_of_many_new_events_are_named(clean: Run) -> None:
    rows = log(*(("u", "i", f"e{number}", 0) for number in range(9)))
    with pytest.raises(DataError, match=r"9 values .*'e4'.*, and 4 more"):
        clean(rows)


def test_an_event_of_no_weight_is_ignored_even_as_traffic(clean: Run) -> None:
    impressions: list[Row] = [("u", "i", "impression", 0.01 * number) for number in range(50)]
    result = clean(log(("u", "i", "view", 0), *impressions), event_weights={"view": 1, "impression": 0})
    assert result.metrics()["rejected_ignored_event"] == 50
    assert pairs(result) == [("u", "i")]


def test_the_window_begins_at_its_start_and_ends_before_its_end(clean: Run) -> None:
    rows = log(("u", "a", "view", -1), ("u", "b", "view", 0), ("u", "c", "view", 59), ("u", "d", "view", 60))
    window = {"window_from": "2026-11-01T09:00:00+09:00", "window_to": "2026-11-01T00:01:00Z"}
    result = clean(rows, **window)
    assert pairs(result) == [("u", "b"), ("u", "c")]
    assert reasons(result) == {0: "outside-window", 3: "outside-window"}


def test_days_are_counted_back_from_the_end_of_the_log(clean: Run) -> None:
    rows = log(("u", "a", "view", 0), ("u", "b", "view", 1), ("u", "c", "view", 86_400))
    assert pairs(clean(rows, window_days=1)) == [("u", "b"), ("u", "c")]


def test_days_are_counted_back_from_the_end_of_the_window(clean: Run) -> None:
    rows = log(("u", "a", "view", -86_401), ("u", "b", "view", -86_400), ("u", "c", "view", 0))
    assert pairs(clean(rows, window_days=1, window_to="2026-11-01")) == [("u", "b")]


def test_a_burst_is_a_machine_and_all_it_did_goes(clean: Run) -> None:
    burst: list[Row] = [("bot", f"i{number}", "view", number) for number in range(4)]
    later: list[Row] = [("bot", "i9", "apply", 90_000), ("u", "i9", "view", 3)]
    result = clean(log(*burst, *later), burst_events=3, burst_seconds=4)
    assert reasons(result) == dict.fromkeys(range(5), "machine-traffic")
    assert (pairs(result), result.metrics()["machine_users"]) == ([("u", "i9")], 1)


def test_as_many_events_as_allowed_are_no_machine(clean: Run) -> None:
    rows = log(*(("u", f"i{number}", "view", number) for number in range(4)))
    assert reasons(clean(rows, burst_events=4, burst_seconds=4)) == {}


@pytest.mark.parametrize(("rule", "apart"), [("max_events_per_hour", 100), ("max_events_per_day", 4000)])
def test_a_steady_stream_is_a_machine(clean: Run, rule: str, apart: int) -> None:
    rows = log(*(("bot", f"i{number}", "view", number * apart) for number in range(20)), ("u", "i1", "view", 0))
    assert pairs(clean(rows, **{rule: 10})) == [("u", "i1")]


def test_rules_of_traffic_can_be_switched_off(clean: Run) -> None:
    rows = log(*(("u", f"i{number}", "view", 0) for number in range(1200)))
    off = {"max_events_per_hour": 0, "max_events_per_day": 0, "burst_events": 0}
    assert clean(rows, **off).metrics()["kept"] == 1200


def test_asking_for_one_page_again_and_again_is_a_machine_not_a_duplicate(clean: Run) -> None:
    rows = log(*(("bot", "i", "view", number / 10) for number in range(30)), ("u", "i", "view", 0))
    assert set(reasons(clean(rows)).values()) == {"machine-traffic"}


def test_the_same_within_seconds_is_one_event(clean: Run) -> None:
    rows = log(
        ("u", "i", "view", 30),
        ("u", "i", "view", 0),
        ("u", "i", "apply", 1),
        ("u", "j", "view", 1),
        ("v", "i", "view", 1),
    )
    result = clean(rows, dedup_seconds=30)
    assert reasons(result) == {0: "duplicate"}
    assert result.metrics()["kept"] == 4


@pytest.mark.parametrize(("seconds", "kept"), [(0, 2), (-1, 3), (0.5, 1)])
def test_duplicates_can_be_those_at_the_same_time_or_none(clean: Run, seconds: float, kept: int) -> None:
    rows = log(("u", "i", "view", 0), ("u", "i", "view", 0), ("u", "i", "view", 0.5))
    assert clean(rows, dedup_seconds=seconds).metrics()["kept"] == kept


def test_too_small_users_and_items_go_until_nothing_changes(clean: Run) -> None:
    holds: list[Row] = [(user, item, "view", 0) for user in "ab" for item in "xy"]
    falls: list[Row] = [("c", "x", "view", 0), ("c", "z", "view", 0), ("d", "z", "view", 0)]
    result = clean(log(*holds, *falls), min_user_items=2, min_item_users=2)
    assert reasons(result) == dict.fromkeys((4, 5, 6), "below-minimum")
    assert result.metrics()["minimum_rounds"] == 3


def test_several_events_on_one_item_are_one_item(clean: Run) -> None:
    rows = log(
        ("a", "x", "view", 0),
        ("a", "x", "save", 0),
        ("a", "x", "apply", 0),
        ("b", "x", "view", 0),
        ("b", "y", "view", 0),
    )
    assert pairs(clean(rows, min_user_items=2)) == [("b", "x"), ("b", "y")]


def test_weights_halve_with_age(clean: Run) -> None:
    rows = log(("u", "a", "apply", 0), ("u", "b", "apply", 86_400), ("u", "b", "view", 0))
    assert clean(rows, half_life_days=1).table("interactions")["weight"].to_pylist() == [2.5, 5.5]


def test_one_event_of_one_user_is_enough(clean: Run) -> None:
    metrics = clean(log(("u", "i", "view", 0))).metrics()
    assert (metrics["density"], metrics["days"], metrics["kept"], metrics["rejected"]) == (1.0, 0.0, 1, 0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"min_user_items": 5}, r"no event is left of 3 rows: 1 duplicate, 2 below-minimum\. Lower --min_user_items"),
        ({"window_from": "2027-01-01"}, r"no event is left of 3 rows: 3 outside-window\. Widen the window"),
        ({"burst_events": 1}, r"no event is left of 3 rows: 3 machine-traffic\. Raise --max_events_per_hour"),
        ({"event_weights": {"view": 0}}, r"no event is left of 3 rows: 3 ignored-event\. Give the events"),
    ],
)
def test_when_nothing_is_left_the_message_says_what_took_it(
    clean: Run, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        clean(log(("u", "i", "view", 0), ("u", "i", "view", 1), ("u", "j", "view", 2)), **parameters)


def test_metrics_add_up(clean: Run) -> None:
    rows = log(("u", "i", "view", 0), ("u", "i", "view", 1), ("u", "j", "view", 86_400), ("v", "j", "view", 0))
    metrics = clean(rows).metrics()
    assert metrics["rows"] == metrics["kept"] + metrics["rejected"] == 4
    assert sum(count for name, count in metrics.items() if name.startswith("rejected_")) == metrics["rejected"] == 1
    assert (metrics["users"], metrics["items"], metrics["interactions"], metrics["density"]) == (2, 2, 3, 0.75)
    assert metrics["days"] == 1.0
