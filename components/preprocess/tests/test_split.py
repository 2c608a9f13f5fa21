"""``split`` as an operation: what is in train and test, and what cannot be split."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_component import ArgumentsError, DataError
from machiya_component.testing import Result, run_operation
from machiya_preprocess import interactions as interactions_module
from machiya_preprocess import splitting
from machiya_preprocess.component import component

START = datetime(2026, 11, 1, tzinfo=UTC)
Pair = tuple[str, str]


class Split(Protocol):
    def __call__(self, table: pa.Table, **parameters: Any) -> Result: ...


@pytest.fixture
def split(tmp_path: Path) -> Split:
    def run(table: pa.Table, **parameters: Any) -> Result:
        folder = Path(mkdtemp(dir=tmp_path))
        return run_operation(component, "split", inputs={"interactions": table}, parameters=parameters, folder=folder)

    return run


def interactions(*rows: tuple[str, str, float]) -> pa.Table:
    """A table from (user, item, hours after the start)."""
    users, items, hours = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": users,
            "item_id": items,
            "weight": np.arange(1.0, len(rows) + 1),
            "events": np.ones(len(rows), dtype=np.int64),
            "time": pa.array([START + timedelta(hours=after) for after in hours], pa.timestamp("us", "UTC")),
            "note": [f"row {number}" for number in range(len(rows))],
        }
    )


def many() -> pa.Table:
    """60 users with 12 of 30 items each, at times of which many are equal."""
    rng = np.random.default_rng(3)
    return interactions(
        *(
            (f"u{user:02d}", f"i{item:02d}", int(rng.integers(200)))
            for user in range(60)
            for item in sorted(rng.choice(30, 12, replace=False))
        )
    )


def pairs(table: pa.Table) -> list[Pair]:
    return list(zip(table["user_id"].to_pylist(), table["item_id"].to_pylist(), strict=True))


def sides(result: Result) -> Iterator[list[Pair]]:
    for port in ("train", "test"):
        yield pairs(result.table(port))


METHODS: list[dict[str, object]] = [{"method": "time"}, {"method": "last-n", "test_items": 2}, {"method": "k-fold"}]


@pytest.mark.parametrize("parameters", METHODS, ids=lambda parameters: parameters["method"])
def test_train_and_test_are_the_interactions_divided_in_two(split: Split, parameters: dict[str, object]) -> None:
    table = many()
    result = split(table, **parameters)
    rows = result.table("train").to_pylist() + result.table("test").to_pylist()
    assert sorted(rows, key=lambda row: (row["user_id"], row["item_id"])) == table.to_pylist()
    for side in sides(result):
        assert side == sorted(side)
        assert side


@pytest.mark.parametrize("parameters", METHODS, ids=lambda parameters: parameters["method"])
def test_the_order_of_the_rows_changes_nothing(split: Split, parameters: dict[str, object]) -> None:
    table = many()
    shuffled = table.take(pa.array(np.random.default_rng(1).permutation(len(table))))
    first, second = split(table, **parameters), split(shuffled, **parameters)
    assert first.table("train").equals(second.table("train"))
    assert first.table("test").equals(second.table("test"))


@pytest.mark.parametrize("parameters", METHODS, ids=lambda parameters: parameters["method"])
def test_tables_of_many_batches_and_parts_are_divided_as_one(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, object]
) -> None:
    whole = split(many(), **parameters)
    for module in (interactions_module, splitting):
        monkeypatch.setattr(module, "SLICE", 50)
    folder = tmp_path / "parts"
    folder.mkdir()
    for number, rows in enumerate((many().slice(0, 333), many().slice(333))):
        pq.write_table(rows, folder / f"part-{number}.parquet", row_group_size=70)
    result = run_operation(
        component, "split", inputs={"interactions": folder}, parameters=parameters, folder=tmp_path / "run"
    )
    for port in ("train", "test"):
        assert result.table(port).equals(whole.table(port))


@pytest.mark.parametrize("shuffled", [False, True])
def test_columns_keep_their_types(split: Split, shuffled: bool) -> None:
    """Some types are not Parquet's own, and read_schema tells them by what Arrow stored beside."""
    table = many()
    table = table.append_column("seen", table["time"].cast(pa.timestamp("us", "Asia/Tokyo")))
    table = table.set_column(1, "item_id", table["item_id"].cast(pa.large_string()))
    if shuffled:
        table = table.take(pa.array(np.random.default_rng(1).permutation(len(table))))
    result = split(table)
    for port in ("train", "test"):
        assert result.table(port).schema.equals(table.schema)


def test_ids_that_came_as_dictionaries_are_text(split: Split) -> None:
    table = many()
    coded = table.set_column(0, "user_id", table["user_id"].dictionary_encode())
    assert split(coded).table("train").equals(split(table).table("train"))


