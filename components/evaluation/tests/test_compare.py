"""The operation `compare`, with every check of the contract."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from machiya_component import ArgumentsError, DataError
from machiya_component.testing import Result, run_operation
from machiya_evaluation.component import component

SAMPLE = Path(__file__).parents[1] / "sample"
Compare = Callable[..., Result]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    def run(inputs: Mapping[str, pa.Table | Path], **parameters: Any) -> Result:
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        return run_operation(component, "compare", inputs=inputs, parameters=parameters, folder=folder)

    return run


def sample(*optional: str) -> dict[str, Path]:
    return {port: SAMPLE / port for port in ("base", "candidate", *optional)}


def lists(**items: Sequence[str]) -> pa.Table:
    rows = [(user, item, rank) for user, shown in items.items() for rank, item in enumerate(shown, 1)]
    return pa.table(dict(zip(("user_id", "item_id", "rank"), map(list, zip(*rows, strict=True)), strict=True)))


def small() -> dict[str, pa.Table]:
    return {
        "base": lists(same="abcd", swapped="abcd", other="abcd", lost="ab"),
        "candidate": lists(same="abcd", swapped="bacd", other="efgh", gained="ab"),
    }


def test_what_changed_for_each_user(compare: Compare) -> None:
    rows = {row.pop("user_id"): row for row in compare(small(), k=4).table("user_changes").to_pylist()}
    assert list(rows) == ["other", "same", "swapped"]
    nothing = {"segment": "all", "overlap": 0.0, "rbo": 0.0, "kendall_tau": None, "entered": 4, "left": 4}
    assert rows["other"] == nothing | {"changed": True}
    same = {"segment": "all", "overlap": 1.0, "kendall_tau": 1.0, "entered": 0, "left": 0, "changed": False}
    assert rows["same"] == same | {"rbo": pytest.approx(1)}
    assert rows["swapped"] == same | {"changed": True, "rbo": pytest.approx(0.9), "kendall_tau": pytest.approx(2 / 3)}


def test_what_changed_for_each_item(compare: Compare) -> None:
    """Counted over the users on both sides, so that the lists of `lost` and `gained` do not show."""
    rows = compare(small(), k=2).table("item_changes").to_pylist()
    assert [tuple(row.values()) for row in rows] == [("a", 3, 2, -1), ("b", 3, 2, -1), ("e", 0, 1, 1), ("f", 0, 1, 1)]


def test_metrics_sum_it_up(compare: Compare) -> None:
    metrics = compare(small(), k=2).metrics()
    expected = {
        "users": 3,
        "users_only_in_base": 1,
        "users_only_in_candidate": 1,
        "lost_users_share": 1 / 4,
        "items_on_both_sides": 2,
        "items_entered": 2,
        "items_left": 0,
        "left_items_share": 0,
        "overlap@2": 2 / 3,
        "changed_share@2": 2 / 3,
        "entered@2": 2 / 3,
        "left@2": 2 / 3,
        "kendall_tau@2": 0,
    }
    assert {name: metrics[name] for name in expected} == pytest.approx(expected)


def test_equal_sets_have_no_change(compare: Compare) -> None:
    result = compare({"base": SAMPLE / "base", "candidate": SAMPLE / "base"}, k=20)
    metrics = result.metrics()
    assert (metrics["overlap@20"], metrics["changed_share@20"], metrics["items_entered"]) == (1, 0, 0)
    assert metrics["rbo@20"] == pytest.approx(1)
    assert set(result.table("item_changes")["change"].to_pylist()) == {0}


def test_the_sample_has_forty_planted_unchanged_users(compare: Compare) -> None:
    result = compare(sample("segments"))
    changes = result.table("user_changes").to_pylist()
    unchanged = {row["user_id"] for row in changes if not row["changed"]}
    assert unchanged == {f"u{number:04d}" for number in range(20, 60)}
    assert result.metrics()["users_only_in_candidate"] == 10


def test_users_in_several_pieces_are_the_same(compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compare(sample("train")).table("user_changes")
    monkeypatch.setattr("machiya_evaluation.comparison.USERS_AT_ONCE", 7)
    assert compare(sample("train")).table("user_changes").equals(whole)


def test_segments(compare: Compare) -> None:
    named = compare(sample("segments", "train")).metrics()
    assert {"overlap@10/heavy", "overlap@10/unassigned"} <= named.keys()
    by_history = compare(sample("train"), segment_edges=[8]).metrics()
    assert {"overlap@10/history-0-7", "overlap@10/history-8+"} <= by_history.keys()
    assert not [name for name in compare(sample()).metrics() if "/" in name]


def test_a_statistic_of_nothing_is_left_out_of_metrics(compare: Compare) -> None:
    metrics = compare({"base": lists(u="ab"), "candidate": lists(u="cd")}).metrics()
    assert "kendall_tau@10" not in metrics
    assert metrics["overlap@10"] == 0


def test_verdict(compare: Compare) -> None:
    thresholds = {"min_overlap": 0.9, "max_lost_users_share": 0.0, "min_kendall_tau": 0.5, "max_changed_share": 0.9}
    result = compare(sample(), thresholds=thresholds, min_users=150)
    outcomes = {row["rule"]: (row["outcome"], row["observed"]) for row in result.table("verdict").to_pylist()}
    assert outcomes == {
        "min_overlap": ("fail", result.metrics()["overlap@10"]),
        "min_kendall_tau": ("unknown", None),  # only 123 users have two shared items
        "max_changed_share": ("pass", result.metrics()["changed_share@10"]),
        "max_lost_users_share": ("pass", 0),
    }
    assert [result.metrics()[f"verdict_{outcome}"] for outcome in ("pass", "fail", "unknown")] == [2, 1, 1]


def test_no_thresholds_no_verdict(compare: Compare) -> None:
    result = compare(sample())
    assert result.table("verdict").num_rows == 0
    assert result.table("verdict").column_names == ["rule", "threshold", "observed", "outcome"]


@pytest.mark.parametrize("thresholds", [{"min_overlapp": 0.5}, {"min_overlap": 1.5}, {"min_rbo": "high"}])
def test_a_wrong_threshold_is_an_error_of_arguments(compare: Compare, thresholds: dict[str, object]) -> None:
    with pytest.raises(ArgumentsError, match="thresholds"):
        compare(sample(), thresholds=thresholds)


def test_sets_for_other_users_are_refused(compare: Compare) -> None:
    with pytest.raises(DataError, match="no user in common"):
        compare({"base": lists(u1="ab"), "candidate": lists(u2="ab")})


@pytest.mark.parametrize("port", ["base", "candidate"])
def test_the_message_names_the_wrong_side(compare: Compare, port: str) -> None:
    with pytest.raises(DataError, match=f"^{port}: .* more than once"):
        compare(small() | {port: lists(u="aa")})
