"""Interactions as a sparse matrix of users and items."""

from bisect import bisect_left
from collections.abc import Iterable
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


def build_interactions(batches: Iterable[pa.Table]) -> Interactions:
    """The matrix of the columns user_id, item_id (strings, or dictionaries of them) and weight, rows in any order.

    Rows that are sorted by user_id, and then by item_id, are put together fastest.
    A pair with weight 0 says nothing: it is left out, and a user or item that has only such pairs is unknown.

    Raises InvalidInputError: a missing id, a weight that is missing, NaN, negative or beyond float32, a pair that comes
    twice, or no positive weight at all.
    """
    users, items, weights = _Ids("user_id"), _Ids("item_id"), [np.empty(0, np.float32)]
    before = 0
    for batch in batches:
        values = checked_weights(batch["weight"], before)
        before += len(values)
        positive = values > 0
        kept = slice(None) if positive.all() else positive
        weights.append(values[kept])
        for ids in (users, items):
            ids.add(batch[ids.name], kept)
    return _put_together(users, items, weights)


def _put_together(users: "_Ids", items: "_Ids", weights: list[NDArray[np.float32]]) -> Interactions:
    pairs = sum(map(len, weights))
    if not pairs:
        raise InvalidInputError(
            "The interactions hold no positive weight, so there is nothing to learn from.",
            "Check the event weights of the step before.",
        )
    (user_ids, rows), (item_ids, columns) = users.taken(), items.taken()
    matrix = _matrix(rows, columns, np.concatenate(weights), len(user_ids), len(item_ids))
    if matrix.nnz < pairs:
        raise InvalidInputError(
            f"{pairs - matrix.nnz} row(s) of the interactions repeat a pair of user_id and item_id.",
            "Sum the weights of each pair before, as preprocess does.",
        )
    return Interactions(user_ids, item_ids, matrix)


class _Ids:
    """A column of ids that comes in batches: a code for each row, and the different ids of each batch."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._codes: list[NDArray[np.int32]] = []
        self._values: list[pa.Array] = []

    def add(self, column: pa.ChunkedArray, kept: NDArray[np.bool_] | slice) -> None:
        """More rows, of which those that are ``kept`` count. Raises InvalidInputError where an id is missing."""
        require_no_missing(column, self.name)
        codes, values = encoded(column)
        self._codes.append(codes[kept])
        self._values.append(values)

    def taken(self) -> tuple[pa.Array, NDArray[np.int32]]:
        """The ids of the rows that count, sorted and unique, and the position there of each row; nothing is left here.

        An id is looked up once for each batch that has it, not for each row.
        """
        batches = list(zip(self._codes, self._values, strict=True))
        used = np.concatenate([occurring(codes, len(values)) for codes, values in batches])
        names = pa.chunked_array(self._values, pa.string())
        ids = sorted_unique(names.filter(pa.array(used)))
        places, first = positions(names, ids).astype(np.int32), 0
        for codes, values in batches:
            codes[:] = places[first : first + len(values)][codes]
            first += len(values)
        found = np.concatenate(self._codes)
        self._codes, self._values = [], []
        return ids, found


def occurring(codes: NDArray[np.int32], size: int) -> NDArray[np.bool_]:
    """Which of the codes below ``size`` there are, (size,)."""
    used = np.zeros(size, np.bool_)
    used[codes] = True
    return used


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


def encoded(ids: pa.ChunkedArray) -> tuple[NDArray[np.int32], pa.Array]:
    """Codes (rows,) of ids without missing ones, and the strings they stand for."""
    dictionary = ids.unify_dictionaries() if pa.types.is_dictionary(ids.type) else ids.dictionary_encode()
    if not dictionary.num_chunks:
        return np.empty(0, np.int32), pa.array([], pa.string())
    codes = [chunk.indices.to_numpy(zero_copy_only=False) for chunk in dictionary.chunks]
    return np.concatenate(codes).astype(np.int32, copy=False), dictionary.chunk(0).dictionary.cast(pa.string())


def _matrix(
    rows: NDArray[np.int32], columns: NDArray[np.int32], values: NDArray[np.float32], users: int, items: int
) -> csr_matrix:
    """CSR (users, items) with sorted indices; 32-bit indices as long as they suffice (implicit's compiled code)."""
    shape = (users, items)
    if (rows[1:] < rows[:-1]).any():
        matrix = csr_matrix((values, (rows, columns)), shape=shape)
    else:  # nothing has to be moved
        starts = np.searchsorted(rows, np.arange(users + 1, dtype=np.int32))
        matrix = csr_matrix((values, columns, starts), shape=shape)
    matrix.sum_duplicates()  # sorts the indices where they are not
    return matrix


def checked_weights(weights: pa.ChunkedArray, before: int | None = None) -> NDArray[np.float32]:
    """float32 weights (rows,), finite and not negative. The check is on float64: a cast may overflow.

    before: how many rows there are before these, for the message of InvalidInputError; None: not known.
    """
    require_no_missing(weights, "weight")
    values = np.asarray(weights.to_numpy(), dtype=np.float64)
    largest = float(np.finfo(np.float32).max)
    if not (values.min(initial=0) >= 0 and values.max(initial=0) <= largest):  # so written, NaN is bad
        bad = ~((values >= 0) & (values <= largest))
        first = int(np.argmax(bad))
        place = "" if before is None else f" in row {before + first}"
        raise InvalidInputError(
            f"{int(bad.sum())} weight(s) or more are NaN, negative or too large, the first{place}: {values[first]}.",
            "A weight is a number from 0 to 3.4e38; correct the step that computes it.",
        )
    return values.astype(np.float32)


def require_no_missing(column: pa.ChunkedArray, name: str) -> None:
    """Raises InvalidInputError where a column has nulls."""
    if column.null_count:
        raise InvalidInputError(
            f"Column '{name}' of the interactions misses {column.null_count} value(s) or more.",
            "Drop or fill these rows.",
        )
