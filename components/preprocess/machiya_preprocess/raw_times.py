"""The times of a log as they were read, for the table of rejected rows.

Most can be written again from the microseconds that they became, and are not kept: whole numbers, timestamps, dates.
"""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from machiya_preprocess.arrow import present, text_buffers
from machiya_preprocess.kernels.times import whole_numbers
from machiya_preprocess.storage import Pieces, Store
from machiya_preprocess.times import NAT, UNITS, Micros


@dataclass(frozen=True)
class _Written:
    """Times that are all alike: ``kind`` is their Arrow type, ``unit`` the microseconds in one of text and numbers (0
    where text is ISO 8601).
    """

    kind: pa.DataType
    unit: int

    def again(self, micros: Micros) -> pa.Array:
        """What was read, from what it became."""
        if pa.types.is_timestamp(self.kind) or pa.types.is_date(self.kind):
            zone = self.kind.tz if pa.types.is_timestamp(self.kind) else None
            return pa.array(micros).cast(pa.timestamp("us", zone)).cast(self.kind)
        return pa.array(micros // self.unit).cast(self.kind)


class RawTimes:
    """The column of times, chunk by chunk."""

    def __init__(self, store: Store, time_format: str) -> None:
        self._pieces: Pieces = store.pieces()
        self._unit = UNITS.get(time_format, 0)
        self._starts: list[int] = []
        self._known: list[_Written | int] = []  # how to write a chunk again, or which of the pieces it is
        self._rows = 0
        self._untimed: list[NDArray[np.int64]] = []

    def append(self, chunk: pa.Array, micros: Micros) -> None:
        """Add a chunk and what it became: int64, shape (rows,)."""
        written = _Written(chunk.type, self._unit)
        self._known.append(written if _same_again(written, chunk, micros) else self._pieces.append(chunk))
        self._starts.append(self._rows)
        if micros.min(initial=0) == NAT:
            self._untimed.append(self._rows + np.flatnonzero(_no_value(chunk)))
        self._rows += len(chunk)

    def untimed(self) -> NDArray[np.int64]:
        """Numbers of the rows that give no time at all, ascending."""
        return np.concatenate([*self._untimed, np.empty(0, dtype=np.int64)])

    def text(self, rows: NDArray[np.int64], micros: Micros) -> pa.Array:
        """The times of some rows, in ascending order, as text. ``micros`` is what these became, of the same shape."""
        texts, first = [pa.array([], pa.string())], 0
        while first < len(rows):
            number = bisect_right(self._starts, int(rows[first])) - 1
            end = self._starts[number + 1] if number + 1 < len(self._starts) else self._rows
            stop = int(np.searchsorted(rows, end))
            known = self._known[number]
            if isinstance(known, _Written):
                read = known.again(micros[first:stop])
            else:
                read = self._pieces[known].take(pa.array(rows[first:stop] - self._starts[number]))
            texts.append(read.cast(pa.string()))
            first = stop
        return pa.concat_arrays(texts)


def _same_again(written: _Written, chunk: pa.Array, micros: Micros) -> bool:
    if chunk.null_count or micros.min(initial=0) == NAT:
        return False
    if pa.types.is_string(chunk.type):
        if not written.unit:
            return False
        scratch = np.empty(len(chunk), dtype=np.int64), np.empty(len(chunk), dtype=np.bool_)
        return bool(whole_numbers(*text_buffers(chunk), present(chunk), *scratch))
    try:
        return bool(written.again(micros).equals(chunk))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False


def _no_value(chunk: pa.Array) -> NDArray[np.bool_]:
    empty = pc.is_null(chunk, nan_is_null=True)
    if pa.types.is_string(chunk.type):
        empty = pc.or_kleene(empty, pc.equal(chunk, ""))
    mask: NDArray[np.bool_] = empty.to_numpy(zero_copy_only=False)
    return mask
