"""The event log: files -> columns of codes and times, with every row still there."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_component import DataError
from machiya_preprocess.columns import TEXT, Codes, constant
from machiya_preprocess.encoder import Encoder
from machiya_preprocess.files import read_batches
from machiya_preprocess.raw_times import RawTimes
from machiya_preprocess.settings import LogLayout
from machiya_preprocess.storage import Store
from machiya_preprocess.times import DAY, NAT, Micros, to_arrow, to_micros

SMALLER_UNITS = ("ms", "us")

VIEW = "view"
"""What every row is in a log without an event column."""

BATCHES_AHEAD = 2


@dataclass(frozen=True)
class EventLog:
    """Every row of a log, rows numbered from 0 through all files in the order of their names.

    ``micros``: int64, shape (rows,), ``NAT`` where the column of times holds none. ``store``: where the columns are.
    """

    user: Codes
    item: Codes
    event: Codes
    micros: Micros
    raw_times: RawTimes
    store: Store

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.micros)

    def untimed(self) -> NDArray[np.int64]:
        """Numbers of the rows that give no time at all, ascending."""
        return self.raw_times.untimed()

    def time_text(self, rows: NDArray[np.int64]) -> pa.Array:
        """The times of some rows, in ascending order of the rows, as text as they were read."""
        return self.raw_times.text(rows, self.micros[rows])


class LogReader:
    """Takes a log batch by batch (``add``) and gives it as a whole (``log``).

    Columns are coded at the same time, each by one thread and in the order of the batches, so that codes depend on
    nothing else.
    """

    def __init__(self, layout: LogLayout, store: Store) -> None:
        self._layout, self._store = layout, store
        names = [layout.user_column, layout.item_column, *([layout.event_column] if layout.event_column else [])]
        self._encoders = {name: Encoder(fractions=name == layout.event_column) for name in names}
        self._codes = {name: store.column(np.int32) for name in names}
        self._micros = store.column(np.int64)
        self._raw_times = RawTimes(store, layout.time_format)

    @property
    def wanted(self) -> dict[str, Any]:
        """The columns to read, with the types that they have in CSV."""
        return dict.fromkeys(self._encoders, TEXT) | {self._layout.time_column: pa.string()}

    def add(self, batches: Iterator[tuple[Path, pa.RecordBatch]]) -> None:
        """Add batches, each with the file that it is of. Raises ``DataError`` for a column of another type."""
        with ExitStack() as stack:
            pools = {name: stack.enter_context(ThreadPoolExecutor(1)) for name in self.wanted}
            waiting: deque[dict[str, Future[Any]]] = deque()
            for path, batch in batches:
                tasks = {name: self._task(name, path, _plain(batch.column(name))) for name in self.wanted}
                waiting.append({name: pools[name].submit(task) for name, task in tasks.items()})
                if len(waiting) > BATCHES_AHEAD:
                    self._append(waiting.popleft())
            for work in waiting:
                self._append(work)

    def _task(self, name: str, path: Path, chunk: pa.Array) -> Callable[[], Any]:
        if name in self._encoders:
            return lambda: _codes(path, name, chunk, self._encoders[name])
        return lambda: _timed(path, chunk, self._layout)

    def _append(self, work: dict[str, Future[Any]]) -> None:
        for name, column in self._codes.items():
            column.append(work[name].result())
        chunk, micros = work[self._layout.time_column].result()
        self._raw_times.append(chunk, micros)
        self._micros.append(micros)

    def log(self, files: int) -> EventLog:
        """All that was added, from so many files. Raises ``DataError`` for no rows, and for times in another unit."""
        micros = self._micros.whole()
        if not len(micros):
            raise DataError(f"the event log has no rows ({files} files).", "Look at the step that writes the log.")
        _refuse_other_unit(micros, self._layout)
        with ThreadPoolExecutor() as pool:
            finish = {name: pool.submit(self._finished, name) for name in self._encoders}
            codes = {name: done.result() for name, done in finish.items()}
        return EventLog(
            user=codes[self._layout.user_column],
            item=codes[self._layout.item_column],
            event=codes[self._layout.event_column] if self._layout.event_column else constant(VIEW, len(micros)),
            micros=micros,
            raw_times=self._raw_times,
            store=self._store,
        )

    def _finished(self, name: str) -> Codes:
        return self._encoders[name].finish(self._codes[name].whole())


def read_log(paths: Sequence[Path], layout: LogLayout, store: Store | None = None) -> EventLog:
    """Read the files of a log. Raises ``DataError`` for a damaged file, a missing column, and a log without rows."""
    reader = LogReader(layout, store or Store())
    reader.add((path, batch) for path in paths for batch in read_batches(path, reader.wanted, layout.form))
    return reader.log(len(paths))


def _refuse_other_unit(micros: Micros, layout: LogLayout) -> None:
    """Seconds that are taken for milliseconds all lie in January 1970, and nothing would look wrong after that."""
    latest = int(micros.max())
    if layout.time_format in SMALLER_UNITS and NAT < latest < 365 * DAY:
        moment = to_arrow(np.array([latest]))[0]
        raise DataError(
            f"the latest time of the log is {moment}, read as {layout.time_format} since 1970.",
            f"Say with --time_format what {layout.time_column!r} holds: probably a larger unit.",
        )


def _codes(path: Path, name: str, chunk: pa.Array, encoder: Encoder) -> NDArray[np.int32]:
    try:
        return encoder.add(pa.chunked_array([chunk]))
    except TypeError as error:
        raise DataError(f"column {name!r} of {path.name} {error}.", "Ids and names are text or integers.") from error


def _plain(chunk: pa.Array) -> pa.Array:
    """Text in any of Arrow's layouts -> ``string``, plain or dictionary-encoded; other columns as they are."""
    other_text = pa.types.is_large_string(chunk.type) or pa.types.is_string_view(chunk.type)
    return chunk.cast(pa.string()) if other_text else chunk


def _timed(path: Path, chunk: pa.Array, layout: LogLayout) -> tuple[pa.Array, Micros]:
    """A chunk of the column of times, and what it becomes."""
    if pa.types.is_dictionary(chunk.type):
        chunk = _plain(chunk.dictionary_decode())
    try:
        return chunk, to_micros(pa.chunked_array([chunk]), layout.time_format, layout.time_zone)
    except TypeError as error:
        raise DataError(
            f"column {layout.time_column!r} of {path.name} {error}.",
            "Say with --time_format what it holds: iso (text), or s, ms or us since 1970 (numbers).",
        ) from error
