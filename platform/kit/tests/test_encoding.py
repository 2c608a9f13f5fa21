"""How tables are stored: what comes back is what was written, and each column is stored as its values ask for."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_component.errors import OutputError
from machiya_component.ports import TableOutput

ROWS = 5_000


@pytest.fixture
def output(tmp_path: Path) -> TableOutput:
    return TableOutput(tmp_path)


def stored(output: TableOutput) -> dict[str, Any]:
    """The first row group's columns by name."""
    group = pq.ParquetFile(output.path / "part-00000.parquet").metadata.row_group(0)
    return {group.column(number).path_in_schema: group.column(number) for number in range(group.num_columns)}


def read(output: TableOutput) -> pa.Table:
    return pq.read_table(output.path / "part-00000.parquet")


def recommendations() -> pa.Table:
    rng = np.random.default_rng(1)
    users = pa.array([f"u{row // 10:04d}" for row in range(ROWS)])
    items = pa.array([f"i{item}" for item in rng.integers(0, 300, ROWS)])
    ranks = pa.array(np.tile(np.arange(1, 11, dtype=np.int32), ROWS // 10))
    return pa.table([users, items, ranks, rng.random(ROWS)], ["user_id", "item_id", "rank", "score"])


def test_numbers_that_differ_are_split_and_what_repeats_has_a_dictionary(output: TableOutput) -> None:
    output.write(recommendations())
    encodings = {name: column.encodings for name, column in stored(output).items()}
    assert "BYTE_STREAM_SPLIT" in encodings["score"]
    assert all("RLE_DICTIONARY" in encodings[name] for name in ("user_id", "item_id", "rank"))
    assert {column.compression for column in stored(output).values()} == {"ZSTD"}


def test_weights_that_repeat_keep_their_dictionary_and_moments_are_stored_as_differences(output: TableOutput) -> None:
    moments = pa.array(
        [datetime(2026, 11, 1 + row % 28, row % 24, row % 60) for row in range(ROWS)], pa.timestamp("us")
    )
    distinct = pa.array(np.arange(ROWS) * 1_000_003, pa.timestamp("us"))
    output.write(pa.table({"weight": np.tile([1.0, 2.5], ROWS // 2), "moment": distinct, "daily": moments}))
    encodings = {name: column.encodings for name, column in stored(output).items()}
    assert "RLE_DICTIONARY" in encodings["weight"]
    assert "DELTA_BINARY_PACKED" in encodings["moment"]


def test_a_reader_can_skip_row_groups_by_what_the_rows_are_sorted_by(output: TableOutput) -> None:
    output.write(recommendations())
    user, item, score = (stored(output)[name] for name in ("user_id", "item_id", "score"))
    assert (user.statistics.min, user.statistics.max) == ("u0000", "u0499")
    assert item.statistics is None
    assert score.statistics is not None


def test_dictionaries_come_back_as_the_strings_they_mean(output: TableOutput) -> None:
    plain = recommendations()
    encoded = plain.set_column(0, "user_id", plain["user_id"].dictionary_encode())
    with output.writer(plain.schema) as writer:
        writer.write(encoded.slice(0, 100))
        writer.write(encoded.slice(100))
    assert read(output).equals(plain)
    assert stored(output)["user_id"].statistics.max == "u0009"


ODD = {
    "lists": pa.array([[1.5, 2.5], [], None]),
    "structures": pa.array([{"a": 1, "b": "x"}, {"a": 2, "b": None}, None]),
    "nothing": pa.nulls(3),
    "half": pa.array(np.array([1, 2, 3], np.float16)),
    "flags": pa.array([True, None, False]),
    "texts": pa.array(["b", None, "a"], pa.large_string()),
    "bytes": pa.array([b"\0", b"", None]),
    "infinite": pa.array([float("-inf"), None, float("inf")]),
    "large": pa.array([2**63 - 1, -(2**63), None]),
    "with.dot": pa.array([1.25, 2.5, 3.75]),
    "moments": pa.array([1, 2, 3], pa.timestamp("us", "Asia/Tokyo")),
}


def test_columns_of_every_kind_come_back_as_they_were(output: TableOutput) -> None:
    table = pa.table(ODD).replace_schema_metadata({"made by": "a test"})
    output.write(table)
    assert read(output).equals(table)
    assert read(output).schema.metadata == table.schema.metadata


def test_a_table_without_rows_has_its_columns(output: TableOutput) -> None:
    with output.writer(recommendations().schema) as writer:
        writer.write(recommendations().slice(0, 0))
    assert read(output).equals(recommendations().slice(0, 0))


def test_rows_with_other_columns_than_promised_are_refused(output: TableOutput) -> None:
    table = recommendations()
    promised = table.set_column(2, "rank", table["rank"].cast(pa.int64())).schema
    message = r"rows have the columns .*rank: int32.*, and not .*rank: int64"
    with pytest.raises(OutputError, match=message), output.writer(promised) as writer:
        writer.write(table)
