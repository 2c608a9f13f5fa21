"""What users have seen, read from the Parquet parts of interactions for some users at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from machiya_recommender.interactions import checked_weights, positions, require_no_missing, sorted_unique

ROWS_AT_A_TIME = 1 << 20
"""Rows that are decoded at once (a row group at least), about 20 bytes each."""


@dataclass(frozen=True)
class History:
    """What some users have seen of a model's items, in compressed rows.

    User u has seen ``items[starts[u]:starts[u + 1]]``: int32 positions in the model, in the order of the interactions;
    starts: (users + 1,) int64. weights: float64, how much; None where nobody asked. A weight 0 was seen, too.
    """

    starts: NDArray[np.int64]
    items: NDArray[np.int32]
    weights: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls, users: NDArray[np.int64], items: NDArray[np.int32], weights: NDArray[np.float64] | None, count: int
    ) -> "History":
        """Rows (users, items and weights of equal length, in any order) put together for ``count`` users."""
        if (users[1:] < users[:-1]).any():
            order = np.argsort(users, kind="stable")
            users, items, weights = users[order], items[order], None if weights is None else weights[order]
        return cls(np.searchsorted(users, np.arange(count + 1)).astype(np.int64), items, weights)

    def part(self, users: range) -> "History":
        """The history of contiguous users."""
        starts = self.starts[users.start : users.stop + 1]
        rows = slice(starts[0], starts[-1])
        return History(starts - starts[0], self.items[rows], None if self.weights is None else self.weights[rows])

    def only(self, users: NDArray[np.bool_]) -> "History":
        """The history of those users for whom the mask (users,) is true."""
        sizes = np.diff(self.starts)
        rows = np.repeat(users, sizes)
        starts = np.concatenate([[0], np.cumsum(sizes[users])]).astype(np.int64)
        return History(starts, self.items[rows], None if self.weights is None else self.weights[rows])


@dataclass(frozen=True)
class _RowGroups:
    """Neighbouring row groups of one part. lowest, highest: user ids in UTF-8 between which theirs lie, if known."""

    file: Path
    numbers: list[int]
    lowest: bytes | None
    highest: bytes | None

    def may_hold(self, lowest: bytes, highest: bytes) -> bool:
        """Whether a user from ``lowest`` to ``highest`` can be there."""
        return self.lowest is None or self.highest is None or (self.lowest <= highest and self.highest >= lowest)


@dataclass(frozen=True)
class HistoryReader:
    """Interactions (user_id, item_id, weight) in Parquet parts, of which no more is held than is asked for.

    Row groups that, by their statistics, hold none of the users are skipped. So reading part by part is cheap where the
    interactions are sorted by user_id; where they are not, everything is read again for every part.
    """

    files: Sequence[Path]

    def users(self) -> pa.Array:
        """All users: unique ids, sorted by their UTF-8 bytes. Raises InvalidInputError where one is missing."""
        found = [pa.array([], pa.string())]
        for groups in self._groups:
            column = _read(groups, ["user_id"])["user_id"]
            found += [_used(chunk) for chunk in column.chunks]
        return sorted_unique(pa.chunked_array(found))

    def read(self, users: pa.Array, items: pa.Array, weights: bool = False) -> History:
        """What ``users`` (sorted unique ids) have seen of ``items`` (likewise), in their order.

        Rows of other users and items are left out. Raises InvalidInputError: a missing id, or, with ``weights``, one
        that is missing, NaN, negative or beyond float32.
        """
        columns = ["user_id", "item_id", *(["weight"] if weights else [])]
        read = [_known(_read(groups, columns), users, items) for groups in self._holding(users)]
        if not read:
            nothing = np.empty(0, np.float64) if weights else None
            return History.of(np.empty(0, np.int64), np.empty(0, np.int32), nothing, len(users))
        rows, places, values = zip(*read, strict=True)
        found = np.concatenate(values) if weights else None
        return History.of(np.concatenate(rows), np.concatenate(places), found, len(users))

    def _holding(self, users: pa.Array) -> Iterator[_RowGroups]:
        if len(users):
            lowest, highest = (users[place].as_py().encode() for place in (0, len(users) - 1))
            yield from (groups for groups in self._groups if groups.may_hold(lowest, highest))

    @cached_property
    def _groups(self) -> list[_RowGroups]:
        return [groups for file in self.files for groups in _row_groups(file)]


def _row_groups(file: Path) -> Iterator[_RowGroups]:
    """The row groups of a part, some neighbours together."""
    with pq.ParquetFile(file) as part:
        metadata = part.metadata
        column = next(at for at in range(metadata.num_columns) if metadata.schema.column(at).path == "user_id")
        waiting: list[int] = []
        for number in range(metadata.num_row_groups):
            waiting.append(number)
            rows = sum(metadata.row_group(one).num_rows for one in waiting)
            if rows >= ROWS_AT_A_TIME or number == metadata.num_row_groups - 1:
                yield _RowGroups(file, waiting, *_bounds([metadata.row_group(one).column(column) for one in waiting]))
                waiting = []


def _bounds(chunks: Sequence[pq.ColumnChunkMetaData]) -> tuple[bytes | None, bytes | None]:
    """The lowest and the highest value, (None, None) where one of the chunks does not tell."""
    known = [chunk.statistics for chunk in chunks if chunk.is_stats_set and chunk.statistics.has_min_max]
    if len(known) < len(chunks):
        return None, None
    return min(_bytes(one.min) for one in known), max(_bytes(one.max) for one in known)


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _read(groups: _RowGroups, columns: list[str]) -> pa.Table:
    """Columns of row groups; ids as dictionaries, as they are stored."""
    with pq.ParquetFile(groups.file, read_dictionary=["user_id", "item_id"], memory_map=True) as part:
        table = part.read_row_groups(groups.numbers, columns=columns, use_threads=False)
    for name in columns:
        require_no_missing(table[name], name)
    return table.unify_dictionaries()


def _known(
    table: pa.Table, users: pa.Array, items: pa.Array
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """The rows of known users and items: positions of both, and weights (none where the table has none)."""
    row, place = _positions(table["user_id"], users), _positions(table["item_id"], items)
    weights = checked_weights(table["weight"]) if "weight" in table.column_names else np.empty(0, np.float32)
    known = (row >= 0) & (place >= 0)
    if not known.all():
        row, place, weights = row[known], place[known], weights[known] if len(weights) else weights
    return row, place.astype(np.int32), weights.astype(np.float64)


def _positions(column: pa.ChunkedArray, known: pa.Array) -> NDArray[np.int64]:
    """The position of each value in ``known``, -1 where it is not there; each different value is looked up once."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    found = [
        positions(chunk.dictionary.cast(pa.string()), known)[chunk.indices.to_numpy(zero_copy_only=False)]
        for chunk in encoded.chunks
    ]
    return np.concatenate([np.empty(0, np.int64), *found])


def _used(column: pa.Array) -> pa.Array:
    """The different values of a chunk; a dictionary may hold some that do not occur."""
    if not pa.types.is_dictionary(column.type):
        return column.unique().cast(pa.string())
    codes = column.indices.to_numpy(zero_copy_only=False)
    used = np.flatnonzero(np.bincount(codes, minlength=len(column.dictionary)))
    return column.dictionary.take(pa.array(used)).cast(pa.string())
