"""Tables read piece by piece, with strings as the dictionaries that Parquet stores: each string is looked at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from machiya_evaluation.threads import each

BATCH_ROWS = 1 << 20
"""Rows in memory at once for each thread that reads; a row group with more is read in several pieces."""


class Source(Protocol):
    """A table that can be read more than once."""

    def batches(self, *columns: str) -> Iterator[pa.RecordBatch]:
        """The rows of some columns in their order; columns of strings are dictionary arrays."""


@dataclass(frozen=True)
class Parts:
    """The Parquet files of a table."""

    paths: Sequence[Path]

    def batches(self, *columns: str) -> Iterator[pa.RecordBatch]:
        """As `Source.batches` says; row groups are read ahead on all CPUs."""
        try:
            for pieces in each(self._tasks(columns)):
                yield from pieces
        finally:
            # Arrow's pool keeps what threads that ended have freed: some 50 MB for nothing.
            pa.default_memory_pool().release_unused()

    def _tasks(self, columns: Sequence[str]) -> Iterator[Callable[[], Iterable[pa.RecordBatch]]]:
        for path in self.paths:
            metadata = pq.read_metadata(path)
            schema = metadata.schema.to_arrow_schema()
            strings = [name for name in columns if is_string(schema.field(name).type)]
            for group in range(metadata.num_row_groups):
                small = metadata.row_group(group).num_rows <= BATCH_ROWS
                yield partial(_whole if small else _in_pieces, path, metadata, group, columns, strings)


@dataclass(frozen=True)
class InMemory:
    """A table that is in memory."""

    table: pa.Table

    def batches(self, *columns: str) -> Iterator[pa.RecordBatch]:
        """As `Source.batches` says."""
        for batch in self.table.select(columns).to_batches(max_chunksize=BATCH_ROWS):
            yield _encoded(batch)


def is_string(type_: pa.DataType) -> bool:
    """Whether a column holds strings that are not in a dictionary."""
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))


def _whole(
    path: Path, metadata: pq.FileMetaData, group: int, columns: Sequence[str], strings: Sequence[str]
) -> list[pa.RecordBatch]:
    """A row group at once: a quarter less work than in pieces."""
    with pq.ParquetFile(path, metadata=metadata, read_dictionary=list(strings)) as part:
        table = part.read_row_group(group, list(columns), use_threads=False).select(list(columns))
    return [_encoded(batch) for batch in table.to_batches()]


def _in_pieces(
    path: Path, metadata: pq.FileMetaData, group: int, columns: Sequence[str], strings: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """A row group that is read as its pieces are used, one after the other."""
    with pq.ParquetFile(path, metadata=metadata, read_dictionary=list(strings)) as part:
        for batch in part.iter_batches(BATCH_ROWS, row_groups=[group], columns=list(columns), use_threads=False):
            yield _encoded(batch)


def _encoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [column.dictionary_encode() if is_string(column.type) else column for column in batch.columns]
    return pa.record_batch(columns, names=batch.schema.names)
