"""A serving copy holds what the table holds, however the table is stored; what cannot be packed is told."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machiya_component import DataError
from machiya_component.testing import run_operation

from machiya_publish import compact, lists, packed
from machiya_publish.compact import ParquetLists
from machiya_publish.component import component
from machiya_publish.serving import ServingCopy
from machiya_publish.vocabulary import Vocabulary

from .packing import SCHEMA, Lists, many, plain, table
from .packing import packed as pack_into

IDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SCORES = st.floats(width=32, allow_nan=False, allow_infinity=False)
PLACES = st.tuples(IDS, SCORES, st.sampled_from(["model", "popular", "人気"]))
LISTS = st.dictionaries(IDS, st.lists(PLACES, min_size=1, max_size=9), max_size=9)


def assert_holds(folder: Path, expected: Lists) -> None:
    copy, parquet = ServingCopy(folder / "serving"), ParquetLists(folder / "serving")
    copy.verify()
    assert len(copy) == len(expected)
    for reader in (copy, parquet):
        assert {user: plain(reader.recommend(user)) for user in expected} == expected
        assert {user: plain(reader.recommend(user, 2)) for user in expected} == {
            user: found[:2] for user, found in expected.items()
        }


@given(LISTS, st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_every_user_is_found_with_the_list_of_the_table(expected: Lists, row_group_size: int) -> None:
    with TemporaryDirectory() as folder:
        pack_into(Path(folder), table(expected), row_group_size=row_group_size)
        assert_holds(Path(folder), expected)
        nobody = "nobody at all"
        assert ServingCopy(Path(folder) / "serving").recommend(nobody) is None
        assert ParquetLists(Path(folder) / "serving").recommend(nobody) is None


UGLY = {
    "nobody": {},
    "one user": {"u": [("i", 1.0, "model")]},
    "ids of 64 bits": {str(2**63 - 1): [(str(-(2**63)), 0.5, "model")], "-1": [("0", 0.25, "model")]},
    "ids that begin alike": {user: [(user, 1.0, "")] for user in ("", "a", "aa", "a\0", "a\0\0", "aaaa", "aaaaa")},
    "long ids": {"u" * 5000: [("i" * 70_000, 1.0, "s" * 300)]},
    "one more than a power of two": many(129),
    "a longer list than a batch": {"a": [("x", 2.0, "m")], "b": [(f"i{i}", -float(i), "m") for i in range(700)]},
}


@pytest.mark.parametrize("expected", UGLY.values(), ids=UGLY)
def test_ugly_tables(tmp_path: Path, expected: Lists) -> None:
    pack_into(tmp_path, table(expected), row_group_size=64)
    assert_holds(tmp_path, expected)


def test_the_copy_does_not_depend_on_how_the_table_is_divided_and_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = table(many(200))
    pack_into(tmp_path / "one", rows)
    expected = (tmp_path / "one" / "serving" / "packed.bin").read_bytes()
    encoded = rows.set_column(1, "item_id", rows["item_id"].dictionary_encode())
    large = rows.set_column(0, "user_id", rows["user_id"].cast(pa.large_string()))
    pack_into(tmp_path / "divided", *(rows.slice(at, 37) for at in range(0, len(rows), 37)))
    pack_into(tmp_path / "encoded", encoded, row_group_size=50)
    pack_into(tmp_path / "large", large, row_group_size=50)
    monkeypatch.setattr(packed, "USERS_AT_ONCE", 16)  # the index is sorted in parts
    pack_into(tmp_path / "in parts", rows)
    for name in ("divided", "encoded", "large", "in parts"):
        assert (tmp_path / name / "serving" / "packed.bin").read_bytes() == expected, name


def test_users_are_found_in_small_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "GROUP_ROWS", 20)
    expected = many(100)
    pack_into(tmp_path, table(expected))
    assert pq.ParquetFile(tmp_path / "serving" / "lists.parquet").metadata.num_row_groups > 20
    assert_holds(tmp_path, expected)
    assert ParquetLists(tmp_path / "serving").recommend("u") is None  # sorts before all of them
    assert ParquetLists(tmp_path / "serving").recommend("u55x") is None


@pytest.mark.parametrize("row_group_size", [1, 7, 1000])
def test_row_groups_of_the_table_do_not_make_those_of_the_lists_smaller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row_group_size: int
) -> None:
    monkeypatch.setattr(compact, "GROUP_ROWS", 40)
    expected = many(100)
    pack_into(tmp_path, table(expected), row_group_size=row_group_size)
    file = pq.ParquetFile(tmp_path / "serving" / "lists.parquet")
    groups = [file.read_row_group(number, ["items"])["items"] for number in range(file.num_row_groups)]
    sizes = [sum(len(items) for items in group.to_pylist()) for group in groups]
    assert len(sizes) > 5
    assert all(40 <= size < 40 + 12 for size in sizes[:-1])
    assert 0 < sizes[-1] < 40 + 12
    assert_holds(tmp_path, expected)


def test_any_reader_of_parquet_understands_the_lists(tmp_path: Path) -> None:
    expected = many(30)
    pack_into(tmp_path, table(expected))
    rows = pq.read_table(tmp_path / "serving" / "lists.parquet").to_pylist()
    ids = pq.read_table(tmp_path / "serving" / "items.parquet")["item_id"].to_pylist()
    items = {row["user_id"]: [ids[number] for number in row["items"]] for row in rows}
    assert items == {user: [item for item, _, _ in found] for user, found in expected.items()}
    assert [row["user_id"] for row in rows] == sorted(expected)
    assert all(row["source_ends"][-1] == len(row["items"]) == len(row["scores"]) for row in rows)


def test_memory_holds_a_batch_and_one_list(tmp_path: Path) -> None:
    pq.write_table(table(many(500)), tmp_path / "t.parquet")
    words = Vocabulary("item_id", 100), Vocabulary("source", 9)
    parts = list(lists.read_lists([tmp_path / "t.parquet"], *words, batch_rows=64))
    assert max(len(part.items) for part in parts) < 64 + 12
    assert sum(map(len, parts)) == 500


def test_scores_are_rounded_to_32_bits(tmp_path: Path) -> None:
    pack_into(tmp_path, table({"u": [("i", 0.1, "")]}))
    found = ServingCopy(tmp_path / "serving").recommend("u")
    assert found is not None
    assert found.scores.tolist() == [float(np.float32(0.1))]


def test_a_table_without_sources_and_with_whole_scores_is_packed(tmp_path: Path) -> None:
    rows = pa.table({"user_id": ["u", "u"], "item_id": ["a", "b"], "rank": [3, 7], "score": [5, 4], "more": [1, 2]})
    pack_into(tmp_path, rows)
    assert plain(ServingCopy(tmp_path / "serving").recommend("u")) == [("a", 5.0, ""), ("b", 4.0, "")]


def rows_of(users: Sequence[str], ranks: Sequence[int], scores: Sequence[float] | None = None) -> pa.Table:
    columns = [users, ["i"] * len(users), ranks, scores or [1.0] * len(users), ["m"] * len(users)]
    return pa.table(dict(zip(SCHEMA.names, columns, strict=True)), SCHEMA)


REFUSED = [
    (rows_of(["b", "a"], [1, 1]), "rows of user 'a' come after those of 'b'"),
    (rows_of(["a", "b", "a"], [1, 1, 2]), "rows of user 'a' come after those of 'b'"),
    (rows_of(["a", "Z"], [1, 1]), "rows of user 'Z' come after those of 'a'"),
    (rows_of(["a", "a"], [2, 1]), "rank 1 of user 'a' comes after rank 2"),
    (rows_of(["a", "b", "b"], [1, 1, 1]), "rank 1 of user 'b' comes after rank 1"),
    (rows_of(["a"], [1], [1e39]), "too large for 32 bits"),
    (rows_of(["a"], [1], [float("nan")]), "not a number"),
]


@pytest.mark.parametrize("row_group_size", [1, 10])
@pytest.mark.parametrize(("rows", "words"), REFUSED)
def test_what_cannot_be_packed_is_told(tmp_path: Path, rows: pa.Table, words: str, row_group_size: int) -> None:
    with pytest.raises(DataError, match=words):
        pack_into(tmp_path, rows, row_group_size=row_group_size)


def test_more_sources_than_can_be_numbered_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"recommendations\.source has more than 256 different values"):
        pack_into(tmp_path, table({"u": [("i", 1.0, f"source {number}") for number in range(257)]}))


def test_the_operation_counts_and_gives_the_same_bytes_again(tmp_path: Path) -> None:
    rows = table(many(40))
    first, again = (
        run_operation(component, "pack", folder=tmp_path / name, inputs={"recommendations": rows}, parameters={})
        for name in ("first", "again")
    )
    longest = max(len(found) for found in many(40).values())
    items = {item for found in many(40).values() for item, _, _ in found}
    assert first.metrics() == {"users": 40, "rows": len(rows), "items": len(items), "longest": longest}
    assert {path.name for path in first.path("serving").iterdir() if path.name[0] not in "._"} == {
        "packed.bin",
        "lists.parquet",
        "items.parquet",
    }
    for name in ("packed.bin", "lists.parquet", "items.parquet"):
        assert (first.path("serving") / name).read_bytes() == (again.path("serving") / name).read_bytes()
