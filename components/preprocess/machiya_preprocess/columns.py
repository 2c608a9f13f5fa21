"""Columns of names (users, items, events, categories) as text and as integer codes.

An id is text, whatever it was stored as: ``007`` in a CSV file stays ``007``, the 64-bit integer 7 becomes ``7``. Work
happens on the distinct values, so a column of 20 million rows with a million users costs one million conversions.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

TEXT = pa.dictionary(pa.int32(), pa.string())
MISSING = -1

_KINDS_OF_NAMES = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_null,
)


@dataclass(frozen=True)
class Codes:
    """A column as codes of its distinct values.

    ``codes``: int32, shape (rows,); ``MISSING`` for null and empty text. ``values``: string array, shape (distinct,):
    the values that occur, sorted by their UTF-8 bytes. So comparing codes is comparing values, and codes do not depend
    on how rows were cut up.
    """

    codes: NDArray[np.int32]
    values: pa.StringArray

    def text(self, rows: NDArray[np.int64]) -> pa.Array:
        """The values of some rows, null where there is none."""
        chosen = self.codes[rows]
        return self.values.take(pa.array(chosen, mask=chosen == MISSING))

    def named(self, codes: NDArray[np.int32]) -> pa.DictionaryArray:
        """The values of some codes as a dictionary of those that occur: so Parquet stores them, and looks none up."""
        seen = np.zeros(len(self.values), dtype=np.bool_)
        seen[codes] = True
        used = np.flatnonzero(seen)
        place = np.empty(len(seen), dtype=np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        return pa.DictionaryArray.from_arrays(place[codes], self.values.take(pa.array(used)))


def as_text(column: pa.ChunkedArray, *, fractions: bool = False) -> pa.ChunkedArray:
    """Text, integers or whole floating-point numbers -> dictionary-encoded text (type ``TEXT``).

    Raises ``TypeError`` for columns of other types and, unless ``fractions`` are names too, for numbers that are not
    whole: they are not ids.
    """
    is_coded = pa.types.is_dictionary(column.type)
    kind = column.type.value_type if is_coded else column.type
    if not any(is_kind(kind) for is_kind in _KINDS_OF_NAMES):
        raise TypeError(f"is of type {kind}, not text or whole numbers")
    coded = column if is_coded else column.dictionary_encode()
    return pa.chunked_array([_chunk_as_text(chunk, fractions) for chunk in coded.chunks], type=TEXT)


def _chunk_as_text(chunk: pa.DictionaryArray, fractions: bool) -> pa.DictionaryArray:
    values = _values_as_text(chunk.dictionary, fractions)
    if values.null_count:  # dictionaries that hold nulls cannot be unified
        return values.take(chunk.indices).dictionary_encode()
    return pa.DictionaryArray.from_arrays(chunk.indices.cast(pa.int32()), values)


def _values_as_text(values: pa.Array, fractions: bool) -> pa.Array:
    if pa.types.is_floating(values.type):
        # A column of integers with gaps, as pandas stores it: 12.0 is the id 12, and NaN is the gap.
        values = _whole(pc.if_else(pc.is_nan(values), None, values), fractions)
    return values.cast(pa.string())


def _whole(values: pa.Array, fractions: bool) -> pa.Array:
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:
        if fractions:
            return values
        raise TypeError(f"is of type {values.type} with values that are not whole numbers") from None


def constant(value: str, rows: int) -> Codes:
    """A column that holds one value everywhere."""
    return Codes(np.zeros(rows, dtype=np.int32), pa.array([value], pa.string()))
