"""A Parquet file sorted by a text column, looked up by that column.

The footer is read once. A look-up bisects the least and greatest value of each row group, and decodes one row group of
the columns that are asked for.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from machiya_viewer.view.files import Files, reading
from machiya_viewer.view.folding import sound
from machiya_viewer.view.model import ViewError

Flags = np.ndarray[Any, np.dtype[np.bool_]]

_KINDS = {
    "text": lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
    "integer": pa.types.is_integer,
    "number": pa.types.is_floating,
    "time": pa.types.is_timestamp,
    "flag": pa.types.is_boolean,
    "list": lambda kind: pa.types.is_list(kind) or pa.types.is_large_list(kind),
}


class SortedFile:
    """``columns``: name -> kind (text, integer, number, time, flag, list). Thread-safe: no two look-ups at a time share
    an open file, and one of them is kept open for the next.

    Any method raises ``ViewError`` when the file is gone, broken, or lacks a column of that kind.
    """

    def __init__(self, files: Files, name: str, key: str, columns: Mapping[str, str]) -> None:
        self._files, self._name, self._key = files, name, key
        self._columns = dict(columns)
        self._idle: dict[tuple[str, ...], deque[pq.ParquetFile]] = {}

    @cached_property
    def _footer(self) -> pq.FileMetaData:
        with self._reading(), self._files.open(self._name) as source:
            footer = pq.read_metadata(source)
            schema = footer.schema.to_arrow_schema()
        for column, kind in self._columns.items():
            if column not in schema.names:
                raise ViewError(self._name, column, "is missing")
            if not _KINDS[kind](schema.field(column).type):
                raise ViewError(self._name, column, f"holds {schema.field(column).type}, not {kind}")
        return footer

    def check(self) -> None:
        """Whether the file is there with the columns that pages need."""
        assert self._footer is not None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self._footer.num_rows)

    @cached_property
    def starts(self) -> list[int]:
        """The number of the first row of each row group, and behind them the number of rows."""
        found = [0]
        for index in range(self._footer.num_row_groups):
            found.append(found[-1] + self._footer.row_group(index).num_rows)
        return found

    @cached_property
    def bounds(self) -> tuple[list[str], list[str]]:
        """The least and the greatest key of each row group."""
        place = self._footer.schema.to_arrow_schema().get_field_index(self._key)
        least, greatest = [], []
        for index in range(self._footer.num_row_groups):
            statistics = self._footer.row_group(index).column(place).statistics
            if statistics is None or not statistics.has_min_max:
                raise ViewError(self._name, self._key, "has no statistics: it was not written by this component")
            least.append(statistics.min)
            greatest.append(statistics.max)
        return least, greatest

    def groups_with(self, key: str) -> range:
        """The row groups that may hold a key."""
        least, greatest = self.bounds
        last = bisect_right(least, key)
        first = last
        while first > 0 and greatest[first - 1] >= key:
            first -= 1
        return range(first, last)

    def read(self, groups: Sequence[int], columns: Sequence[str], dictionary: Sequence[str] = ()) -> pa.Table:
        """Some row groups of some columns; those in ``dictionary`` come as dictionaries."""
        with self._opened(dictionary) as parquet:
            # One group is decoded sooner than threads have divided it, and other requests need the processors, too.
            return parquet.read_row_groups(list(groups), columns=list(columns), use_threads=len(groups) > 1)

    def pieces(self, groups: Iterable[int], columns: Sequence[str]) -> Iterator[pa.Table]:
        """Row groups one by one: all together would take as much memory as the file."""
        with self._opened() as parquet:
            for group in groups:
                yield parquet.read_row_group(group, columns=list(columns))

    @contextmanager
    def _opened(self, dictionary: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
        idle = self._idle.setdefault(tuple(dictionary), deque(maxlen=1))
        with self._reading():
            try:
                parquet = idle.pop()
            except IndexError:
                parquet = self._open(dictionary)
            yield parquet
        idle.append(parquet)

    def _open(self, dictionary: Sequence[str]) -> pq.ParquetFile:
        source, remote = self._files.open(self._name), not self._files.is_local
        return pq.ParquetFile(source, metadata=self._footer, read_dictionary=list(dictionary), pre_buffer=remote)

    def _reading(self) -> AbstractContextManager[None]:
        return reading(self._name, not self._files.is_local)

    def column(self, name: str, dictionary: bool = False) -> pa.ChunkedArray:
        """One column, whole."""
        return self.read(range(len(self.starts) - 1), [name], [name] if dictionary else [])[name]

    def rows_of(self, key: str, columns: Sequence[str], dictionary: Sequence[str] = ()) -> pa.Table:
        """All rows with a key, in their order."""
        return pa.concat_tables(
            [self._rows_in(group, key, columns, dictionary) for group in self.groups_with(key)] or [self.none(columns)]
        )

    def _rows_in(self, group: int, key: str, columns: Sequence[str], dictionary: Sequence[str]) -> pa.Table:
        table = self.read([group], [self._key, *columns], [self._key, *dictionary])
        first, behind = _run_of(table[self._key], key)
        return table.select(list(columns)).slice(first, behind - first)

    def none(self, columns: Sequence[str]) -> pa.Table:
        """No rows of some columns."""
        schema = self._footer.schema.to_arrow_schema()
        return pa.schema([schema.field(column) for column in columns]).empty_table()

    def places_of(self, keys: Iterable[str]) -> dict[int, list[str]]:
        """Row group -> those of the keys that it may hold."""
        found: dict[int, list[str]] = {}
        for key in keys:
            for group in self.groups_with(key):
                found.setdefault(group, []).append(key)
        return found

    def group_of(self, row: int) -> int:
        """The row group of a row."""
        return bisect_right(self.starts, row) - 1


def _run_of(column: pa.ChunkedArray, key: str) -> tuple[int, int]:
    """Where the rows with a key begin and end in a sorted dictionary column, whose codes are therefore sorted, too."""
    first = behind = offset = 0
    for chunk in column.chunks:
        place = place_in(chunk.dictionary, key)
        if place is not None:
            codes = chunk.indices.to_numpy(zero_copy_only=False)
            low, high = (offset + int(found) for found in np.searchsorted(codes, (place, place + 1)))
            first, behind = (low if first == behind else first), high
        offset += len(chunk)
    return first, behind


def place_in(column: pa.Array | pa.ChunkedArray, key: str) -> int | None:
    """Where a sorted column has a key."""
    place = bisect_left(range(len(column)), key, key=lambda row: column[row].as_py())
    return place if place < len(column) and column[place].as_py() == key else None


def equals(column: pa.ChunkedArray, key: str) -> Flags:
    """Which rows of a dictionary column are equal to a text; those without a value are not."""
    return np.concatenate([_equals(chunk, sound(key)) for chunk in column.chunks] or [np.zeros(0, np.bool_)])


def _equals(chunk: pa.DictionaryArray, key: str) -> Flags:
    # Not by kernels of Arrow: a scalar for them makes pyarrow load pandas where that is installed.
    words = chunk.dictionary.to_pylist()
    codes = chunk.indices.to_numpy(zero_copy_only=False)  # NaN, which is equal to nothing, where there is no value
    return np.asarray(codes == words.index(key) if key in words else np.zeros(len(codes)), np.bool_)
