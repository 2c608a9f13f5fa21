"""Making a view: what is counted, what is missing, and that the order of the tables does not matter."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_viewer.prepare import Table, pseudonym, spans
from machiya_viewer.prepare import write as writing
from machiya_viewer.prepare.tables import LISTS
from machiya_viewer.records import Rule, UserRow
from machiya_viewer.view.model import Check, UserQuery
from machiya_viewer.view.reader import ViewReader

MakeView = Callable[..., ViewReader]


def users_of(view: ViewReader) -> dict[str, UserRow]:
    return {user.user_id: user for user in view.users(UserQuery("user_id", size=1000)).rows}


def test_overlap_is_computed_at_k_for_users_of_both_versions(make_view: MakeView) -> None:
    base = {"u1": "abcd", "u2": "abc", "u3": "abc", "only-base": "abc"}
    candidate = {"u1": "cbxa", "u2": "xyz", "u3": "ab", "only-candidate": "abc"}
    view = make_view(base, candidate, k=3)
    found = {user.user_id: (user.overlap, user.entered, user.left) for user in users_of(view).values()}
    assert found == {
        "u1": (pytest.approx(2 / 3), 1, 1),
        "u2": (0.0, 3, 3),
        "u3": (pytest.approx(2 / 3), 0, 1),
        "only-base": (None, None, None),
        "only-candidate": (None, None, None),
    }
    assert view.facts().sorts == ("overlap", "entered", "random", "user_id")


def test_lists_are_counted_and_absence_is_zero_rows(make_view: MakeView) -> None:
    users = users_of(make_view({"u1": "abc"}, {"u1": "ab", "u2": "a"}, history={"u1": "xy", "u3": "z"}))
    assert {name: (user.rows, user.fallback, user.history) for name, user in users.items()} == {
        "u1": ((3, 2), (0, 0), 2),
        "u2": ((0, 1), (None, 0), 0),
        "u3": ((0, 0), (None, None), 1),
    }


def test_a_given_comparison_is_used_instead(make_view: MakeView) -> None:
    given = pa.table(
        {"user_id": ["u1"], "overlap": [0.25], "rbo": [0.5], "segment": ["heavy"], "kendall_tau": [math.nan]}
    )
    view = make_view({"u1": "ab"}, {"u1": "ab"}, user_changes=given)
    user = view.user("u1")
    assert user is not None
    assert (user.overlap, user.rbo, user.segment, user.kendall_tau) == (0.25, 0.5, "heavy", None)
    facts = view.facts()
    assert (facts.given, facts.segments) == (True, ("heavy",))
    assert facts.sorts == ("overlap", "rbo", "kendall_tau", "random", "user_id")


def test_changes_are_summed_up(make_view: MakeView) -> None:
    facts = make_view({"u1": "ab", "u2": "ab", "u3": "ab"}, {"u1": "ab", "u2": "ax", "u3": "xy"}, k=2).facts()
    assert (facts.compared, facts.unchanged) == (3, 1)
    assert facts.mean_overlap == pytest.approx(0.5)
    assert facts.overlaps == (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)


@pytest.mark.parametrize("tenths", range(11))
def test_every_tenth_falls_into_its_own_bin(make_view: MakeView, tenths: int) -> None:
    given = pa.table({"user_id": ["u1"], "overlap": [tenths / 10]})
    assert make_view({"u1": "a"}, {"u1": "a"}, user_changes=given).facts().overlaps.index(1) == tenths


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        (["pass", "pass"], "pass"),
        (["warn"], "warn"),
        (["pass", "warn"], "warn"),
        (["warn", "unknown"], "unknown"),
        (["warn", "fail", "unknown"], "fail"),
        (["pass", "else"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_outcome_of_a_view_is_that_of_its_worst_rule(make_view: MakeView, outcomes: list[str], worst: str) -> None:
    rows = [{"rule": "r", "threshold": 1.0, "observed": 2.0, "outcome": one, "text": "why"} for one in outcomes]
    columns = {"rule": pa.string(), "threshold": pa.float64(), "observed": pa.float64()}
    columns |= {"outcome": pa.string(), "text": pa.string()}
    view = make_view({"u": "a"}, {"u": "b"}, verdict=pa.Table.from_pylist(rows, pa.schema(columns)))
    assert view.head.outcome == worst
    assert view.facts().rules == tuple(Rule("r", 1.0, 2.0, one, "why") for one in outcomes)


def test_a_verdict_without_texts_is_one(make_view: MakeView) -> None:
    verdict = pa.table({"rule": ["r"], "threshold": [1.0], "observed": [2.0], "outcome": ["pass"]})
    view = make_view({"u": "a"}, {"u": "b"}, verdict=verdict)
    assert view.facts().rules == (Rule("r", 1.0, 2.0, "pass", None),)


def test_a_list_comes_in_the_order_of_rank_whatever_the_order_in_the_file(make_view: MakeView) -> None:
    view = make_view(pa.table({"user_id": ["u", "v", "u"], "item_id": ["b", "x", "a"], "rank": [2, 1, 1]}))
    assert [row.item_id for row in view.recommended(0, "u")] == ["a", "b"]
    assert view.recommended(0, "nobody") == []


def test_columns_that_a_table_lacks_or_that_hold_something_else_are_not_known(make_view: MakeView) -> None:
    view = make_view(pa.table({"user_id": ["u"], "item_id": ["a"], "rank": [1], "score": [["not", "a", "number"]]}))
    row = view.recommended(0, "u")[0]
    assert (row.score, row.source) == (None, None)
    assert users_of(view)["u"].fallback == (None,)
    assert view.facts().summary.sides[0].fallback is None


def test_the_latest_interactions_come_first_and_100_are_kept(make_view: MakeView) -> None:
    times = [datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=37 * index % 130) for index in range(130)]
    names = [f"i{index:03d}" for index in range(130)]
    rows = {"user_id": ["u"] * 130, "item_id": names, "time": pa.array(times, pa.timestamp("ms", "UTC"))}
    view = make_view({"u": "a"}, history=pa.table(rows))
    history = view.history("u", 1000)
    latest = [name for _, name in sorted(zip(times, names, strict=True), key=lambda one: (-one[0].timestamp(), one[1]))]
    assert [row.item_id for row in history] == latest[:100]
    assert history[0].time == max(times)
    assert history[0].weight is None
    assert users_of(view)["u"].history == 130
    assert view.head.last_time == max(times)


def test_exposure_counts_a_user_once_and_keeps_who_gets_an_item(make_view: MakeView) -> None:
    base = pa.table({"user_id": ["u1", "u1", "u2"], "item_id": ["a", "a", "a"], "rank": [1, 2, 30]})
    item = make_view(base, {"u3": "xa"}).item("a")
    assert item is not None
    assert item.exposure == (2, 1)
    assert (item.ranks[0][0], item.ranks[0][20], sum(item.ranks[0])) == (1, 1, 2)
    assert item.receivers == ((("u1", 1), ("u2", 30)), (("u3", 2),))


def test_the_receivers_kept_are_those_with_the_best_ranks(make_view: MakeView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "SPAN_ROWS", 40)
    rng = np.random.default_rng(1)
    ranks = rng.integers(1, 9, 300).tolist()
    users = [f"u{index:03d}" for index in range(300)]
    view = make_view(pa.table({"user_id": users, "item_id": ["a"] * 300, "rank": ranks}))
    item = view.item("a")
    assert item is not None
    assert list(item.receivers[0]) == sorted(zip(users, ranks, strict=True), key=lambda one: (one[1], one[0]))[:20]
    assert item.ranks[0][:8] == tuple(ranks.count(rank) for rank in range(1, 9))


def test_faults_of_the_data_are_counted_with_examples(make_view: MakeView) -> None:
    rows = pa.table(
        {
            "user_id": ["u1", "u1", "u2", "u2", "u3"],
            "item_id": ["a", "a", "b", "c", "d"],
            "rank": [1, 2, 1, 3, 1],
            "score": [1.0, math.nan, 0.5, None, 0.1],
        }
    )
    view = make_view(rows, history={"u1": "a", "u9": "b"}, titles={"a": "A", "b": " ", "c": None})
    quality = view.facts().quality[0]
    assert quality.duplicates == Check(1, 5, ("u1",))
    assert quality.rank_gaps == Check(1, 3, ("u2",))
    assert quality.nan_scores == Check(1, 5, ("u1",))
    assert quality.unknown_items == Check(1, 5, ("d",))
    assert quality.untitled_items == Check(2, 4, ("b", "c"))
    assert quality.users_without_rows == Check(1, 2, ("u9",))
    assert quality.users_without_history == Check(2, 3, ("u2", "u3"))
    assert quality.titled_rows == Check(2, 5)
    assert quality.users_with_history == Check(1, 3)


def test_what_was_not_looked_at_is_not_known(make_view: MakeView) -> None:
    rows = pa.table({"user_id": ["u"], "item_id": ["a"], "rank": [1]})
    assert make_view(rows).facts().quality[0].nan_scores == Check(None, None)


def test_the_summary_counts_gaps(make_view: MakeView) -> None:
    summary = (
        make_view(
            {"u1": "ab", "u2": "ac"},
            {"u1": "ab"},
            history={"u1": "a", "u3": "b"},
            titles={"a": "A", "b": " ", "d": None},
        )
        .facts()
        .summary
    )
    base, candidate = summary.sides
    assert (base.users, base.rows, base.items, base.fallback) == (2, 4, 3, 0)
    assert (base.items_untitled, base.items_unknown, base.users_without_history) == (1, 1, 1)
    assert (candidate.users, candidate.items_unknown) == (1, 0)
    assert summary.users_without_rows == (1, 1)
    assert (summary.users_with_history, summary.users_in_all, summary.items, summary.items_untitled) == (2, 1, 3, 2)


def test_similar_items_are_those_that_the_same_users_had(make_view: MakeView) -> None:
    history = {"u1": "ab", "u2": "ab", "u3": "abc", "u4": "c", "u5": "d"}
    view = make_view({"u1": "x"}, history=history)
    similar = {name: item.similar for name in "abcd" if (item := view.item(name)) is not None}
    # Cosines: a and b 3/3; a and c, b and c 1/sqrt(3 * 2).
    assert similar == {"a": ("b", "c"), "b": ("a", "c"), "c": ("a", "b"), "d": ()}


def _many(rng: np.random.Generator, users: int = 400) -> pa.Table:
    lengths = rng.integers(1, 12, users)
    owners = np.repeat(np.arange(users), lengths)
    ranks = np.concatenate([np.arange(1, length + 1) for length in lengths])
    names = [f"u{owner:04d}" for owner in owners]
    items = [f"i{item}" for item in rng.integers(0, 60, len(owners))]
    return pa.table({"user_id": names, "item_id": items, "rank": ranks, "score": rng.random(len(owners))})


def _content(view: ViewReader) -> dict[str, Any]:
    """Every table of a view; row groups do not matter."""
    files = sorted(Path(view.files.root).glob("*.parquet"))
    return {file.name: pq.read_table(file).to_pydict() for file in files}


@pytest.mark.parametrize("key", ["", "secret"])
@pytest.mark.parametrize("rows_of_a_span", [50, 10**6])
def test_the_order_of_rows_does_not_matter(
    make_view: MakeView, monkeypatch: pytest.MonkeyPatch, key: str, rows_of_a_span: int
) -> None:
    rng = np.random.default_rng(7)
    base, candidate, history = _many(rng), _many(rng), _many(rng)
    days = rng.integers(0, 10**6, len(history)) * 10**6
    history = history.append_column("time", pa.array(days, pa.timestamp("us", "UTC")))
    expected = make_view(base, candidate, history=history, pseudonym_key=key)
    monkeypatch.setattr(spans, "SPAN_ROWS", rows_of_a_span)
    monkeypatch.setattr(spans, "SAMPLE_STEP", 3)
    monkeypatch.setattr(spans, "DEAL_ROWS", 100)
    shuffled = [table.take(rng.permutation(len(table))) for table in (base, candidate, history)]
    found = make_view(shuffled[0], shuffled[1], history=shuffled[2], pseudonym_key=key)
    # Of a user's equal ranks (there are none here) the order would be that of items.
    assert _content(found) == _content(expected)
    assert found.head == expected.head


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ([("a", "b"), ("b", "d"), ("e", "f")], True),
        ([("a", "d"), ("b", "e")], False),
        ([("e", "f"), ("a", "b")], False),
        ([(None, None)], False),
    ],
)
def test_a_table_is_sorted_when_its_row_groups_follow_each_other(
    bounds: list[tuple[str | None, str | None]], expected: bool
) -> None:
    groups = [spans.Group(Path("part"), least, greatest, 100) for least, greatest in bounds]
    assert spans.in_small_sorted_groups(groups, 100) is expected
    assert spans.in_small_sorted_groups(groups, 99) is False


def test_small_spans_read_a_sorted_table_as_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "SPAN_ROWS", 200)
    table = _many(np.random.default_rng(3))
    file = tmp_path / "part-00000.parquet"
    pq.write_table(table, file, row_group_size=100)
    opened = Table.open("lists", [file])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    cut = spans.Spans([(opened, LISTS)], scratch)
    sizes = [len(frames[0]) for frames in cut]
    assert sum(sizes) == len(table)
    assert len(sizes) > 5
    assert max(sizes) < 500
    assert not list(scratch.iterdir())


def test_a_user_is_never_cut_in_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "SPAN_ROWS", 10)
    rows = {"user_id": ["a"] * 50 + ["b"] * 50, "item_id": ["x"] * 100, "rank": list(range(100))}
    file = tmp_path / "part-00000.parquet"
    pq.write_table(pa.table(rows), file, row_group_size=7)
    (tmp_path / "scratch").mkdir()
    cut = spans.Spans([(Table.open("lists", [file]), LISTS)], tmp_path / "scratch")
    assert [frames[0]["user_id"].unique().to_list() for frames in cut if len(frames[0])] == [["a"], ["b"]]


def test_with_pseudonyms_no_file_holds_an_id(make_view: MakeView) -> None:
    lists = {f"person-{index:03d}": "abc" for index in range(30)}
    view = make_view(lists, dict.fromkeys(lists, "cde"), history=lists, pseudonym_key="secret")
    for file in Path(view.files.root).iterdir():
        assert b"person" not in file.read_bytes()
        if file.suffix == ".parquet":
            assert "person" not in str(pq.read_table(file).to_pydict())
    assert view.head.pseudonyms
    assert "secret" not in str(view.head)
    assert set(users_of(view)) == {pseudonym("secret", user) for user in lists}


def test_a_pseudonym_is_known_by_key_and_user_alone() -> None:
    assert pseudonym("key", "u1") == pseudonym("key", "u1")
    assert pseudonym("key", "u1") != pseudonym("other", "u1") != pseudonym("key", "u2")
    # echo -n u1 | openssl dgst -sha256 -hmac key
    assert pseudonym("key", "u1") == "dc0708706ec6b9b1"


def test_the_same_tables_give_the_same_bytes(make_view: MakeView, tmp_path: Path) -> None:
    table = _many(np.random.default_rng(5))
    for name in ("one", "two"):
        make_view(table, {"u0001": "ab"}, history={"u1": "ab"}, folder=tmp_path / name)
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert len(files) == 8
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)


def test_row_groups_have_their_size_whatever_the_spans(make_view: MakeView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "SPAN_ROWS", 130)
    monkeypatch.setattr(writing, "ROWS", 100)
    table = _many(np.random.default_rng(5))
    footer = pq.read_metadata(Path(make_view(table).files.root) / "recommendations-0.parquet")
    sizes = [footer.row_group(index).num_rows for index in range(footer.num_row_groups)]
    assert set(sizes[:-1]) == {100}
    assert sum(sizes) == len(table)
