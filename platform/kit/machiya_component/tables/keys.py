"""Rows that repeat a key, found with integers: columns become codes, the codes one 64-bit key, the keys are sorted.

Twenty million rows of two string columns take about two seconds and 16 bytes a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Repeats:
    """How many rows repeat the key of an earlier row, and the first few such keys (tuples of several columns)."""

    rows: int = 0
    examples: list[Any] = field(default_factory=list)


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
