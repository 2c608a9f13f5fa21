"""Statistics of each column, kept in the sidecar: what a later look compares (new values, shares, means)."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from machiya_component.tables.columns import value_type
from machiya_component.tables.counts import ValueCounts
from machiya_component.tables.files import TableFiles, parquet_parts
from machiya_component.tables.schema import TableSchema
from machiya_component.watch.histogram import Histogram, histogram_of, merged

CATEGORICAL = 200
REPEATS = 10
"""How often the values of a category stand there on average, at least. What stands there less tells persons apart."""
LISTED_BYTES = 8192
DETAILS_BYTES = 40_960
"""What the values and histograms of all columns may take as indented JSON: with what else there is, some 300 bytes for
each column, a sidecar of 60 columns stays below 64 KB, and one of 250 below 128 KB."""
DETAILS = ("values", "histogram")


def table_statistics(folder: Path, schema: TableSchema | None = None) -> tuple[int, dict[str, dict[str, Any]]]:
    """(rows, statistics by column) of the table in a folder, as ``TableStatistics`` describes them; read in batches."""
    files = TableFiles(parquet_parts(folder), encoded=True)
    try:
        statistics = TableStatistics(files.schema, schema)
        for batch in files.batches():
            statistics.add(batch)
        return files.rows, statistics.result()
    finally:
        files.close()


class TableStatistics:
    """Statistics of the columns of a table that comes in record batches; how it is cut makes no difference.

    Every column has ``type`` and ``nulls``. Numbers have ``min``, ``max``, ``mean``, ``std`` (population) and a
    ``histogram`` over finite values, and ``nans``; times and dates ``min`` and ``max`` (ISO 8601); strings
    ``distinct`` (unless these are too many to be counted, ``counts.MOST_BYTES``), and, where that is at most
    ``CATEGORICAL`` and they repeat, ``values``: each with its count, the most frequent first. Ids have too many values
    to be listed, so none of them gets into a sidecar; nor do the values of columns that the schema calls unique or a
    key, nor those that stand there less than ``REPEATS`` times on average.

    Of wide tables the columns with the longest lists and histograms go without (``DETAILS_BYTES``).
    """

    def __init__(self, columns: pa.Schema, schema: TableSchema | None) -> None:
        keys = _keys(schema)
        self._types = {column.name: value_type(column.type) for column in columns}
        self._nulls = dict.fromkeys(self._types, 0)
        self._columns = {name: _statistics_of(type_, name in keys) for name, type_ in self._types.items()}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in some rows."""
        for name, column in self._columns.items():
            values = batch.column(name)
            self._nulls[name] += values.null_count
            column.add(values)

    def result(self) -> dict[str, dict[str, Any]]:
        """The statistics of all rows so far."""
        return within_budget(
            {
                name: {"type": str(type_), "nulls": self._nulls[name], **self._columns[name].result()}
                for name, type_ in self._types.items()
            }
        )


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


class _Statistics(Protocol):
    """What one kind of column is told by, batch by batch."""

    def add(self, values: pa.Array) -> None: ...

    def result(self) -> Mapping[str, Any]: ...


def _statistics_of(type_: pa.DataType, is_key: bool) -> _Statistics:
    if pa.types.is_floating(type_) or pa.types.is_integer(type_):
        return _Numbers(pa.types.is_floating(type_))
    if pa.types.is_timestamp(type_) or pa.types.is_date(type_):
        return _Times()
    if pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_boolean(type_):
        return _Values(0 if is_key else CATEGORICAL)
    return _Nothing()


class _Nothing:
    def add(self, values: pa.Array) -> None:
        pass

    def result(self) -> Mapping[str, Any]:
        return {}


class _Numbers:
    """Extremes, moments and histogram of the finite values. Moments are brought together as Chan et al. (1979) do."""

    def __init__(self, floating: bool) -> None:
        self._nans: int | None = 0 if floating else None
        self._rows, self._mean, self._squares = 0, 0.0, 0.0
        self._least: Any = math.inf
        self._most: Any = -math.inf
        self._histogram: Histogram | None = None

    def add(self, values: pa.Array) -> None:
        values = _decoded(values).drop_null()
        if self._nans is not None:
            finite = pc.is_finite(values)
            if finite.false_count:
                self._nans += pc.is_nan(values).true_count
                values = values.filter(finite)
        if len(values):
            extremes = pc.min_max(values).as_py()
            self._least, self._most = min(self._least, extremes["min"]), max(self._most, extremes["max"])
            self._add_moments(len(values), pc.mean(values).as_py(), pc.variance(values).as_py())
            parts = [histogram_of([values.to_numpy()]), *([self._histogram] if self._histogram else [])]
            self._histogram = merged(parts)

    def _add_moments(self, rows: int, mean: float, variance: float) -> None:
        apart, all_rows = mean - self._mean, self._rows + rows
        self._squares += variance * rows + apart * apart * self._rows * rows / all_rows
        self._mean += apart * rows / all_rows
        self._rows = all_rows

    def result(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {} if self._nans is None else {"nans": self._nans}
        if self._histogram is None:
            return found
        return found | {
            "min": self._least,
            "max": self._most,
            "mean": _rounded(self._mean),
            "std": _rounded(math.sqrt(self._squares / self._rows)),
            "histogram": self._histogram.model_dump(mode="json", exclude_defaults=True),
        }


def _decoded(values: pa.Array) -> pa.Array:
    """The values themselves, in a type that Arrow calculates with."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return values.cast(pa.float32()) if pa.types.is_float16(values.type) else values


def _rounded(value: float) -> float:
    # Sums of floats depend on how the rows are cut into batches; nine digits do not.
    return float(f"{value:.9g}")


class _Times:
    def __init__(self) -> None:
        self._extremes: list[pa.Scalar] = []

    def add(self, values: pa.Array) -> None:
        values = _decoded(values)
        if len(values) > values.null_count:
            found = pc.min_max(values)
            known = pa.array([*self._extremes, found["min"], found["max"]], found["min"].type)
            both = pc.min_max(known)
            self._extremes = [both["min"], both["max"]]

    def result(self) -> Mapping[str, Any]:
        if not self._extremes:
            return {}
        return {side: str(value.cast(pa.string())) for side, value in zip(("min", "max"), self._extremes, strict=True)}


class _Values:
    """How many different values there are, and all of them with their counts where they are few and repeat."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts = ValueCounts()

    def add(self, values: pa.Array) -> None:
        self._counts.add(values)

    def result(self) -> Mapping[str, Any]:
        counted = self._counts.result()
        if counted is None:
            return {}
        names, counts = counted
        found = {"distinct": len(names)}
        if len(names) > min(self._most, self._counts.rows // REPEATS):
            return found
        pairs = sorted(zip(names.to_pylist(), counts.tolist(), strict=True), key=lambda pair: (-pair[1], str(pair[0])))
        listed = {str(value): count for value, count in pairs}
        return found | {"values": listed} if len(json.dumps(listed)) <= LISTED_BYTES else found
