"""The output tables of predict and similar, in Arrow."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from machiya_recommender.recommend import Recommendations
from machiya_recommender.similar import SimilarItems

RECOMMENDATIONS = pa.schema(
    [
        ("user_id", pa.string()),
        ("item_id", pa.string()),
        ("rank", pa.int32()),
        ("score", pa.float64()),
        ("source", pa.string()),
    ]
)
SIMILAR = pa.schema(
    [("item_id", pa.string()), ("similar_item_id", pa.string()), ("rank", pa.int32()), ("score", pa.float64())]
)

ROWS_PER_PIECE = 1 << 17
"""Rows that are gathered before they are written: a row group of Parquet."""

_SOURCES = pa.array(["model", "fallback"])


def recommendations_table(rows: Recommendations, users: pa.Array, items: pa.Array) -> pa.Table:
    """Rows with ids in place of positions."""
    columns = [
        users.take(pa.array(rows.user)),
        items.take(pa.array(rows.item)),
        pa.array(rows.rank.astype(np.int32)),
        pa.array(rows.score.astype(np.float64)),
        _SOURCES.take(pa.array(rows.fallback.astype(np.int8))),
    ]
    return pa.table(
        [column.cast(field.type) for column, field in zip(columns, RECOMMENDATIONS, strict=True)], RECOMMENDATIONS
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
