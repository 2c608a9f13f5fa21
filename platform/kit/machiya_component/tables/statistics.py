"""Statistics of each column, kept in the sidecar: what a later look compares (new values, shares, means)."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from machiya_component.tables.columns import value_type
from machiya_component.tables.files import BATCH_ROWS, TableFiles, parquet_parts
from machiya_component.tables.schema import TableSchema
from machiya_component.watch.histogram import histogram_of

CATEGORICAL = 200
REPEATS = 10
"""How often the values of a category stand there on average, at least. What stands there less tells persons apart."""
LISTED_BYTES = 8192
DETAILS_BYTES = 40_960
"""What the values and histograms of all columns may take as indented JSON: with what else there is, some 300 bytes for
each column, a sidecar of 60 columns stays below 64 KB, and one of 250 below 128 KB."""
DETAILS = ("values", "histogram")


def table_statistics(folder: Path, schema: TableSchema | None = None) -> tuple[int, dict[str, dict[str, Any]]]:
    """(rows, statistics by column) of the table in a folder; one column is in memory at a time.

    Every column has ``type`` and ``nulls``. Numbers have ``min``, ``max``, ``mean``, ``std`` (population) and a
    ``histogram`` over finite values, and ``nans``; times and dates ``min`` and ``max`` (ISO 8601); strings
    ``distinct``, and, where that is at most ``CATEGORICAL`` and they repeat, ``values``: each with its count, the most
    frequent first. Ids have too many values to be listed, so none of them gets into a sidecar; nor do the values of
    columns that the schema calls unique or a key, nor those that stand there less than ``REPEATS`` times on average.

    Of wide tables the columns with the longest lists and histograms go without (``DETAILS_BYTES``).
    """
    keys = _keys(schema)
    files = TableFiles(parquet_parts(folder), encoded=True)
    try:
        return files.rows, within_budget({name: _column(files, name, name in keys) for name in files.schema.names})
    finally:
        files.close()


def within_budget(statistics: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The statistics without the largest details, so that all details together are at most ``DETAILS_BYTES``."""
    sizes = {
        (len(json.dumps(column[detail], indent=4)), name, detail)
        for name, column in statistics.items()
        for detail in DETAILS
        if detail in column
    }
    left, total = dict(statistics), sum(size for size, _, _ in sizes)
    for size, name, detail in sorted(sizes, reverse=True):
        if total <= DETAILS_BYTES:
            break
        left[name] = {key: value for key, value in left[name].items() if key != detail}
        total -= size
    return left


def _keys(schema: TableSchema | None) -> set[str]:
    if schema is None:
        return set()
    return {*schema.primary_key, *(field.name for field in schema.fields if field.constraints.unique)}


def _column(files: TableFiles, name: str, is_key: bool) -> dict[str, Any]:
    values = files.read([name]).column(0)
    type_ = value_type(values.type)
    base: dict[str, Any] = {"type": str(type_), "nulls": values.null_count}
    if pa.types.is_floating(type_) or pa.types.is_integer(type_):
        return base | _numbers(values)
    if pa.types.is_timestamp(type_) or pa.types.is_date(type_):
        return base | _times(values)
    if pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_boolean(type_):
        return base | _values(values, CATEGORICAL if not is_key else 0)
    return base


def _numbers(values: pa.ChunkedArray) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if pa.types.is_floating(values.type):
        finite = values.filter(pc.fill_null(pc.is_finite(values), False))
        found["nans"] = pc.sum(pc.fill_null(pc.is_nan(values), False)).as_py() or 0
        values = finite
    if len(values) == values.null_count:
        return found
    extremes = pc.min_max(values).as_py()
    histogram = histogram_of(batch.column(0).to_numpy() for batch in _batches(values.drop_null()))
    return found | {
        "min": extremes["min"],
        "max": extremes["max"],
        "mean": _rounded(pc.mean(values).as_py()),
        "std": _rounded(pc.stddev(values).as_py()),
        "histogram": histogram.model_dump(mode="json", exclude_defaults=True),
    }


def _batches(values: pa.ChunkedArray) -> list[pa.RecordBatch]:
    return list(pa.table([values], names=["values"]).to_batches(BATCH_ROWS))


def _rounded(value: float) -> float:
    # Sums of floats depend on how many threads add them up; nine digits do not.
    return float(f"{value:.9g}")


def _times(values: pa.ChunkedArray) -> dict[str, Any]:
    if len(values) == values.null_count:
        return {}
    extremes = pc.min_max(values)
    return {side: str(extremes[side].cast(pa.string())) for side in ("min", "max")}


def _value_counts(values: pa.ChunkedArray) -> pa.StructArray:
    """Counts of the different values, nulls left out; a dictionary is counted by its codes."""
    if not pa.types.is_dictionary(values.type):
        return pc.value_counts(values.drop_null())
    unified = values.unify_dictionaries()
    codes = pa.chunked_array([chunk.indices for chunk in unified.chunks], unified.type.index_type)
    counts = pc.value_counts(codes.drop_null())
    names = unified.chunk(0).dictionary.take(counts.field("values")) if len(counts) else counts.field("values")
    return pa.StructArray.from_arrays([names, counts.field("counts")], ["values", "counts"])


def _values(values: pa.ChunkedArray, most: int) -> dict[str, Any]:
    counts = _value_counts(values)
    found = {"distinct": len(counts)}
    if len(counts) > min(most, (len(values) - values.null_count) // REPEATS):
        return found
    pairs = sorted(counts.to_pylist(), key=lambda pair: (-pair["counts"], str(pair["values"])))
    listed = {str(pair["values"]): pair["counts"] for pair in pairs}
    return found | {"values": listed} if len(json.dumps(listed)) <= LISTED_BYTES else found