def test_empty_text_is_an_id_like_others(split: Split) -> None:
    table = interactions(("", "x", 1), ("", "y", 2), ("b", "", 3), ("b", "x", 1), ("c", "x", 1))
    train, test = sides(split(table, method="last-n"))
    assert train == [("", "x"), ("b", "x"), ("c", "x")]
    assert test == [("", "y"), ("b", "")]


@pytest.mark.parametrize("parameters", METHODS[1:], ids=lambda parameters: parameters["method"])
def test_the_seed_decides_what_is_left_to_chance(split: Split, parameters: dict[str, object]) -> None:
    table = many().set_column(4, "time", pa.array([START] * 720, pa.timestamp("us", "UTC")))
    one, again, other = (split(table, seed=seed, **parameters) for seed in (1, 1, 2))
    assert one.sidecar("test").digest == again.sidecar("test").digest
    assert pairs(one.table("test")) != pairs(other.table("test"))


def test_by_time_all_training_is_before_all_of_the_test(split: Split) -> None:
    result = split(many(), test_share=0.3)
    train, test = result.table("train"), result.table("test")
    assert max(train["time"].to_pylist()) < min(test["time"].to_pylist())
    assert abs(result.metrics()["test_share"] - 0.3) < 0.02
    assert result.metrics()["cut_time"] == min(test["time"].to_pylist()).timestamp()


def test_by_a_given_time_the_test_begins_at_it(split: Split) -> None:
    table = interactions(("a", "x", 0), ("a", "y", 9), ("b", "x", 8.9))
    result = split(table, cut_time="2026-11-01T18:00:00+09:00")
    assert list(sides(result)) == [[("a", "x"), ("b", "x")], [("a", "y")]]


def test_the_last_items_of_a_user_are_the_test(split: Split) -> None:
    table = interactions(("a", "x", 3), ("a", "y", 1), ("a", "z", 2), ("b", "x", 1), ("c", "x", 1), ("c", "y", 2))
    train, test = sides(split(table, method="last-n"))
    assert test == [("a", "x"), ("c", "y")]
    assert train == [("a", "y"), ("a", "z"), ("b", "x"), ("c", "x")]


def test_folds_partition_the_interactions(split: Split) -> None:
    table = many()
    tests = [pairs(split(table, method="k-fold", folds=5, fold=fold, seed=9).table("test")) for fold in range(5)]
    assert sorted(pair for test in tests for pair in test) == pairs(table)
    assert max(map(len, tests)) - min(map(len, tests)) <= 60


def test_test_rows_of_new_users_and_items_are_counted_and_can_be_left_out(split: Split) -> None:
    table = interactions(("a", "x", 0), ("a", "new", 5), ("new", "x", 5), ("a", "y", 0), ("b", "y", 5))
    cut = {"cut_time": "2026-11-01T01:00:00Z"}
    kept = split(table, **cut)
    assert (kept.metrics()["new_test_users"], kept.metrics()["new_test_items"]) == (2, 1)
    assert [len(side) for side in sides(kept)] == [2, 3]
    known_items = split(table, keep_new_items=False, **cut)
    assert pairs(known_items.table("test")) == [("b", "y"), ("new", "x")]
    known_users = split(table, keep_new_users=False, **cut)
    assert pairs(known_users.table("test")) == [("a", "new")]
    assert known_users.metrics()["dropped_rows"] == 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"cut_time": "2026-12-01"}, r"nothing is left for the test of 3 .*between 2026-11-01T00.* and 2026-11-01T02"),
        ({"cut_time": "2026-10-01"}, "nothing is left for training"),
        ({"method": "last-n", "test_items": 9}, "nothing is left for the test.*Lower --test_items"),
        (
            {"cut_time": "2026-11-01T02:00Z", "keep_new_users": False},
            "all 1 test rows are of users or items not in training.*--keep_new_users",
        ),
    ],
)
def test_when_a_side_would_be_empty_the_message_says_what_to_do(
    split: Split, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        split(interactions(("a", "x", 0), ("b", "x", 1), ("c", "x", 2)), **parameters)


def test_more_folds_than_rows_leave_a_fold_without_a_test(split: Split) -> None:
    table = interactions(("a", "x", 0), ("a", "y", 1))
    with pytest.raises(DataError, match=r"nothing is left for the test of 2 interactions.*Lower --folds"):
        [split(table, method="k-fold", folds=3, fold=fold) for fold in range(3)]


def test_one_time_for_all_cannot_be_split_by_time(split: Split) -> None:
    with pytest.raises(DataError, match=r"all interactions are at one time.*--method k-fold"):
        split(interactions(("a", "x", 0), ("b", "x", 0)))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "k-fold", "folds": 3, "fold": 3}, "fold 3 is not one of 3 folds"),
        ({"cut_time": "noon"}, "cut_time 'noon' is not a time"),
        ({"test_share": 1}, "test_share"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(split: Split, parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentsError, match=message):
        split(interactions(("a", "x", 0), ("b", "x", 1)), **parameters)
