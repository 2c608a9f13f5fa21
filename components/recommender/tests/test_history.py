"""Histories read from Parquet parts, some users at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.history import History, HistoryReader, _RowGroups
from machiya_recommender.sharding import batches

LONG = "u" * 5_000
"""Longer than what Parquet keeps statistics of."""
USERS = sorted(["", " ", "A", "é", "ユーザー", "😀", LONG, *(f"u{number:03d}" for number in range(40))])
ITEMS = [f"i{number:02d}" for number in range(20)]
Rows = list[tuple[str, str, float]]


def log(seed: int = 0) -> Rows:
    """Some items for each user, sorted by user; with weights 0, and items that no model knows."""
    rng = np.random.default_rng(seed)
    return [
        (user, item, float(rng.integers(0, 4)))
        for user in USERS
        for item in rng.permutation([*ITEMS, "unknown"])[: rng.integers(1, 12)].tolist()
    ]


def written(folder: Path, rows: Rows, parts: int = 1, group: int = 16, **options: Any) -> HistoryReader:
    """The rows in parts of small row groups."""
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    types = (pa.string(), pa.string(), pa.float64())
    arrays = [pa.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
    table = pa.table(arrays, ["user_id", "item_id", "weight"])
    size = -(-len(rows) // parts) or 1
    files = [folder / f"part-{number:05d}.parquet" for number in range(parts)]
    for number, file in enumerate(files):
        pq.write_table(table.slice(number * size, size), file, row_group_size=group, **options)
    return HistoryReader(files)


def seen(history: History, users: list[str]) -> dict[str, list[tuple[str, float]]]:
    """user -> what was seen and how much, sorted."""
    assert history.weights is not None
    return {
        user: sorted(
            (ITEMS[item], weight)
            for item, weight in zip(
                history.items[first:last].tolist(), history.weights[first:last].tolist(), strict=True
            )
        )
        for user, first, last in zip(users, history.starts[:-1], history.starts[1:], strict=True)
    }


def naive(rows: Rows, users: list[str]) -> dict[str, list[tuple[str, float]]]:
    return {
        user: sorted((item, weight) for one, item, weight in rows if one == user and item in ITEMS) for user in users
    }


def shuffled(rows: Rows) -> Rows:
    return [rows[place] for place in np.random.default_rng(1).permutation(len(rows))]


@pytest.fixture(autouse=True)
def small_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("machiya_recommender.history.ROWS_AT_A_TIME", 40)


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"write_statistics": False}])
@pytest.mark.parametrize("order", [list, shuffled])
@pytest.mark.parametrize("size", [7, 1000])
def test_users_in_batches_have_what_the_log_says(
    tmp_path: Path, parts: int, options: dict[str, Any], order: Callable[[Rows], Rows], size: int
) -> None:
    rows = order(log())
    reader = written(tmp_path, rows, parts, **options)
    assert reader.users().to_pylist() == USERS
    found: dict[str, list[tuple[str, float]]] = {}
    for batch in batches(range(len(USERS)), size):
        names = USERS[batch.start : batch.stop]
        found |= seen(reader.read(pa.array(names), pa.array(ITEMS), weights=True), names)
    assert found == naive(rows, USERS)


@pytest.mark.parametrize("order", [list, shuffled])
@pytest.mark.parametrize(("shards", "group"), [(1, 16), (2, 1), (3, 1), (7, 16), (50, 1000)])
def test_the_users_of_the_shards_are_all_users_in_their_order(
    tmp_path: Path, order: Callable[[Rows], Rows], shards: int, group: int
) -> None:
    reader = written(tmp_path, order([row for row in log() if row[0] != LONG]), 2, group)
    found = [user for shard in range(shards) for user in reader.users(shard, shards).to_pylist()]
    assert found == [user for user in USERS if user != LONG]


def test_a_shard_of_sorted_interactions_is_read_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = written(tmp_path, [(f"u{number:04d}", "i00", 1.0) for number in range(1024)])
    rows: list[int] = []

    def counted(groups: _RowGroups, columns: list[str]) -> pa.Table:
        rows.append(groups.rows)
        return pq.read_table(groups.file, columns=columns).slice(groups.numbers[0] * 16, groups.rows)

    monkeypatch.setattr("machiya_recommender.history._read", counted)
    assert reader.users(1, 4).to_pylist() == [f"u{number:04d}" for number in range(256, 512)]
    assert sum(rows) <= 256 + 16


@pytest.mark.parametrize("parts", [1, 3])
def test_everything_is_read_in_its_order(tmp_path: Path, parts: int) -> None:
    tables = list(written(tmp_path, log(), parts).everything())
    assert len(tables) > parts, "not all at once"
    assert [tuple(row.values()) for table in tables for row in table.to_pylist()] == log()


def test_strangers_have_seen_nothing(tmp_path: Path) -> None:
    names = ["0 new", *USERS[3:5], "zzz"]
    rows = log()
    history = written(tmp_path, rows).read(pa.array(names), pa.array(ITEMS), weights=True)
    assert seen(history, names) == naive(rows, names)


def test_weights_are_read_only_where_they_are_asked_for(tmp_path: Path) -> None:
    reader = written(tmp_path, [("a", "i00", float("nan"))])
    assert reader.read(pa.array(["a"]), pa.array(ITEMS)).weights is None
    with pytest.raises(InvalidInputError, match="NaN, negative or too large, the first: nan") as caught:
        reader.read(pa.array(["a"]), pa.array(ITEMS), weights=True)
    assert "row" not in str(caught.value).partition("the first")[2], "which row that is, nobody counted"


def test_row_groups_without_one_of_the_users_are_not_read(tmp_path: Path) -> None:
    reader = written(tmp_path, [(f"u{number:04d}", "i00", 1.0) for number in range(1000)])
    some = pa.array([f"u{number:04d}" for number in range(500, 510)])
    assert len(reader._groups) > 60
    assert len(list(reader._holding(some))) <= 2
    assert reader.read(some, pa.array(ITEMS)).starts.tolist() == list(range(11))


@pytest.mark.parametrize(
    ("lowest", "highest", "expected"),
    [(b"a", b"b", False), (b"c", b"c", True), (b"a", b"z", True), (b"f", b"g", False)],
)
def test_bounds_tell_what_may_be_there(lowest: bytes, highest: bytes, expected: bool) -> None:
    assert _RowGroups(Path("part"), [0], 1, b"c", b"e").may_hold(lowest, highest) is expected
    assert _RowGroups(Path("part"), [0], 1, None, None).may_hold(lowest, highest)


def test_dictionaries_may_hold_values_that_do_not_occur(tmp_path: Path) -> None:
    users = pa.DictionaryArray.from_arrays(pa.array([2, 0], pa.int32()), ["b", "never", "a"])
    table = pa.table({"user_id": users, "item_id": ["i01", "i00"], "weight": [1.0, 2.0]})
    pq.write_table(table, tmp_path / "part-00000.parquet")
    reader = HistoryReader([tmp_path / "part-00000.parquet"])
    assert reader.users().to_pylist() == ["a", "b"]
    assert seen(reader.read(reader.users(), pa.array(ITEMS), weights=True), ["a", "b"]) == {
        "a": [("i01", 1.0)],
        "b": [("i00", 2.0)],
    }


@pytest.mark.parametrize("name", ["user_id", "item_id"])
def test_a_missing_id_is_refused(tmp_path: Path, name: str) -> None:
    table = pa.table({"user_id": ["a", "b"], "item_id": ["i00", "i01"]})
    broken = table.set_column(table.column_names.index(name), name, pa.array(["a", None]))
    pq.write_table(broken, tmp_path / "part-00000.parquet")
    with pytest.raises(InvalidInputError, match=f"'{name}' of the interactions misses 1"):
        HistoryReader([tmp_path / "part-00000.parquet"]).read(pa.array(["a"]), pa.array(ITEMS))


def test_no_rows_and_no_users(tmp_path: Path) -> None:
    reader = written(tmp_path, [])
    assert len(reader.users()) == 0
    assert reader.read(pa.array(["a"]), pa.array(ITEMS)).starts.tolist() == [0, 0]
    assert written(tmp_path, log()).read(pa.array([], pa.string()), pa.array(ITEMS)).starts.tolist() == [0]


def test_parts_and_masks_of_a_history() -> None:
    history = History(np.array([0, 2, 2, 5]), np.array([4, 1, 0, 2, 3], np.int32), np.arange(5.0))
    part = history.part(range(1, 3))
    assert (part.starts.tolist(), part.items.tolist()) == ([0, 0, 3], [0, 2, 3])
    only = history.only(np.array([True, False, True]))
    assert (only.starts.tolist(), only.items.tolist()) == ([0, 2, 5], [4, 1, 0, 2, 3])
