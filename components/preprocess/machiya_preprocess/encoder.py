"""Codes for a column of names that comes in batches: each value gets the next code when it first occurs.

The tables stay between batches, so a column costs one look-up a row (in dictionary-encoded batches one a value), and
memory for its different values.
"""

from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from machiya_preprocess.arrow import present, text_buffers
from machiya_preprocess.columns import MISSING, Codes, as_text
from machiya_preprocess.kernels import ids

_SLOTS = 1 << 10

CodeArray = NDArray[np.int32]


class Encoder:
    """Codes of one column, batch by batch. ``fractions``: numbers that are not whole are names, too (``as_text``)."""

    def __init__(self, *, fractions: bool = False) -> None:
        self._fractions = fractions
        self._table: _Table = _Integers()

    def add(self, column: pa.ChunkedArray) -> CodeArray:
        """Provisional codes of the next rows, int32, shape (rows,), ``MISSING`` for null and empty text; ``finish``
        makes them final. Raises ``TypeError`` for a column that holds no names (``as_text``).
        """
        pieces = [self._chunk(chunk) for chunk in column.chunks if len(chunk)]
        return pieces[0] if len(pieces) == 1 else np.concatenate([*pieces, np.empty(0, np.int32)])

    def finish(self, codes: CodeArray) -> Codes:
        """All provisional codes of the column, which are changed in place -> codes in the order of the values."""
        texts = self._table.texts()
        order = pc.sort_indices(texts).to_numpy()
        code_of = np.empty(len(order), dtype=np.int32)
        code_of[order] = np.arange(len(order), dtype=np.int32)
        ids.recode(codes, code_of, np.zeros(len(order), dtype=np.bool_))
        return Codes(codes, texts.take(pa.array(order)))

    def _chunk(self, chunk: pa.Array) -> CodeArray:
        kind = chunk.type
        if pa.types.is_integer(kind) and kind != pa.uint64() and isinstance(self._table, _Integers):
            return self._table.encode(chunk.cast(pa.int64()))
        if isinstance(self._table, _Integers):
            # Different integers are different texts, so the codes given so far stay.
            self._table = _Texts(self._table.texts())
        if pa.types.is_string(kind):
            return self._table.encode(chunk)
        return self._dictionary(as_text(pa.chunked_array([chunk]), fractions=self._fractions).chunk(0))

    def _dictionary(self, chunk: pa.DictionaryArray) -> CodeArray:
        """A dictionary may list values that no row has: they get no code."""
        indices = pc.fill_null(chunk.indices, MISSING).to_numpy(zero_copy_only=False)
        codes = np.array(indices, dtype=np.int32)
        seen = np.zeros(len(chunk.dictionary), dtype=np.bool_)
        ids.recode(codes, np.arange(len(seen), dtype=np.int32), seen)
        ids.recode(codes, self._table.encode(pc.if_else(pa.array(seen), chunk.dictionary, None)), seen)
        return codes


def encode(column: pa.ChunkedArray) -> Codes:
    """A whole column -> codes. Raises ``TypeError`` for a column that holds no names (``as_text``)."""
    encoder = Encoder()
    return encoder.finish(encoder.add(column))


class _Table(Protocol):
    def encode(self, chunk: Any, /) -> CodeArray: ...
    def texts(self) -> pa.StringArray: ...


class _Integers:
    """Codes of 64-bit integers."""

    def __init__(self) -> None:
        self._slots = np.full(_SLOTS, ids.FREE, dtype=np.int32)
        self._values = np.empty(_SLOTS // 2, dtype=np.int64)
        self._count = 0

    def encode(self, chunk: pa.Int64Array) -> CodeArray:
        """Codes of the next rows."""
        keys, valid = pc.fill_null(chunk, 0).to_numpy(), present(chunk)
        codes = np.empty(len(keys), dtype=np.int32)
        row = 0
        while True:
            row, self._count = ids.encode_integers(keys, valid, row, self._slots, self._values, self._count, codes)
            if row == len(keys):
                return codes
            self._values = _doubled(self._values)
            self._slots = np.full(2 * len(self._slots), ids.FREE, dtype=np.int32)
            ids.place_integers(self._values, self._count, self._slots)

    def texts(self) -> pa.StringArray:
        """The values in the order of their codes."""
        return pa.array(self._values[: self._count]).cast(pa.string())


class _Texts:
    """Codes of texts; the first are those of some different texts, in their order."""

    def __init__(self, first: pa.StringArray) -> None:
        self._slots = np.full(_SLOTS, ids.FREE, dtype=np.int32)
        self._ends = np.zeros(_SLOTS // 2 + 1, dtype=np.int64)
        self._kept = np.empty(16 * _SLOTS, dtype=np.uint8)
        self._count = 0
        self.encode(first)

    def encode(self, chunk: pa.StringArray) -> CodeArray:
        """Codes of the next rows."""
        offsets, data = text_buffers(chunk)
        valid = present(chunk)
        codes = np.empty(len(chunk), dtype=np.int32)
        row = 0
        while True:
            row, self._count = ids.encode_text(
                offsets, data, valid, row, self._slots, self._ends, self._kept, self._count, codes
            )
            if row == len(codes):
                return codes
            self._grow(int(offsets[row + 1] - offsets[row]))

    def _grow(self, needed: int) -> None:
        """Whatever was too small for the next text, which is ``needed`` bytes long, becomes twice as large."""
        while self._ends[self._count] + needed > len(self._kept):
            self._kept = _doubled(self._kept)
        if self._count >= len(self._slots) // 2:
            self._ends = np.append(self._ends, np.zeros(len(self._slots) // 2, dtype=np.int64))
            self._slots = np.full(2 * len(self._slots), ids.FREE, dtype=np.int32)
            ids.place_text(self._ends, self._kept, self._count, self._slots)

    def texts(self) -> pa.StringArray:
        """The values in the order of their codes."""
        ends = self._ends[: self._count + 1]
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(self._kept[: ends[-1]])]
        return pa.Array.from_buffers(pa.large_string(), self._count, buffers).cast(pa.string())


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.append(array, np.empty_like(array))
