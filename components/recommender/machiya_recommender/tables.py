"""The output tables of predict and similar, in Arrow."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_recommender.recommend import Recommendations
from machiya_recommender.similar import SimilarItems

_NAMES = pa.dictionary(pa.int32(), pa.string())
"""A dictionary is written as it is, without a string for each row, and read as strings."""

RECOMMENDATIONS = pa.schema(
    [
        ("user_id", _NAMES),
        ("item_id", _NAMES),
        ("rank", pa.int32()),
        ("score", pa.float64()),
        ("source", pa.dictionary(pa.int8(), pa.string())),
    ]
)
SIMILAR = pa.schema(
    [("item_id", pa.string()), ("similar_item_id", pa.string()), ("rank", pa.int32()), ("score", pa.float64())]
)

ROWS_PER_PIECE = 1 << 17
"""Rows that are gathered before they are written: a row group of Parquet."""

_SOURCES = pa.array(["model", "fallback"])


def recommendations_table(rows: Recommendations, users: pa.Array, items: pa.Array) -> pa.Table:
    """Rows with ids in place of positions.

    users: the ids of exactly the users of ``rows``; items: those of the model.
    """
    user = np.repeat(np.arange(len(users), dtype=np.int32), rows.counts)
    columns = [
        pa.DictionaryArray.from_arrays(user, users),
        _named(rows.item, items),
        pa.array(rows.rank),
        pa.array(rows.score.astype(np.float64)),
        pa.DictionaryArray.from_arrays(rows.fallback.astype(np.int8), _SOURCES),
    ]
    return pa.table(columns, RECOMMENDATIONS)


def _named(positions: NDArray[np.int32], names: pa.Array) -> pa.DictionaryArray:
    """Positions (n,) as names; the dictionary holds those that occur, in their order."""
    occurs = np.zeros(len(names), np.bool_)
    occurs[positions] = True
    used = np.flatnonzero(occurs)
    codes = np.empty(len(names), np.int32)
    codes[used] = np.arange(len(used), dtype=np.int32)
    return pa.DictionaryArray.from_arrays(codes[positions], names.take(pa.array(used)))


def in_pieces(parts: Iterable[Recommendations], rows: int = ROWS_PER_PIECE) -> Iterator[Recommendations]:
    """The same lists in other pieces, whatever the parts: as many whole lists as have together at most ``rows`` rows.

    A list that is longer than that is a piece of its own.
    """
    waiting: list[Recommendations] = []
    for part in parts:
        waiting.append(part)
        while sum(len(one.item) for one in waiting) > rows:
            whole = _joined(waiting)
            lists = max(1, int(np.searchsorted(np.cumsum(whole.counts), rows, side="right")))
            yield _cut(whole, 0, lists)
            waiting = [_cut(whole, lists, len(whole.counts))]
            if not waiting[0].users:
                waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[Recommendations]) -> Recommendations:
    if len(parts) == 1:
        return parts[0]
    columns = ([getattr(part, name) for part in parts] for name in ("counts", "of_model", "item", "score"))
    return Recommendations(range(parts[0].users.start, parts[-1].users.stop), *map(np.concatenate, columns))


def _cut(part: Recommendations, first: int, last: int) -> Recommendations:
    """The lists from ``first`` to before ``last``."""
    ends = np.concatenate([[0], np.cumsum(part.counts)])
    lists, rows = slice(first, last), slice(ends[first], ends[last])
    return Recommendations(
        part.users[lists], part.counts[lists], part.of_model[lists], part.item[rows], part.score[rows]
    )


def similar_table(rows: SimilarItems, items: pa.Array) -> pa.Table:
    """Rows with ids in place of positions."""
    columns = [
        items.take(pa.array(rows.item)),
        items.take(pa.array(rows.similar)),
        pa.array(rows.rank.astype(np.int32)),
        pa.array(rows.score.astype(np.float64)),
    ]
    return pa.table([column.cast(field.type) for column, field in zip(columns, SIMILAR, strict=True)], SIMILAR)


def gathered(tables: Iterable[pa.Table], rows: int = ROWS_PER_PIECE) -> Iterator[pa.Table]:
    """The same rows in fewer pieces: each but the last has at least so many."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(one.num_rows for one in waiting) >= rows:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)
