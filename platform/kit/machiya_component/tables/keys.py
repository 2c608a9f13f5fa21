"""Rows that repeat a key.

A table that is sorted by its key repeats none if every row is above the one before: ``SortedKey`` sees that in passing,
batch by batch, without keeping rows. For any other, ``find_repeats`` finds them with integers: columns become codes,
the codes one 64-bit key, the keys are sorted (20 million rows of two string columns: 6 seconds and 16 bytes a row).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from machiya_component.tables.columns import value_type
from machiya_component.tables.counts import same_dictionary

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Repeats:
    """How many rows repeat the key of an earlier row, and the first few such keys (tuples of several columns)."""

    rows: int = 0
    examples: list[Any] = field(default_factory=list)


class SortedKey:
    """Whether rows that come in batches are strictly ascending by some columns (strings by their bytes, no nulls)."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = list(columns)
        self.holds = True
        """So far. Once false, it stays false, and nothing is compared any more."""
        self._last: tuple[Any, ...] | None = None
        self._known: dict[str, pa.Array] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Compare some rows with one another and with the last one before them."""
        if self.holds and len(batch):
            self.holds = self._ascends(batch)

    def _ascends(self, batch: pa.RecordBatch) -> bool:
        columns = [batch.column(name) for name in self.columns]
        if any(column.null_count or not _has_order(column) for column in columns):
            return False
        first, last = (tuple(column[place].as_py() for column in columns) for place in (0, -1))
        if None in (*first, *last):  # a null among the values of a dictionary
            return False
        before, self._last = self._last, last
        if before is not None and not first > before:
            return False
        return self._ascends_within([self._comparable(*each) for each in zip(self.columns, columns, strict=True)])

    def _ascends_within(self, columns: Sequence[pa.Array]) -> bool:
        """From the last column to the first: a row is above the one before, or equal in this and above in the rest."""
        above: npt.NDArray[np.bool_] = np.zeros(len(columns[0]) - 1, np.bool_)
        for column in reversed(columns):
            before, after = column.slice(0, len(column) - 1), column.slice(1)
            above = _numpy(pc.greater(after, before)) | (_numpy(pc.equal(after, before)) & above)
        return bool(above.all())

    def _comparable(self, name: str, column: pa.Array) -> pa.Array:
        """The values, or the codes of an ascending dictionary."""
        if not pa.types.is_dictionary(column.type):
            return column
        known = self._known.get(name)
        if known is None or not same_dictionary(known, column):
            if not self._ascends_within([column.dictionary]) or column.dictionary.null_count:
                return column.dictionary_decode()
            self._known[name] = column
        return column.indices


def _has_order(column: pa.Array) -> bool:
    """Whether Arrow and Python compare such values alike. (Python has no nanoseconds.)"""
    type_ = value_type(column.type)
    if pa.types.is_timestamp(type_):
        return bool(type_.unit != "ns")
    return any(
        test(type_) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_date)
    )


def _numpy(mask: pa.Array) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return found


def find_repeats(table: pa.Table, most: int) -> Repeats:
    """Rows of a table, all columns together, that stand there before; at most ``most`` examples. Null equals null."""
    keys = combined_codes([column_codes(column) for column in table.columns])
    if len(keys) < 2 or bool(np.all(keys[1:] > keys[:-1])):
        return Repeats()
    ordered = np.sort(keys)
    again = ordered[1:] == ordered[:-1]
    if not again.any():
        return Repeats()
    repeated = ordered[1:][again]
    return Repeats(int(again.sum()), _examples(table, keys, np.unique(repeated)[:most]))


def _examples(table: pa.Table, keys: Codes, repeated: Codes) -> list[Any]:
    places = np.flatnonzero(np.isin(keys, repeated))
    _, first = np.unique(keys[places], return_index=True)
    rows = table.take(pa.array(np.sort(places[first]))).to_pylist()
    return [tuple(row.values()) if len(row) > 1 else next(iter(row.values())) for row in rows]


def column_codes(column: pa.ChunkedArray) -> Codes:
    """A column as int64 codes from 0: equal values have equal codes, and null has its own."""
    if pa.types.is_dictionary(column.type):
        encoded = column.unify_dictionaries()
        codes = pa.chunked_array([chunk.indices for chunk in encoded.chunks], encoded.type.index_type)
    else:
        encoded = pc.dictionary_encode(column)
        codes = pa.chunked_array([chunk.indices for chunk in encoded.chunks], pa.int32())
    shifted = codes.cast(pa.int64()).combine_chunks()
    return np.asarray(pc.fill_null(shifted, -1)) + 1


def combined_codes(columns: Sequence[Codes]) -> Codes:
    """Codes of several columns, each of shape (rows,) -> one int64 key a row; made dense where it would overflow."""
    key, size = columns[0], _size(columns[0])
    for codes in columns[1:]:
        width = _size(codes)
        if size > np.iinfo(np.int64).max // width:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            size = _size(key)
        key = key * width + codes
        size *= width
    return key


def _size(codes: Codes) -> int:
    return int(codes.max()) + 1 if len(codes) else 1
