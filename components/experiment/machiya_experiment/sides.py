"""One side of a split: its columns, its users, and its rows in the order of users."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from machiya_experiment.arrays import Booleans, Integers

USER = "user_id"
STRINGS = pa.large_string()
PIECE_ROWS = 1 << 17


class Rows(Protocol):
    """A table in Parquet parts, read in batches."""

    @property
    def files(self) -> list[Path]:
        """The parts, all of one schema."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of all parts in order."""


@dataclass(frozen=True)
class Side:
    """What is known of a side after one look at its users.

    Attributes:
        rows: Where its rows come from.
        schema: Its columns.
        users: Its users, large_string, ascending (by UTF-8 bytes), distinct.
        ordered: Whether its rows come in this order; the recommender's do.
    """

    rows: Rows
    schema: pa.Schema
    users: pa.Array
    ordered: bool


class Piece(NamedTuple):
    """Some rows, and the position of their user in a vocabulary: int64, shape (n_rows,), non-decreasing."""

    user: Integers
    rows: pa.Table


def scan(rows: Rows) -> Side:
    """Look at the users of a side, batch by batch; memory is that of the distinct users."""
    seen: list[pa.Array] = []
    ordered, last = True, None
    for batch in rows.batches([USER]):
        runs = _runs(batch.column(0).cast(STRINGS))
        if not len(runs):
            continue
        ordered = ordered and (last is None or last <= runs[0].as_py().encode()) and _ascending(runs)
        last = runs[len(runs) - 1].as_py().encode()
        seen.append(runs if ordered else pc.unique(runs))
    users = pc.unique(pa.chunked_array(seen, STRINGS))
    schema = pq.read_schema(rows.files[0]).remove_metadata()
    return Side(rows, schema, users if ordered else users.take(pc.sort_indices(users)), ordered)


def pieces(side: Side, users: pa.Array, chosen: Booleans, schema: pa.Schema) -> Iterator[Piece]:
    """The rows of the chosen users, sorted by user, the rows of a user as they come.

    Args:
        side: What `scan` found.
        users: The vocabulary, of which the side's users are a part, ascending.
        chosen: Whether a user of the vocabulary is wanted: bool, shape (n_users,).
        schema: Columns to give; those that the side does not have are null.
    """
    place = positions(side.users, users)
    coded = _counted(side, place) if side.ordered else _sorted(side, users, chosen)
    for piece in coded:
        wanted = chosen[piece.user]
        if wanted.any():
            rows = piece.rows if wanted.all() else piece.rows.filter(pa.array(wanted))
            yield Piece(piece.user[wanted], _conformed(rows, schema))


def positions(some: pa.Array, users: pa.Array) -> Integers:
    """Position of each of some users in a vocabulary that has them all: int64, shape (n_some,)."""
    found: Integers = pc.index_in(some, value_set=users).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _counted(side: Side, place: Integers) -> Iterator[Piece]:
    """Rows that are in order need no look-up: their user is the next one wherever the id changes."""
    number, last = -1, None
    for batch in side.rows.batches():
        if not batch.num_rows:
            continue
        ids = batch.column(USER).cast(STRINGS)
        first = np.append(ids[0].as_py() != last, _changes(ids))
        code = number + np.cumsum(first)
        number, last = int(code[-1]), ids[len(ids) - 1].as_py()
        yield Piece(place[code], pa.Table.from_batches([batch]))


def _sorted(side: Side, users: pa.Array, chosen: Booleans) -> Iterator[Piece]:
    """Rows in any order are held in memory, those of the chosen users alone."""
    kept = []
    for batch in side.rows.batches():
        code = positions(batch.column(USER).cast(STRINGS), users)
        kept.append((code[chosen[code]], batch.filter(pa.array(chosen[code]))))
    code = np.concatenate([code for code, _ in kept])
    rows = pa.Table.from_batches([batch for _, batch in kept])
    order = np.argsort(code, kind="stable")
    for start in range(0, order.size, PIECE_ROWS):
        part = order[start : start + PIECE_ROWS]
        yield Piece(code[part], rows.take(pa.array(part)))


def _conformed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        rows[column.name].cast(column.type) if column.name in rows.column_names else pa.nulls(len(rows), column.type)
        for column in schema
    ]
    return pa.table(columns, schema=schema)


def _changes(ids: pa.Array) -> Booleans:
    """Whether each id but the first differs from the one before: bool, shape (n - 1,)."""
    changed: Booleans = pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy(zero_copy_only=False)
    return changed


def _runs(ids: pa.Array) -> pa.Array:
    """The ids without immediate repetitions."""
    return ids if len(ids) < 2 else ids.filter(pa.array(np.append(True, _changes(ids))))


def _ascending(runs: pa.Array) -> bool:
    return pc.all(pc.less(runs.slice(0, len(runs) - 1), runs.slice(1))).as_py() is not False
