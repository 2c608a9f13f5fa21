"""Data access: answers about users and items, what is missing, and files that cannot be read."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_viewer.data import Dataset, Side, Table, UnreadableError
from machiya_viewer.pages import UserQuery, changes, user_list

MakeTable = Callable[[str, pa.Table], Table]
MakeDataset = Callable[..., Dataset]


def test_overlap_is_computed_at_k_for_users_of_both_results(make_dataset: MakeDataset) -> None:
    base = {"u1": "abcd", "u2": "abc", "u3": "abc", "only-base": "abc"}
    candidate = {"u1": "cbxa", "u2": "xyz", "u3": "ab", "only-candidate": "abc"}
    users = make_dataset(base, candidate, k=3).users().page("user_id", False, 0, 10)
    found = {user.user_id: (user.overlap, user.entered, user.left) for user in users}
    assert found == {
        "u1": (pytest.approx(2 / 3), 1, 1),
        "u2": (0.0, 3, 3),
        "u3": (pytest.approx(2 / 3), 0, 1),
        "only-base": (None, None, None),
        "only-candidate": (None, None, None),
    }


def test_lists_are_counted_and_absence_is_zero_rows(make_dataset: MakeDataset) -> None:
    dataset = make_dataset({"u1": "abc"}, {"u1": "ab", "u2": "a"})
    users = {row.user_id: row for row in user_list(dataset, UserQuery("", "user_id", "", 1)).users}
    assert users["u1"].rows == (3, 2)
    assert users["u2"].rows == (0, 1)
    assert users["u2"].fallback == (None, 0)


def test_a_given_comparison_is_used_instead(make_dataset: MakeDataset) -> None:
    given = pa.table(
        {"user_id": ["u1"], "overlap": [0.25], "rbo": [0.5], "segment": ["heavy"], "kendall_tau": [float("nan")]}
    )
    user = make_dataset({"u1": "ab"}, {"u1": "ab"}, user_changes=given).users().find("u1")
    assert user is not None
    assert (user.overlap, user.rbo, user.segment, user.kendall_tau) == (0.25, 0.5, "heavy", None)


def test_changes_are_summed_up(make_dataset: MakeDataset) -> None:
    view = changes(make_dataset({"u1": "ab", "u2": "ab", "u3": "ab"}, {"u1": "ab", "u2": "ax", "u3": "xy"}, k=2), 2)
    assert [user.user_id for user in view.users] == ["u3", "u2"]
    assert (view.total, view.unchanged) == (3, 1)
    assert view.mean_overlap == pytest.approx(0.5)
    assert view.overlaps is not None
    assert {label: users for label, users in view.overlaps.rows if users} == {
        "0 to under 10%": 1,
        "50 to under 60%": 1,
        "100%": 1,
    }


@pytest.mark.parametrize("tenths", range(11))
def test_every_tenth_falls_into_its_own_bin(make_dataset: MakeDataset, tenths: int) -> None:
    given = pa.table({"user_id": ["u1"], "overlap": [tenths / 10]})
    view = changes(make_dataset({"u1": "a"}, {"u1": "a"}, user_changes=given), 1)
    assert view.overlaps is not None
    assert [users for _, users in view.overlaps.rows].index(1) == tenths


def test_results_without_a_common_user_say_so(make_dataset: MakeDataset) -> None:
    assert "No user is in both" in changes(make_dataset({"u1": "a"}, {"u2": "a"}), 5).absent
    assert "There is one result" in changes(make_dataset({"u1": "a"}), 5).absent


def test_a_list_comes_in_the_order_of_rank_whatever_the_order_in_the_file(stored: MakeTable) -> None:
    rows = pa.table({"user_id": ["u", "v", "u"], "item_id": ["b", "x", "a"], "rank": [2, 1, 1]})
    table = stored("recommendations", rows)
    dataset = Dataset((Side("base", table),), table, table, k=3)
    assert [row.item_id for row in dataset.recommended(dataset.sides[0], "u")] == ["a", "b"]
    assert dataset.recommended(dataset.sides[0], "nobody") == []


def test_columns_that_a_table_lacks_are_not_known(stored: MakeTable) -> None:
    rows = pa.table({"user_id": ["u"], "item_id": ["a"], "rank": [1], "score": [["not", "a", "number"]]})
    table = stored("recommendations", rows)
    dataset = Dataset((Side("base", table),), table, table, k=3)
    row = dataset.recommended(dataset.sides[0], "u")[0]
    assert (row.score, row.source) == (None, None)
    user = dataset.users().find("u")
    assert user is not None
    assert user.fallback == (None,)


def test_the_latest_interactions_come_first(stored: MakeTable, make_dataset: MakeDataset) -> None:
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 3, 2)]
    rows = pa.table(
        {"user_id": ["u"] * 3, "item_id": ["a", "b", "c"], "time": pa.array(days, pa.timestamp("ms", "UTC"))}
    )
    dataset = make_dataset({"u": "a"})
    dataset = Dataset(dataset.sides, stored("interactions", rows), dataset.items, k=3)
    history, total = dataset.history("u", 2)
    assert ([row.item_id for row in history], total) == (["b", "c"], 3)
    assert history[0].time == days[1]
    assert history[0].weight is None


def test_labels_tell_untitled_items_from_unknown_ones(make_dataset: MakeDataset) -> None:
    labels = make_dataset({"u": "a"}, titles={"a": "A", "b": None}).labels(["a", "b", "c"])
    assert [(labels[key].title, labels[key].known) for key in "abc"] == [("A", True), (None, True), (None, False)]


def test_the_summary_counts_gaps(make_dataset: MakeDataset) -> None:
    dataset = make_dataset(
        {"u1": "ab", "u2": "ac"},
        {"u1": "ab"},
        history={"u1": "a", "u3": "b"},
        titles={"a": "A", "b": " ", "d": None},
    )
    summary = dataset.summary()
    base, candidate = summary.sides
    assert (base.users, base.rows, base.items, base.fallback) == (2, 4, 3, 0)
    assert (base.items_untitled, base.items_unknown, base.users_without_history) == (1, 1, 1)
    assert (candidate.users, candidate.items_unknown) == (1, 0)
    assert summary.users_without_rows == (1, 1)
    assert (summary.users_with_history, summary.users_in_all, summary.items, summary.items_untitled) == (2, 1, 3, 2)


def test_exposure_counts_users_and_orders_by_the_candidate(make_dataset: MakeDataset) -> None:
    dataset = make_dataset({"u1": "ab", "u2": "ab"}, {"u1": "cb", "u2": "ca", "u3": "c"})
    found = [(one.item.item_id, one.users) for one in dataset.exposures(10)]
    assert found == [("c", (0, 3)), ("a", (2, 1)), ("b", (2, 1))]
    assert dataset.exposure("b") == ({2: 2}, {2: 1})
    assert dataset.receivers("b", 10) == [("u1", (2, 2)), ("u2", (2, None))]


def test_users_are_searched_sorted_and_paged(make_dataset: MakeDataset) -> None:
    dataset = make_dataset({f"u{index:03d}": "ab" for index in range(120)})
    page = user_list(dataset, UserQuery("", "user_id", "", 3))
    assert (page.total, page.pages, len(page.users), page.users[0].user_id) == (120, 3, 20, "u100")
    found = user_list(dataset, UserQuery("u00", "user_id", "", 1))
    assert [user.user_id for user in found.users] == [f"u00{index}" for index in range(10)]
    assert user_list(dataset, UserQuery("u.*", "user_id", "", 1)).total == 0  # text, not a pattern


def test_a_question_about_one_user_reads_the_row_groups_that_can_hold_them(tmp_path: Path) -> None:
    users = [f"u{index:05d}" for index in range(10_000)]
    rows = pa.table({"user_id": users, "item_id": ["a"] * len(users), "rank": [1] * len(users)})
    file = tmp_path / "part-00000.parquet"
    pq.write_table(rows, file, row_group_size=1000)
    _damage_all_row_groups_but(file, 4)
    table = Table.open("recommendations", [file])
    dataset = Dataset((Side("base", table),), table, table, k=1)
    assert len(dataset.recommended(dataset.sides[0], "u04321")) == 1
    with pytest.raises(UnreadableError):
        dataset.recommended(dataset.sides[0], "u01234")


def _damage_all_row_groups_but(file: Path, kept: int) -> None:
    """Overwrite the data of every other row group; the footer with its statistics stays."""
    metadata = pq.read_metadata(file)
    content = bytearray(file.read_bytes())
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        columns = [group.column(number) for number in range(group.num_columns)]
        start = min(column.dictionary_page_offset or column.data_page_offset for column in columns)
        if index != kept:
            content[start : start + sum(column.total_compressed_size for column in columns)] = b"\xff" * sum(
                column.total_compressed_size for column in columns
            )
    file.write_bytes(content)


def test_aggregates_are_computed_once_until_a_file_changes(make_dataset: MakeDataset, tables: Any) -> None:
    dataset = make_dataset({"u1": "a"})
    first = dataset.users()
    assert dataset.users() is first
    pq.write_table(tables.recommendations({"u1": "a", "u2": "a"}), dataset.sides[0].recommendations.files[0])
    assert len(dataset.users()) == 2


def test_a_folder_without_parquet_cannot_be_opened() -> None:
    with pytest.raises(UnreadableError, match="items: there is no Parquet file"):
        Table.open("items", [])


def test_what_is_not_parquet_is_named(tmp_path: Path) -> None:
    file = tmp_path / "part-00000.parquet"
    file.write_bytes(b"not parquet at all")
    with pytest.raises(UnreadableError, match=r"items/part-00000.parquet: is not readable as Parquet"):
        Table.open("items", [file])
