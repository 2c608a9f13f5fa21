"""Tables against their schema: each rule says the column, how many rows, and the first few values."""

from collections.abc import Callable
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_component.contract.complete import table_schema
from machiya_component.findings import Finding
from machiya_component.tables.check import check_table
from machiya_component.tables.keys import combined_codes, find_repeats
from machiya_component.tables.statistics import table_statistics

UTC = timezone.utc  # noqa: UP017 - datetime.UTC reads worse in a table of cases


def check(
    folder: Path, columns: dict[str, pa.Array], schema: dict[str, Any], *, allow_empty: bool = False
) -> list[Finding]:
    pq.write_table(pa.table(columns), folder / "part-00000.parquet")
    return check_table(folder, table_schema(schema), allow_empty)


def one_field(kind: str, **constraints: Any) -> dict[str, Any]:
    return {"fields": [{"name": "x", "type": kind, "constraints": constraints}]}


VALUES = [
    # kind, constraints, values, rule (or None), rows, examples in words
    ("string", {"required": True}, pa.array(["a", None, None]), "table.required", 2, "None, None"),
    ("number", {"required": True}, pa.array([1.0, float("nan")]), "table.required", 1, "nan"),
    ("number", {"minimum": 0}, pa.array([0.0, -1.5, -2.0, -3.0, -4.0]), "table.minimum", 4, "-1.5, -2.0, -3.0"),
    ("number", {"minimum": 0}, pa.array([0.0, float("nan")]), "table.minimum", 1, "nan"),
    ("number", {"minimum": 0}, pa.array([0.0, None]), None, 0, ""),
    ("number", {"maximum": 1}, pa.array([1, 2], pa.int32()), "table.maximum", 1, "2"),
    ("integer", {"minimum": 1}, pa.array([0, 1], pa.uint8()), "table.minimum", 1, "0"),
    ("string", {"enum": ["a", "b"]}, pa.array(["a", "c", None]), "table.enum", 1, "'c'"),
    ("string", {"enum": ["a", "b"]}, pa.array(["a", "c", None]).dictionary_encode(), "table.enum", 1, "'c'"),
    ("integer", {"enum": [1, 2]}, pa.array([1, 3], pa.int16()), "table.enum", 1, "3"),
    ("string", {"pattern": "u[0-9]+"}, pa.array(["u1", "xu1", "u1x"]), "table.pattern", 2, "'xu1', 'u1x'"),
    ("string", {"pattern": "a|ab"}, pa.array(["a", "ab", "abc"]), "table.pattern", 1, "'abc'"),
    ("string", {"minLength": 2}, pa.array(["東京", "東"]), "table.min-length", 1, "'東'"),
    ("string", {"maxLength": 1}, pa.array(["東京", "東", None]), "table.max-length", 1, "'東京'"),
    ("array", {"minLength": 1}, pa.array([[1], []]), "table.min-length", 1, "[]"),
    ("string", {"unique": True}, pa.array(["a", "b", "a", "a"]), "table.unique", 2, "'a'"),
    ("integer", {"unique": True}, pa.array([1, 2, 1]), "table.unique", 1, "1"),
    ("number", {"unique": True}, pa.array([1.5, 2.5, 1.5]), "table.unique", 1, "1.5"),
    ("date", {"minimum": "2026-01-01"}, pa.array([date(2025, 12, 31)]), "table.minimum", 1, "2025-12-31"),
    ("datetime", {"maximum": "2026-01-01T00:00:00+00:00"}, pa.array([datetime(2026, 1, 2, tzinfo=UTC)]),
     "table.maximum", 1, "2026-01-02"),
    ("boolean", {"required": True}, pa.array([True, None]), "table.required", 1, "None"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "constraints", "values", "rule", "rows", "examples"), VALUES)
def test_constraints(
    tmp_path: Path, kind: str, constraints: dict[str, Any], values: pa.Array, rule: str | None, rows: int, examples: str
) -> None:
    findings = check(tmp_path, {"x": values}, one_field(kind, **constraints))

    assert [finding.rule for finding in findings] == ([rule] if rule else [])
    if rule:
        assert findings[0].where == "x"
        assert findings[0].message.startswith(f"{rows} row")
        assert f"(first: {examples}" in findings[0].message


TYPES = [
    ("string", pa.array(["a"], pa.large_string()), True),
    ("string", pa.array([1]), False),
    ("integer", pa.array([1], pa.int8()), True),
    ("integer", pa.array([1.0]), False),
    ("number", pa.array([1]), True),
    ("number", pa.array(["1"]), False),
    ("boolean", pa.array([1]), False),
    ("datetime", pa.array([datetime(2026, 1, 1)]), True),
    ("datetime", pa.array(["2026-01-01"]), False),
    ("array", pa.array([[1]]), True),
    ("any", pa.array([{"a": 1}]), True),
]


@pytest.mark.parametrize(("kind", "values", "fits"), TYPES)
def test_types(tmp_path: Path, kind: str, values: pa.Array, fits: bool) -> None:
    rules = [finding.rule for finding in check(tmp_path, {"x": values}, one_field(kind))]

    assert rules == ([] if fits else ["table.type"])


