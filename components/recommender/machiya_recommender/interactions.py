"""Interactions as a sparse matrix of users and items."""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.errors import InvalidInputError


@dataclass(frozen=True)
class Interactions:
    """Who did what how much.

    users, items: sorted unique ids (by UTF-8 bytes, which is the order of code points), Arrow strings.
    weights: CSR (users, items), float32, every stored value positive and finite, indices sorted, no duplicates.
    """

    users: pa.Array
    items: pa.Array
    weights: csr_matrix


def build_interactions(users: pa.ChunkedArray, items: pa.ChunkedArray, weights: pa.ChunkedArray) -> Interactions:
    """The matrix of three columns of equal length, in any order of rows.

    A pair with weight 0 says nothing: it is left out, and a user or item that has only such pairs is unknown.

    Raises InvalidInputError: a missing id, a weight that is missing, NaN, negative or beyond float32, a pair that comes
    twice, or no positive weight at all.
    """
    require_no_missing(users, "user_id")
    require_no_missing(items, "item_id")
    values = checked_weights(weights)
    positive = values > 0
    if not positive.any():
        raise InvalidInputError(
            "The interactions hold no positive weight, so there is nothing to learn from.",
            "Check the event weights of the step before.",
        )
    mask = pa.array(positive)
    users, items, values = users.filter(mask), items.filter(mask), values[positive]
    user_ids, item_ids = sorted_unique(users), sorted_unique(items)
    matrix = _matrix(positions(users, user_ids), positions(items, item_ids), values, len(user_ids), len(item_ids))
    if matrix.nnz < len(values):
        raise InvalidInputError(
            f"{len(values) - matrix.nnz} row(s) of the interactions repeat a pair of user_id and item_id.",
            "Sum the weights of each pair before, as preprocess does.",
        )
    return Interactions(user_ids, item_ids, matrix)


def sorted_unique(ids: pa.ChunkedArray) -> pa.Array:
    """Unique ids, sorted by their UTF-8 bytes."""
    unique = pc.unique(ids)
    return unique.take(pc.array_sort_indices(unique))


def positions(ids: pa.ChunkedArray | pa.Array, known: pa.Array) -> NDArray[np.int64]:
    """The position of each of ``ids`` in ``known`` (int64, same length); -1 where it is not there."""
    found = pc.fill_null(pc.index_in(ids, value_set=known), -1)
    return np.asarray(found.to_numpy(), dtype=np.int64)


def count_before(known: pa.Array, name: bytes) -> int:
    """How many of ``known`` (sorted) come before ``name``, by their UTF-8 bytes."""
    return bisect_left(range(len(known)), name, key=lambda place: known[place].as_py().encode())


def _matrix(
    rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.floating], users: int, items: int
) -> csr_matrix:
    """CSR (users, items) with sorted indices; 32-bit indices as long as they suffice (implicit's compiled code)."""
    matrix = csr_matrix((values, (rows, columns)), shape=(users, items))
    matrix.sum_duplicates()
    return matrix


def checked_weights(weights: pa.ChunkedArray) -> NDArray[np.float32]:
    """float32 weights (rows,), finite and not negative. The check is on float64: a cast may overflow."""
    require_no_missing(weights, "weight")
    values = np.asarray(weights.to_numpy(), dtype=np.float64)
    bad = ~((values >= 0) & (values <= np.finfo(np.float32).max))  # so written, NaN is bad
    if bad.any():
        first = int(np.argmax(bad))
        raise InvalidInputError(
            f"{int(bad.sum())} weight(s) are NaN, negative or too large, the first in row {first}: {values[first]}.",
            "A weight is a number from 0 to 3.4e38; correct the step that computes it.",
        )
    return values.astype(np.float32)


def require_no_missing(column: pa.ChunkedArray, name: str) -> None:
    """Raises InvalidInputError where a column has nulls."""
    if column.null_count:
        raise InvalidInputError(
            f"Column '{name}' of the interactions misses {column.null_count} value(s).", "Drop or fill these rows."
        )
