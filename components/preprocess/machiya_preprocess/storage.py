"""Where the columns of a log are: in memory, or in files once they are too large for that.

Both are NumPy arrays. Those of files are memory-mapped, so the system reads and writes pages as they are needed, and
takes them from memory where it is short. What comes out is the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_component.machine import available_memory

PROGRAM = 320 << 20
"""About what Python, Arrow and the compiled kernels take, in bytes."""
SHARE = 0.25
"""Of what is left, that much may hold the columns of a log. Rows in work take three times as much."""


@dataclass(frozen=True)
class Room:
    """How much may be held in memory, in bytes, and the folder for what does not fit."""

    bytes: int
    folder: Path

    @staticmethod
    def of(megabytes: int, folder: Path) -> "Room":
        """The room of a program that may use so much memory; 0: as much as the container (or the machine) has."""
        limit = megabytes * 1_000_000 or available_memory()
        return Room(max(int(SHARE * (limit - PROGRAM)), 1 << 20), folder)


class Store:
    """Columns that grow batch by batch. When together they outgrow the room, they go on in files, all of them."""

    def __init__(self, room: Room | None = None) -> None:
        self.room = room
        self.in_files = False
        self._held = 0
        self._spills: list[Callable[[], None]] = []
        self._names = count()

    def column(self, dtype: Any) -> "Column":
        """A new column of numbers."""
        column = Column(self, np.dtype(dtype))
        self._spills.append(column.spill)
        return column

    def pieces(self) -> "Pieces":
        """A new list of Arrow arrays."""
        pieces = Pieces(self)
        self._spills.append(pieces.spill)
        return pieces

    def zeros(self, shape: int, dtype: Any) -> NDArray[Any]:
        """An array of zeros, in a file if the columns are. Pages that are not touched take no room in either place."""
        if not self.in_files:
            return np.zeros(shape, dtype)
        return np.asarray(np.memmap(self.path(), dtype, "w+", shape=(max(shape, 1),))[:shape])

    def tidied(self, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
        """The same tables. Where memory is short, Arrow gives back after each what it would keep for later."""
        for table in tables:
            yield table
            del table
            if self.in_files:
                pa.default_memory_pool().release_unused()

    def path(self) -> Path:
        """A new file."""
        assert self.room is not None
        return self.room.folder / f"column-{next(self._names)}"

    def grown(self, size: int) -> None:
        """Remember that a column grew by so many bytes in memory."""
        self._held += size
        if self.room is not None and self._held > self.room.bytes:
            self.in_files = True
            self._held = 0
            for spill in self._spills:
                spill()


class Column:
    """One growing column; ``Store.column`` makes it."""

    def __init__(self, store: Store, dtype: np.dtype[Any]) -> None:
        self._store, self._dtype = store, dtype
        self._chunks: list[NDArray[Any]] = []
        self._file: Path | None = None

    def append(self, chunk: NDArray[Any]) -> None:
        """Add rows."""
        self._chunks.append(chunk)
        self._store.grown(chunk.nbytes)

    def spill(self) -> None:
        """Move what is in memory to the file."""
        self._file = self._file or self._store.path()
        with self._file.open("ab") as file:
            for chunk in self._chunks:
                chunk.tofile(file)
        self._chunks.clear()

    def whole(self) -> NDArray[Any]:
        """All rows, which may be changed in place. The column takes no more after that."""
        if self._file is None:
            chunks, self._chunks = self._chunks, []
            return np.concatenate([*chunks, np.empty(0, self._dtype)])
        self.spill()
        return (
            np.asarray(np.memmap(self._file, self._dtype, "r+"))
            if self._file.stat().st_size
            else np.empty(0, self._dtype)
        )


class Pieces:
    """A growing list of Arrow arrays; ``Store.pieces`` makes it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._arrays: list[pa.Array] = []
        self._spilled = 0

    def append(self, array: pa.Array) -> int:
        """Add an array; returns its number, from 0."""
        self._arrays.append(array)
        self._store.grown(array.nbytes)
        return len(self._arrays) - 1

    def spill(self) -> None:
        """Move what is in memory to files."""
        for number in range(self._spilled, len(self._arrays)):
            self._arrays[number] = self._in_file(self._arrays[number])
        self._spilled = len(self._arrays)

    def _in_file(self, array: pa.Array) -> pa.Array:
        path, batch = str(self._store.path()), pa.record_batch([array], ["values"])
        with pa.ipc.new_file(path, batch.schema) as file:
            file.write_batch(batch)
        return pa.ipc.open_file(pa.memory_map(path)).get_batch(0).column(0)

    def __getitem__(self, number: int) -> pa.Array:
        return self._arrays[number]