def test_missing_columns_are_named_with_those_there_are(tmp_path: Path) -> None:
    findings = check(tmp_path, {"y": pa.array([1])}, one_field("integer"))

    assert [(finding.rule, finding.where) for finding in findings] == [("table.missing-column", "x")]
    assert "y" in findings[0].remedy


def test_further_columns_are_allowed_unless_fields_must_be_equal(tmp_path: Path) -> None:
    columns = {"x": pa.array([1]), "y": pa.array([1])}

    assert check(tmp_path, columns, one_field("integer")) == []
    strict = check(tmp_path, columns, {**one_field("integer"), "fieldsMatch": "equal"})
    assert [(finding.rule, finding.where) for finding in strict] == [("table.extra-column", "y")]


def test_a_primary_key_of_two_columns(tmp_path: Path) -> None:
    schema = {"fields": [{"name": "a"}, {"name": "b"}], "primaryKey": ["a", "b"]}
    columns = {"a": pa.array(["x", "x", "y", "x", "x"]), "b": pa.array([1, 2, 1, 2, 2])}

    findings = check(tmp_path, columns, schema)

    assert [finding.rule for finding in findings] == ["table.primary-key"]
    assert findings[0].message.startswith("2 rows")
    assert "('x', 2)" in findings[0].message


def test_uniqueness_holds_across_parts(tmp_path: Path) -> None:
    for part in range(2):
        pq.write_table(pa.table({"x": ["a", f"only-{part}"]}), tmp_path / f"part-{part}.parquet")

    findings = check_table(tmp_path, table_schema(one_field("string", unique=True)))

    assert [finding.rule for finding in findings] == ["table.unique"]


def test_an_empty_table_is_refused_unless_allowed(tmp_path: Path) -> None:
    columns = {"x": pa.array([], pa.int64())}

    assert [finding.rule for finding in check(tmp_path, columns, one_field("integer"))] == ["table.empty"]
    assert check(tmp_path, columns, one_field("integer"), allow_empty=True) == []


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _spoil_pages(data: bytes) -> bytes:
    return data[:4] + bytes(200) + data[204:]


@pytest.mark.parametrize("damage", [_cut, _spoil_pages, lambda _: b"", lambda _: b"not parquet"])
def test_damaged_files_are_findings(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "part-00000.parquet"
    pq.write_table(pa.table({"x": np.arange(1000)}), path)
    path.write_bytes(damage(path.read_bytes()))

    findings = check_table(tmp_path, table_schema(one_field("integer", minimum=0)))

    assert [finding.rule for finding in findings] == ["table.unreadable"]


def test_parts_must_have_the_same_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": ["1"]}), tmp_path / "b.parquet")

    assert [finding.rule for finding in check_table(tmp_path, None)] == ["table.parts-differ"]


def test_a_folder_without_parts(tmp_path: Path) -> None:
    assert [finding.rule for finding in check_table(tmp_path, None)] == ["table.no-parts"]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 3), st.sampled_from([0.5, None]))))
def test_repeats_are_those_a_plain_loop_finds(rows: list[tuple[str | None, int, float | None]]) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    types = [pa.string(), pa.int64(), pa.float64()]
    table = pa.table({str(i): pa.array(values, types[i]) for i, values in enumerate(columns)})

    found = find_repeats(table, most=100)

    assert found.rows == len(rows) - len(set(rows))
    assert set(found.examples) == {row for row in rows if rows.count(row) > 1}


def test_keys_stay_distinct_where_the_product_of_sizes_overflows() -> None:
    huge = np.array([0, 2**40, 2**40], dtype=np.int64)

    keys = combined_codes([huge, huge[::-1].copy(), huge])

    assert len(np.unique(keys)) == 3


def test_statistics_of_columns(tmp_path: Path) -> None:
    table = pa.table(
        {
            "n": pa.array([1.0, 3.0, None, float("nan")]),
            "s": ["x", "x", "x", None],
            "id": ["1", "2", "3", "4"],
            "t": pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 4, pa.timestamp("us", tz="UTC")),
        }
    )
    pq.write_table(table, tmp_path / "part-00000.parquet")
    schema = table_schema({"fields": [{"name": "id"}], "primaryKey": "id"})

    rows, statistics = table_statistics(tmp_path, schema)

    assert rows == 4
    assert statistics["n"].pop("histogram")["positive"]["counts"].split().count("1") == 2
    assert statistics["n"] == {
        "type": "double", "nulls": 1, "nans": 1, "min": 1.0, "max": 3.0, "mean": 2.0, "std": 1.0
    }  # fmt: skip
    assert statistics["s"] == {"type": "string", "nulls": 1, "distinct": 1}, "too few to be a category"
    assert statistics["id"] == {"type": "string", "nulls": 0, "distinct": 4}, "ids stay out of sidecars"
    assert statistics["t"]["min"].startswith("2026-01-01")
