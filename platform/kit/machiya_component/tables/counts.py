"""How often each value of a column stands there, counted batch by batch, in bounded memory."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Counts = npt.NDArray[np.int64]

MERGE_ROWS = 1 << 18
"""Values of batches are brought together when they are more than this, and than twice the different ones."""
MOST_BYTES = 64 << 20
"""What the different values of a column may take, and those that wait to be brought together: several million ids.
Counting takes about four times as much."""


class ValueCounts:
    """Feed it arrays of one type (dictionaries are counted by their codes), then ask for the result.

    Where the different values take more than ``most_bytes`` (``MOST_BYTES``), they are no longer counted: a table that
    is larger than memory may have a column in which hardly a value stands there twice.
    """

    def __init__(self, most_bytes: int | None = None) -> None:
        self.rows = 0
        """Rows so far that are not null."""
        self._encoded: pa.Array | None = None
        self._by_code: Counts = np.empty(0, np.int64)
        self._parts: list[pa.Table] = []
        self._waiting = self._waiting_bytes = 0
        self._merged = 0
        self._most_bytes = MOST_BYTES if most_bytes is None else most_bytes
        self._too_many = False

    def add(self, values: pa.Array) -> None:
        """Count some rows."""
        self.rows += len(values) - values.null_count
        if self._too_many:
            return
        if not pa.types.is_dictionary(values.type):
            values = pc.dictionary_encode(values)
        if self._encoded is None or not same_dictionary(self._encoded, values):
            self._set_aside()
            self._encoded, self._by_code = values, np.zeros(len(values.dictionary), np.int64)
        codes = np.asarray(values.indices.drop_null())
        self._by_code += np.bincount(codes, minlength=len(self._by_code))

    def _set_aside(self) -> None:
        """Done with a dictionary: keep the values that were used."""
        if self._encoded is None:
            return
        used = np.flatnonzero(self._by_code)
        names, self._encoded = self._encoded.dictionary.take(pa.array(used)), None
        part = pa.table({"value": names, "count": self._by_code[used]})
        self._parts.append(part)
        self._waiting += len(part)
        self._waiting_bytes += part["value"].nbytes
        if self._waiting > max(MERGE_ROWS, 2 * self._merged) or self._waiting_bytes > self._most_bytes:
            self._merge()

    def _merge(self) -> None:
        together = pa.concat_tables(self._parts)
        self._parts = [
            together.group_by("value", use_threads=False)
            .aggregate([("count", "sum")])
            .rename_columns(["value", "count"])
        ]
        self._merged, self._waiting, self._waiting_bytes = len(self._parts[0]), 0, 0
        if self._parts[0]["value"].nbytes > self._most_bytes:
            self._too_many, self._parts, self._encoded = True, [], None

    def result(self) -> tuple[pa.Array, Counts] | None:
        """(the different values but null, how often each stands there), in no particular order; None: too many."""
        self._set_aside()
        if self._parts:
            self._merge()
        if self._too_many:
            return None
        if not self._parts:
            return pa.array([]), np.empty(0, np.int64)
        [table] = self._parts
        null = table["value"].is_valid()  # a dictionary may hold null among its values
        kept = table.filter(null).combine_chunks()
        return kept["value"].combine_chunks(), np.asarray(kept["count"])


def same_dictionary(one: pa.Array, other: pa.Array) -> bool:
    """Whether two dictionary arrays have the very same dictionary, told by where it lies: nothing is compared."""
    return _place(one.dictionary) == _place(other.dictionary)


def _place(values: pa.Array) -> tuple[Any, ...]:
    return (len(values), values.offset, *(buffer.address if buffer else None for buffer in values.buffers()))
