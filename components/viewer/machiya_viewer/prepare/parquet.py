"""Parquet files of a view: zstd, row groups of an exact size, statistics for the columns that are looked up."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

_DICTIONARY_BYTES = 8 << 20


class GroupWriter:
    """Collects rows into row groups of one size.

    ``lookup`` is the column that the rows are sorted by, if any. The values of ``different`` columns mostly differ: a
    dictionary of them would only have to be read, too.
    """

    def __init__(self, path: Path, group_rows: int, lookup: str = "", different: Sequence[str] = ()) -> None:
        self._path, self._rows, self._lookup, self._different = path, group_rows, lookup, different
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._count = 0

    def write(self, rows: pl.DataFrame | pa.Table) -> None:
        """Append rows; the first ones (of which there may be none) decide the columns."""
        table = rows.to_arrow() if isinstance(rows, pl.DataFrame) else rows
        if self._writer is None:
            self._writer = self._open(table.schema)
        self._waiting.append(table)
        self._count += table.num_rows
        if self._count >= self._rows:
            self._flush(self._count - self._count % self._rows)

    def _flush(self, count: int) -> None:
        table = pa.concat_tables(self._waiting)
        assert self._writer is not None
        if count:
            self._writer.write_table(table.slice(0, count), row_group_size=self._rows)
        self._waiting = [table.slice(count)]
        self._count -= count

    def _open(self, schema: pa.Schema) -> pq.ParquetWriter:
        floats = [field.name for field in schema if pa.types.is_floating(field.type)]
        ramps = [name for name in ("rank", "time", "place") if name in schema.names]
        plain = [name for name in schema.names if name in self._different and name not in floats]
        encodings = dict.fromkeys(floats, "BYTE_STREAM_SPLIT") | dict.fromkeys(ramps, "DELTA_BINARY_PACKED")
        encodings |= dict.fromkeys(plain, "PLAIN")
        return pq.ParquetWriter(
            self._path,
            schema,
            compression="zstd",
            use_dictionary=[name for name in _flat(schema) if name not in encodings] or False,
            column_encoding=encodings or None,
            write_statistics=[self._lookup] if self._lookup else False,
            dictionary_pagesize_limit=_DICTIONARY_BYTES,
            store_schema=False,
        )

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._flush(self._count)
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _flat(schema: pa.Schema) -> list[str]:
    """The columns that are neither lists nor structures."""
    return [field.name for field in schema if not pa.types.is_nested(field.type)]
