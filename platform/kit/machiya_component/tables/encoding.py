"""How a table is stored as Parquet: for each column the encoding that its first rows ask for.

What was measured (13.8 million rows of recommendations, one core, against zstd with pyarrow's other defaults): twice as
many rows a second, at 60% of the size.

- Numbers of which most differ - scores, moments - have no use for a dictionary. Floats are stored with their bytes
  split, moments and other integers as differences.
- Least and greatest values of a row group let readers skip it where a column is sorted. Of texts in no order they are
  never of use, and finding them takes half of the time.
"""

import io
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from machiya_component.errors import OutputError
from machiya_component.tables.columns import value_type

COMPRESSION = "zstd"
SAMPLE_ROWS = 1 << 12
MANY_DIFFERENT = 0.5
"""From this share of different values on, a dictionary does not pay."""


def parquet_writer(target: Any, first: pa.Table, promised: pa.Schema) -> pq.ParquetWriter:
    """A writer to a path or an open file, for rows like the `first` ones, which choose the encodings.

    Columns that come as dictionaries of strings are stored as what they mean: a reader finds strings.

    Raises:
        OutputError: the rows have other columns than were promised, dictionaries aside.
    """
    found, wanted = (
        pa.schema([field.with_type(value_type(field.type)) for field in one]) for one in (first.schema, promised)
    )
    if not found.equals(wanted):
        raise OutputError(f"rows have the columns {_told(found)}, and not {_told(wanted)}.", "Write what was promised.")
    sample = first.slice(0, SAMPLE_ROWS)
    encodings = {name: found for name in sample.column_names if (found := _encoding(sample[name]))}
    with_dictionary = [path for path in _leaves(first.schema) if path not in encodings]
    ordered = [name for name in sample.column_names if _is_ordered(sample[name])]
    return pq.ParquetWriter(
        target,
        first.schema.with_metadata(promised.metadata),
        compression=COMPRESSION,
        use_dictionary=with_dictionary or False,
        column_encoding=encodings or None,
        write_statistics=ordered or False,
        store_schema=not any(pa.types.is_dictionary(field.type) for field in first.schema),
    )


def _encoding(column: pa.ChunkedArray) -> str | None:
    """The encoding of a column, by some of its values; None: a dictionary."""
    floats, integers = pa.types.is_floating(column.type), pa.types.is_integer(column.type)
    if not (floats or integers or pa.types.is_timestamp(column.type)) or pa.types.is_float16(column.type):
        return None
    if not len(column) or pc.count_distinct(column, mode="all").as_py() < MANY_DIFFERENT * len(column):
        return None
    return "BYTE_STREAM_SPLIT" if floats else "DELTA_BINARY_PACKED"


def _is_ordered(column: pa.ChunkedArray) -> bool:
    """Whether the values rise, or are of a kind whose least and greatest value are found at once."""
    type_ = value_type(column.type)
    if not (pa.types.is_string(type_) or pa.types.is_large_string(type_)):
        return not pa.types.is_nested(type_)
    column = column.cast(type_)
    return column.null_count == 0 and bool(pc.all(pc.less_equal(column[:-1], column[1:]), min_count=0).as_py())


def _told(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name}: {field.type}" for field in schema)


def _leaves(schema: pa.Schema) -> list[str]:
    """The columns as Parquet names them: those within lists and structures have a path."""
    buffer = io.BytesIO()
    pq.write_metadata(schema, buffer)
    columns = pq.read_metadata(buffer).schema
    return [columns.column(number).path for number in range(len(columns))]
