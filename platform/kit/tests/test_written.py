"""Tables are checked, described and hashed while they are written, as if they were read again."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_component.artifacts.digest import HashingFile, file_digest
from machiya_component.ports import TableOutput
from machiya_component.tables.check import check_table
from machiya_component.tables.counts import ValueCounts
from machiya_component.tables.keys import SortedKey
from machiya_component.tables.proven import left_to_check
from machiya_component.tables.schema import TableSchema
from machiya_component.tables.statistics import TableStatistics, table_statistics
from machiya_component.tables.written import Written

SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "user", "type": "string", "constraints": {"required": True}},
        {"name": "rank", "type": "integer", "constraints": {"minimum": 1}},
        {"name": "score", "type": "number", "constraints": {"required": True}},
        {"name": "kind", "type": "string", "constraints": {"enum": ["a", "b"]}},
    ],
    "primaryKey": ["user", "rank"],
}

rows = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from(["u", "v", "東京", ""])),
        st.one_of(st.none(), st.integers(0, 3)),
        st.one_of(st.none(), st.just(float("nan")), st.floats(width=32)),
        st.sampled_from(["a", "b", "c", None]),
    ),
    max_size=30,
)


def table(columns: list[tuple[Any, ...]], encoded: bool) -> pa.Table:
    user, rank, score, kind = zip(*columns, strict=True) if columns else ((), (), (), ())
    users, kinds = pa.array(user, pa.string()), pa.array(kind, pa.string())
    if encoded:
        users, kinds = users.dictionary_encode(), kinds.dictionary_encode()
    return pa.table(
        {"user": users, "rank": pa.array(rank, pa.int64()), "score": pa.array(score, pa.float64()), "kind": kinds}
    )


def write(folder: Path, pieces: list[pa.Table], schema: TableSchema) -> Written:
    output = TableOutput(folder, schema)
    with output.writer(pieces[0].schema) as writer:
        for piece in pieces:
            writer.write(piece)
    assert output.written is not None
    return output.written


@given(first=rows, second=rows, encoded=st.booleans())
def test_what_is_seen_in_passing_is_what_reading_finds(
    tmp_path_factory: pytest.TempPathFactory, first: list[Any], second: list[Any], encoded: bool
) -> None:
    folder, schema = tmp_path_factory.mktemp("table"), TableSchema.from_json(SCHEMA)
    written = write(folder, [table(first, encoded), table(second, encoded)], schema)
    assert written.findings(folder, schema, allow_empty=True) == check_table(folder, schema, allow_empty=True)
    assert (written.rows, written.statistics) == table_statistics(folder, schema)
    assert written.file == file_digest(folder / "part-00000.parquet", folder)
    assert written.is_all_of(folder)


def test_a_table_that_got_another_part_is_not_known(tmp_path: Path) -> None:
    written = write(tmp_path, [table([("u", 1, 1.0, "a")], False)], TableSchema.from_json(SCHEMA))
    pq.write_table(table([("u", 2, 1.0, "a")], False), tmp_path / "part-00001.parquet")
    assert not written.is_all_of(tmp_path)


def test_a_column_of_another_type_is_told_without_looking_at_values(tmp_path: Path) -> None:
    schema = TableSchema.from_json({"fields": [{"name": "x", "type": "integer", "constraints": {"minimum": 1}}]})
    written = write(tmp_path, [pa.table({"x": ["a"]})], schema)
    assert [finding.rule for finding in written.findings(tmp_path, schema, False)] == ["table.type"]


def test_a_hashing_file_knows_what_was_written(tmp_path: Path) -> None:
    with HashingFile(tmp_path / "a") as file:
        file.write(b"ab")
        file.write(memoryview(b"cd"))
    assert (file.bytes, file.sha256) == (4, file_digest(tmp_path / "a", tmp_path).sha256)
    with pytest.raises(FileExistsError):
        HashingFile(tmp_path / "a")


def counted(counts: ValueCounts) -> Any:
    found = counts.result()
    assert found is not None
    return found


values = st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "c", ""])))


@given(pieces=st.lists(st.tuples(values, st.booleans())))
def test_values_are_counted_however_they_are_cut_and_encoded(pieces: list[tuple[list[str | None], bool]]) -> None:
    counts = ValueCounts()
    for piece, encoded in pieces:
        array = pa.array(piece, pa.string())
        counts.add(array.dictionary_encode() if encoded else array)
    names, found = counted(counts)
    known = [value for piece, _ in pieces for value in piece if value is not None]
    assert dict(zip(names.to_pylist(), found.tolist(), strict=True)) == {name: known.count(name) for name in set(known)}
    assert counts.rows == len(known)


def test_values_of_many_batches_are_brought_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("machiya_component.tables.counts.MERGE_ROWS", 2)
    counts = ValueCounts()
    for number in range(9):
        counts.add(pa.array([f"v{number}", "same"]))
    names, found = counted(counts)
    assert dict(zip(names.to_pylist(), found.tolist(), strict=True)) == {"same": 9, **{f"v{n}": 1 for n in range(9)}}


@pytest.mark.parametrize("at_once", [1, 7, 100])
def test_values_are_not_counted_where_they_would_fill_the_memory(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr("machiya_component.tables.counts.MERGE_ROWS", 10)
    texts = [f"{number:0100d}" for number in range(100)]
    counts, many = ValueCounts(most_bytes=20_000), ValueCounts(most_bytes=5_000)
    for start in range(0, 100, at_once):
        for each in (counts, many):
            each.add(pa.array(texts[start : start + at_once]))
    assert len(counted(counts)[0]) == 100
    assert (many.result(), many.rows) == (None, 100)


def test_statistics_leave_out_how_many_values_there_are_where_they_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("machiya_component.tables.counts.MOST_BYTES", 0)
    statistics = TableStatistics(pa.schema([("name", pa.string())]), None)
    statistics.add(pa.record_batch({"name": ["a", "b", None]}))
    assert statistics.result() == {"name": {"type": "string", "nulls": 1}}


def cut(columns: dict[str, pa.Array], at: int) -> Iterator[pa.RecordBatch]:
    whole = pa.RecordBatch.from_pydict(columns)
    yield from (whole.slice(0, at), whole.slice(at))


@given(
    keys=st.lists(st.tuples(st.sampled_from(["a", "ab", "b", "é", "𝄞"]), st.integers(-2, 2)), max_size=12),
    ordered=st.booleans(),
    encoded=st.booleans(),
    at=st.integers(0, 12),
)
def test_rows_are_known_to_ascend_exactly_if_they_do(
    keys: list[tuple[str, int]], ordered: bool, encoded: bool, at: int
) -> None:
    keys = sorted(keys) if ordered else keys
    names = pa.array([name for name, _ in keys], pa.string())
    columns = {
        "name": names.dictionary_encode() if encoded else names,
        "rank": pa.array([r for _, r in keys], pa.int8()),
    }
    key = SortedKey(["name", "rank"])
    for batch in cut(columns, at):
        key.add(batch)
    assert key.holds == all(one < two for one, two in itertools.pairwise(keys))


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", None]),
        pa.array([float("nan"), 1.0]),
        pa.array([[1], [2]]),
        pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array(["a", None])),
    ],
    ids=["null", "nan", "list", "null in a dictionary"],
)
def test_what_has_no_order_is_not_known_to_ascend(column: pa.Array) -> None:
    key = SortedKey(["x"])
    key.add(pa.RecordBatch.from_arrays([column], ["x"]))
    assert not key.holds


def test_a_dictionary_that_repeats_a_value_hides_no_repeated_key() -> None:
    key = SortedKey(["x"])
    column = pa.DictionaryArray.from_arrays(pa.array(np.array([0, 1], np.int8)), pa.array(["a", "a"]))
    key.add(pa.RecordBatch.from_arrays([column], ["x"]))
    assert not key.holds


def one(**constraints: Any) -> TableSchema:
    return TableSchema.from_json({"fields": [{"name": "x", "constraints": constraints}]})


PROVEN = [
    # wanted, kept, whether it is proven
    ({"required": True}, {"required": True}, True),
    ({"required": True}, {}, False),
    ({"minimum": 0}, {"minimum": 1}, True),
    ({"minimum": 1}, {"minimum": 0}, False),
    ({"minimum": "2026-01-01"}, {"minimum": "2026-01-01"}, True),
    ({"minimum": "2026-01-01"}, {"minimum": "2026-02-01"}, False),
    ({"maximum": 5}, {"maximum": 4.5}, True),
    ({"maximum": 5}, {"maximum": 6}, False),
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, True),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, False),
    ({"enum": ["a"]}, {}, False),
    ({"pattern": "u.*"}, {"pattern": "u.*"}, True),
    ({"pattern": "u.*"}, {"pattern": "u[0-9]"}, False),
    ({"minLength": 2}, {"minLength": 3}, True),
    ({"maxLength": 2}, {"maxLength": 3}, False),
    ({"unique": True}, {"unique": True}, True),
    ({"unique": True}, {}, False),
]


@pytest.mark.parametrize(("wanted", "kept", "proven"), PROVEN)
def test_a_rule_is_left_out_only_if_it_follows(wanted: dict[str, Any], kept: dict[str, Any], proven: bool) -> None:
    assert left_to_check(one(**wanted), one(**kept)) == (one() if proven else one(**wanted))


def test_another_column_proves_nothing() -> None:
    other = TableSchema.from_json({"fields": [{"name": "y", "constraints": {"required": True}}]})
    assert left_to_check(one(required=True), other) == one(required=True)


@pytest.mark.parametrize(
    ("wanted", "kept", "proven"),
    [(["a", "b"], ["b", "a"], True), (["a", "b"], ["a"], True), (["a"], ["a", "b"], False), (["a"], [], False)],
)
def test_a_key_follows_from_a_key_of_fewer_columns(wanted: list[str], kept: list[str], proven: bool) -> None:
    fields = [{"name": "a"}, {"name": "b"}]
    left = left_to_check(*(TableSchema.from_json({"fields": fields, "primaryKey": key}) for key in (wanted, kept)))
    assert (left.primary_key == ()) is proven
