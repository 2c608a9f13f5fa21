"""The event log: files -> columns of codes and times, with every row still there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from machiya_component import DataError
from machiya_preprocess.columns import TEXT, Codes, as_text, constant, encode
from machiya_preprocess.files import read_columns
from machiya_preprocess.settings import LogLayout
from machiya_preprocess.times import DAY, NAT, Micros, to_arrow, to_micros

SMALLER_UNITS = ("ms", "us")

VIEW = "view"
"""What every row is in a log without an event column."""


@dataclass(frozen=True)
class EventLog:
    """Every row of a log, rows numbered from 0 through all files in the order of their names.

    ``micros``: int64, shape (rows,), ``NAT`` where ``raw_times`` (the column as it was read, one piece for each file)
    holds no time.
    """

    user: Codes
    item: Codes
    event: Codes
    micros: Micros
    raw_times: tuple[pa.ChunkedArray, ...]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.micros)

    def untimed(self) -> NDArray[np.bool_]:
        """Rows that give no time at all; shape (rows,)."""
        return np.concatenate([_no_value(piece) for piece in self.raw_times])

    def time_text(self, rows: NDArray[np.int64]) -> pa.Array:
        """The times of some rows, in ascending order of the rows, as text as they were read."""
        ends = np.cumsum([len(piece) for piece in self.raw_times])
        cuts = np.searchsorted(rows, ends)
        chunks, first, start = [], 0, 0
        for piece, end, cut in zip(self.raw_times, ends, cuts, strict=True):
            chunks.append(piece.take(rows[first:cut] - start).cast(pa.string()).combine_chunks())
            first, start = int(cut), int(end)
        return pa.chunked_array(chunks, pa.string()).combine_chunks()


def _no_value(piece: pa.ChunkedArray) -> NDArray[np.bool_]:
    empty = pc.is_null(piece, nan_is_null=True)
    if pa.types.is_string(piece.type):
        empty = pc.or_kleene(empty, pc.equal(piece, ""))
    mask: NDArray[np.bool_] = empty.to_numpy()
    return mask


def read_log(paths: Sequence[Path], layout: LogLayout) -> EventLog:
    """Read the files of a log. Raises ``DataError`` for a damaged file, a missing column, and a log without rows."""
    names = [layout.user_column, layout.item_column, *([layout.event_column] if layout.event_column else [])]
    wanted = dict.fromkeys(names, TEXT) | {layout.time_column: pa.string()}
    tables = [(path, read_columns(path, wanted, layout.form)) for path in paths]
    times = [_plain(table[layout.time_column]) for _, table in tables]
    rows = sum(table.num_rows for _, table in tables)
    if rows == 0:
        raise DataError(f"the event log has no rows ({len(paths)} files).", "Look at the step that writes the log.")
    micros = np.concatenate([_micros(path, piece, layout) for path, piece in zip(paths, times, strict=True)])
    _refuse_other_unit(micros, layout)
    codes = {name: _codes(tables, name, fractions=name == layout.event_column) for name in names}
    return EventLog(
        user=codes[layout.user_column],
        item=codes[layout.item_column],
        event=codes[layout.event_column] if layout.event_column else constant(VIEW, rows),
        micros=micros,
        raw_times=tuple(times),
    )


def _refuse_other_unit(micros: Micros, layout: LogLayout) -> None:
    """Seconds that are taken for milliseconds all lie in January 1970, and nothing would look wrong after that."""
    latest = int(micros.max())
    if layout.time_format in SMALLER_UNITS and NAT < latest < 365 * DAY:
        moment = to_arrow(np.array([latest]))[0]
        raise DataError(
            f"the latest time of the log is {moment}, read as {layout.time_format} since 1970.",
            f"Say with --time_format what {layout.time_column!r} holds: probably a larger unit.",
        )


def _codes(tables: Sequence[tuple[Path, pa.Table]], name: str, *, fractions: bool) -> Codes:
    chunks = []
    for path, table in tables:
        try:
            chunks += as_text(table[name], fractions=fractions).chunks
        except TypeError as error:
            raise DataError(
                f"column {name!r} of {path.name} {error}.", "Ids and names are text or integers."
            ) from error
    return encode(pa.chunked_array(chunks, TEXT))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text in any of Arrow's layouts -> ``string``; other columns as they are."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    other_text = pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type)
    return column.cast(pa.string()) if other_text else column


def _micros(path: Path, column: pa.ChunkedArray, layout: LogLayout) -> Micros:
    try:
        return to_micros(column, layout.time_format, layout.time_zone)
    except TypeError as error:
        raise DataError(
            f"column {layout.time_column!r} of {path.name} {error}.",
            "Say with --time_format what it holds: iso (text), or s, ms or us since 1970 (numbers).",
        ) from error
