"""The output tables: ids in place of positions, and pieces that do not cut a list."""

import numpy as np
import pyarrow as pa
import pytest

from machiya_recommender.recommend import Recommendations
from machiya_recommender.tables import in_pieces, recommendations_table


def made(counts: list[int], first: int = 0) -> Recommendations:
    """Lists of these lengths; the last row of each that has more than one is fallback."""
    lengths, rows = np.array(counts, np.int32), sum(counts)
    of_model = np.where(lengths > 1, lengths - 1, lengths).astype(np.int32)
    items = (np.arange(rows) * 7 % 10).astype(np.int32)
    return Recommendations(
        range(first, first + len(counts)), lengths, of_model, items, np.arange(rows, dtype=np.float32)
    )


def test_rows_name_users_items_and_sources() -> None:
    table = recommendations_table(made([2, 0, 1]), pa.array(["a", "b", "c"]), pa.array([f"i{n}" for n in range(10)]))
    table.validate(full=True)
    assert table.to_pylist() == [
        {"user_id": "a", "item_id": "i0", "rank": 1, "score": 0.0, "source": "model"},
        {"user_id": "a", "item_id": "i7", "rank": 2, "score": 1.0, "source": "fallback"},
        {"user_id": "c", "item_id": "i4", "rank": 1, "score": 2.0, "source": "model"},
    ]


@pytest.mark.parametrize("rows", [1, 5, 6, 100])
@pytest.mark.parametrize("batch", [1, 2, 7])
def test_pieces_are_whole_lists_whatever_the_batches(rows: int, batch: int) -> None:
    counts = [3, 0, 5, 9, 1, 1, 4]
    whole = made(counts)
    starts = np.concatenate([[0], np.cumsum(counts)])
    parts = [
        Recommendations(
            range(at, min(at + batch, 7)),
            whole.counts[at : at + batch],
            whole.of_model[at : at + batch],
            whole.item[starts[at] : starts[min(at + batch, 7)]],
            whole.score[starts[at] : starts[min(at + batch, 7)]],
        )
        for at in range(0, 7, batch)
    ]
    pieces = list(in_pieces(parts, rows))
    assert [user for piece in pieces for user in piece.users] == list(range(7))
    for name in ("counts", "of_model", "item", "score", "user", "rank", "fallback"):
        joined = np.concatenate([getattr(piece, name) for piece in pieces])
        np.testing.assert_array_equal(joined, getattr(whole, name))
    assert all(len(piece.item) <= rows or len(piece.item) == piece.counts.max() for piece in pieces)
    assert [len(piece.users) for piece in pieces] == [len(piece.users) for piece in in_pieces([whole], rows)]


def test_no_lists_are_no_pieces() -> None:
    assert list(in_pieces([])) == []
