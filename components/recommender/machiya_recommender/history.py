"""What users have seen, read from the Parquet parts of interactions for some users at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from machiya_recommender.interactions import (
    checked_weights,
    count_before,
    encoded,
    occurring,
    positions,
    require_no_missing,
    sorted_unique,
)
from machiya_recommender.sharding import shard_range

ROWS_AT_A_TIME = 1 << 20
"""Rows that are decoded at once (a row group at least), about 20 bytes each."""
ROW_GROUPS_PER_SHARD = 16
"""With at least so many a shard is made of whole row groups: then shards differ by a sixteenth at most."""


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
        cls, users: NDArray[np.int32], items: NDArray[np.int32], weights: NDArray[np.float64] | None, count: int
    ) -> "History":
        """Rows (users, items and weights of equal length, in any order) put together for ``count`` users."""
        if (users[1:] < users[:-1]).any():
            order = np.argsort(users, kind="stable")
            users, items, weights = users[order], items[order], None if weights is None else weights[order]
        return cls(np.searchsorted(users, np.arange(count + 1, dtype=np.int32)).astype(np.int64), items, weights)

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
    """Some row groups of one part. lowest, highest: user ids in UTF-8 between which theirs lie, if known."""

    file: Path
    numbers: list[int]
    rows: int
    lowest: bytes | None
    highest: bytes | None

    def may_hold(self, lowest: bytes, highest: bytes) -> bool:
        """Whether a user from ``lowest`` to ``highest`` can be there."""
        return self.lowest is None or self.highest is None or (self.lowest <= highest and self.highest >= lowest)

    def with_next(self, other: "_RowGroups") -> "_RowGroups":
        """Both in one."""
        known = [bound for one in (self, other) for bound in (one.lowest, one.highest) if bound is not None]
        lowest, highest = (min(known), max(known)) if len(known) == 4 else (None, None)
        return _RowGroups(self.file, self.numbers + other.numbers, self.rows + other.rows, lowest, highest)

    def near(self, users: pa.Array) -> tuple[int, pa.Array]:
        """Those of ``users`` (sorted) who can be there, and how many come before them: fewer are faster looked up."""
        if self.lowest is None or self.highest is None:
            return 0, users
        first = count_before(users, self.lowest)
        return first, users[first : count_before(users, self.highest) + 1]


@dataclass(frozen=True)
class HistoryReader:
    """Interactions (user_id, item_id, weight) in Parquet parts, of which no more is held than is asked for.

    Row groups that, by their statistics, hold none of the users are skipped. So reading part by part is cheap where the
    interactions are sorted by user_id; where they are not, everything is read again for every part.
    """

    files: Sequence[Path]

    def users(self, shard: int = 0, shards: int = 1) -> pa.Array:
        """The users of one shard: unique ids, sorted by their UTF-8 bytes. In their order the shards make up all users.

        Of interactions that are sorted by user_id and have many row groups, shards are as many row groups each, and at
        most the next one is read beside them; else all users are found, and cut into equal parts. Raises
        InvalidInputError where one is missing.
        """
        starts = self._starts(shards)
        if starts is None:
            everybody = self._users_in(self._groups)
            part = shard_range(len(everybody), shard, shards)
            return everybody[part.start : part.stop]
        lowest, end = starts[shard] or b"", starts[shard + 1]
        found = self._users_in([one for one in self._groups if one.may_hold(lowest, end or one.highest or b"")])
        return found[count_before(found, lowest) : None if end is None else count_before(found, end)]

    def everything(self) -> Iterator[pa.Table]:
        """All rows (user_id, item_id, weight) in their order, ``ROWS_AT_A_TIME``, with ids as dictionaries.

        Raises InvalidInputError where a value is missing.
        """
        for groups in _together(self._groups):
            yield _read(groups, ["user_id", "item_id", "weight"])

    def _starts(self, shards: int) -> list[bytes | None] | None:
        """The least user id of each shard, and None after the last; None where row groups do not tell."""
        groups = self._groups
        bounds = [one.highest for one in groups[:-1]], [one.lowest for one in groups[1:]]
        if len(groups) < ROW_GROUPS_PER_SHARD * shards or any(
            before is None or after is None or before > after for before, after in zip(*bounds, strict=True)
        ):
            return None
        return [b"", *(groups[len(groups) * shard // shards].lowest for shard in range(1, shards)), None]

    @staticmethod
    def _users_in(groups: Sequence[_RowGroups]) -> pa.Array:
        used = [_used(_read(some, ["user_id"])["user_id"]) for some in _together(groups)]
        return sorted_unique(pa.chunked_array([pa.array([], pa.string()), *used]))

    def read(self, users: pa.Array, items: pa.Array, weights: bool = False) -> History:
        """What ``users`` (sorted unique ids) have seen of ``items`` (likewise), in their order.

        Rows of other users and items are left out. Raises InvalidInputError: a missing id, or, with ``weights``, one
        that is missing, NaN, negative or beyond float32.
        """
        columns = ["user_id", "item_id", *(["weight"] if weights else [])]
        read = [_known(_read(groups, columns), groups, users, items) for groups in self._holding(users)]
        if not read:
            nothing = np.empty(0, np.float64) if weights else None
            return History.of(np.empty(0, np.int32), np.empty(0, np.int32), nothing, len(users))
        rows, places, values = zip(*read, strict=True)
        found = np.concatenate(values) if weights else None
        return History.of(np.concatenate(rows), np.concatenate(places), found, len(users))

    def _holding(self, users: pa.Array) -> Iterator[_RowGroups]:
        if len(users):
            lowest, highest = (users[place].as_py().encode() for place in (0, len(users) - 1))
            yield from _together([one for one in self._groups if one.may_hold(lowest, highest)])

    @cached_property
    def _groups(self) -> list[_RowGroups]:
        return [groups for file in self.files for groups in _row_groups(file)]


def _row_groups(file: Path) -> Iterator[_RowGroups]:
    """Each row group of a part."""
    with pq.ParquetFile(file) as part:
        metadata = part.metadata
        column = next(at for at in range(metadata.num_columns) if metadata.schema.column(at).path == "user_id")
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            yield _RowGroups(file, [number], group.num_rows, *_bounds(group.column(column)))


def _together(groups: Iterable[_RowGroups]) -> Iterator[_RowGroups]:
    """The same row groups, neighbours of one part that are small enough in one."""
    waiting: _RowGroups | None = None
    for one in groups:
        if waiting and waiting.file == one.file and waiting.rows + one.rows <= ROWS_AT_A_TIME:
            waiting = waiting.with_next(one)
            continue
        if waiting:
            yield waiting
        waiting = one
    if waiting:
        yield waiting


def _bounds(chunk: pq.ColumnChunkMetaData) -> tuple[bytes | None, bytes | None]:
    """The lowest and the highest value, (None, None) where it does not tell."""
    if not chunk.is_stats_set or not chunk.statistics.has_min_max:
        return None, None
    return _bytes(chunk.statistics.min), _bytes(chunk.statistics.max)


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _read(groups: _RowGroups, columns: list[str]) -> pa.Table:
    """Columns of row groups; ids as dictionaries, as they are stored."""
    with pq.ParquetFile(groups.file, read_dictionary=["user_id", "item_id"], memory_map=True) as part:
        table = part.read_row_groups(groups.numbers, columns=columns, use_threads=False)
    for name in columns:
        require_no_missing(table[name], name)
    return table


def _known(
    table: pa.Table, groups: _RowGroups, users: pa.Array, items: pa.Array
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """The rows of known users and items: positions of both, and weights (none where the table has none)."""
    first, near = groups.near(users)
    row, place = _positions(table["user_id"], near, first), _positions(table["item_id"], items)
    weights = checked_weights(table["weight"]) if "weight" in table.column_names else np.empty(0, np.float32)
    known = (row >= 0) & (place >= 0)
    if not known.all():
        row, place, weights = row[known], place[known], weights[known] if len(weights) else weights
    return row, place, weights.astype(np.float64)


def _positions(column: pa.ChunkedArray, known: pa.Array, first: int = 0) -> NDArray[np.int32]:
    """The position of each value in ``known``, counted from ``first``; -1 where it is not there.

    Each different value is looked up once.
    """
    codes, values = encoded(column)
    found = positions(values, known)
    return np.where(found >= 0, found + first, -1).astype(np.int32)[codes]


def _used(column: pa.ChunkedArray) -> pa.Array:
    """The different values of a column; a dictionary may hold some that do not occur."""
    codes, values = encoded(column)
    return values.filter(pa.array(occurring(codes, len(values))))
