"""Ids (strings) as positions in a vocabulary, so that everything after this is arithmetic on integers."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from machiya_evaluation.arrays import Booleans, Codes, Integers
from machiya_evaluation.kernels.words import FREE, count_rows, hash_words, look_up, move_slots
from machiya_evaluation.sources import Source

Number = TypeVar("Number", bound=np.generic)

ABSENT = -1
"""The code of an id that is not in the vocabulary."""


class Vocabulary:
    """Different words, numbered in the order in which they were added. It may hold words that no row of a table has."""

    def __init__(self) -> None:
        self._size = 0
        self._slots: Integers = np.full(64, FREE, np.int64)
        self._offsets: Integers = np.zeros(33, np.int64)
        self._letters: npt.NDArray[np.uint8] = np.zeros(256, np.uint8)

    def __len__(self) -> int:
        return self._size

    def add(self, words: pa.Array) -> Codes:
        """Codes of words, new ones included: int32, shape (n_words,)."""
        return self._look_up(words, add=True)

    def find(self, words: pa.Array) -> Codes:
        """Codes of words: int32, shape (n_words,); `ABSENT` where the vocabulary does not hold it."""
        return self._look_up(words, add=False)

    def words(self) -> pa.Array:
        """The words in the order of their codes: large_string, length n."""
        offsets, letters = self._offsets[: self._size + 1].copy(), self._letters[: self._offsets[self._size]].copy()
        return pa.LargeStringArray.from_buffers(self._size, pa.py_buffer(offsets), pa.py_buffer(letters))

    def _look_up(self, words: pa.Array, *, add: bool) -> Codes:
        offsets, letters = _buffers(words)
        if add:
            self._make_room(len(words), int(offsets[-1] - offsets[0]))
        hashes, codes = np.empty(len(words), np.int64), np.empty(len(words), np.int32)
        hash_words(offsets, letters, hashes)
        known = self._slots, self._offsets, self._letters
        self._size = look_up(offsets, letters, hashes, *known, self._size, add, codes)
        return codes

    def _make_room(self, words: int, letters: int) -> None:
        """For so many more words, of so many bytes; the table of slots stays at most half full."""
        most = self._size + words
        self._letters = _grown(self._letters, int(self._offsets[self._size]) + letters)
        self._offsets = _grown(self._offsets, most + 1)
        if 2 * most > self._slots.size:
            slots = np.full(1 << (2 * most - 1).bit_length(), FREE, np.int64)
            move_slots(self._slots, slots)
            self._slots = slots


def count_words(source: Source, column: str, vocabulary: Vocabulary) -> Integers:
    """Number of rows of each word in a column of strings: int64, shape (n_words,). New words become known."""
    counts: Integers = np.zeros(len(vocabulary), np.int64)
    for batch in source.batches(column):
        codes = vocabulary.add(batch.column(0).dictionary)
        counts = _grown(counts, len(vocabulary))
        count_rows(indices(batch.column(0)), codes, counts)
    return counts[: len(vocabulary)]


def rows_of(words: pa.Array, vocabulary: Vocabulary, counts: Integers) -> Integers:
    """The counts of some words, by the vocabulary that they were counted with: int64, shape (n_words,)."""
    codes = vocabulary.find(words)
    return np.where(codes == ABSENT, 0, np.append(counts, 0)[codes])


def encode(column: pa.Array, vocabulary: Vocabulary) -> Codes:
    """A dictionary array as codes: int32, shape (n_rows,). New words become known."""
    codes: Codes = vocabulary.add(column.dictionary)[indices(column)]
    return codes


def indices(column: pa.Array) -> Codes:
    """Place of each row in the dictionary of a dictionary array without nulls: int32, shape (n_rows,), read-only."""
    return read_only(column.indices.to_numpy(zero_copy_only=False), np.int32)


def integers(column: pa.Array) -> Integers:
    """An integer column without nulls as int64, shape (n_rows,), read-only."""
    return read_only(column.to_numpy(zero_copy_only=False), np.int64)


def read_only(values: npt.NDArray[Any], dtype: type[Number]) -> npt.NDArray[Number]:
    """The array with a dtype, read-only, as Arrow's buffers may or may not be: kernels are compiled for one of both."""
    view: npt.NDArray[Number] = np.ascontiguousarray(values, dtype)[:]
    view.flags.writeable = False
    return view


def ascending(words: pa.Array, chosen: Booleans) -> Integers:
    """Codes of the chosen words in the order of the words: int64, shape (n_chosen,)."""
    codes = np.flatnonzero(chosen)
    names = words.take(pa.array(codes))
    if len(names) < 2 or pc.all(pc.less(names[:-1], names[1:])).as_py():
        return codes
    order: Integers = pc.sort_indices(names).to_numpy().astype(np.int64)
    return codes[order]


def present(*counts: Integers) -> Booleans:
    """Which words any of several counts has, each of shape (n_words when it was made,): bool, the longest shape."""
    size = max(one.size for one in counts)
    return np.asarray(sum(extended(one, size) for one in counts) > 0)


def places(order: Integers, size: int) -> Integers:
    """Position of each of 0 ... size-1 in `order`: int64, shape (size,); `ABSENT` where it is not in it."""
    inverse = np.full(size, ABSENT, np.int64)
    inverse[order] = np.arange(order.size)
    return inverse


def extended(counts: Integers, size: int) -> Integers:
    """The counts with zeros for words that were added later: int64, shape (size,); itself if there are none."""
    if size == counts.size:
        return counts
    return np.concatenate([counts, np.zeros(size - counts.size, np.int64)])


def as_strings(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array of strings, whatever string encoding the file used."""
    return column.cast(pa.large_string()).combine_chunks()


def examples(words: pa.Array, codes: Integers, limit: int = 3) -> str:
    """The first few ids behind `codes`, for a message: `'u1', 'u7', 'u9', ...`."""
    shown: Sequence[str] = [repr(words[int(code)].as_py()) for code in codes[:limit]]
    return ", ".join(shown) + (", ..." if codes.size > limit else "")


def _buffers(words: pa.Array) -> tuple[Integers, npt.NDArray[np.uint8]]:
    """Where each word begins and ends, int64 of shape (n_words + 1,), and the bytes, both read-only."""
    array = words.cast(pa.large_string())
    if not len(array):
        return read_only(np.zeros(1), np.int64), read_only(np.zeros(0), np.uint8)
    _, offsets, letters = array.buffers()
    places = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    text = np.frombuffer(letters, np.uint8) if letters is not None and letters.size else np.zeros(0, np.uint8)
    return read_only(places, np.int64), read_only(text, np.uint8)


def _grown(values: npt.NDArray[Number], size: int) -> npt.NDArray[Number]:
    """The array if it is long enough, else one at least twice as long that begins with it and goes on with zeros."""
    if size <= values.size:
        return values
    longer = np.zeros(max(size, 2 * values.size), values.dtype)
    longer[: values.size] = values
    return longer
