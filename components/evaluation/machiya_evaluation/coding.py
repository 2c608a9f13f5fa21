"""Ids (strings) as positions in a sorted vocabulary, so that everything after this is arithmetic on integers."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from machiya_evaluation.arrays import Integers

ABSENT = -1
"""The code of an id that is not in the vocabulary."""


def as_strings(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array of strings, whatever string encoding the file used."""
    return column.cast(pa.large_string()).combine_chunks()


def vocabulary(*columns: pa.ChunkedArray) -> pa.Array:
    """The distinct values of all columns in ascending order: large_string, without nulls."""
    chunks = [pc.unique(as_strings(column)) for column in columns]
    distinct = pc.unique(pa.concat_arrays(chunks)).drop_null()
    return distinct.take(pc.sort_indices(distinct))


def encode(column: pa.ChunkedArray, words: pa.Array) -> Integers:
    """Position of every value in `words`: int64, shape (n_rows,); `ABSENT` where it is not one of them."""
    codes = pc.index_in(as_strings(column), value_set=words)
    return integers(pc.fill_null(codes, ABSENT))


def integers(column: pa.Array | pa.ChunkedArray) -> Integers:
    """An integer column without nulls as int64, shape (n_rows,)."""
    values: Integers = column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return values


def examples(words: pa.Array, codes: Integers, limit: int = 3) -> str:
    """The first few distinct ids behind `codes`, for a message: `'u1', 'u7', 'u9', ...`."""
    distinct = np.unique(codes)
    shown: Sequence[str] = [repr(words[int(code)].as_py()) for code in distinct[:limit]]
    return ", ".join(shown) + (", ..." if distinct.size > limit else "")
