"""Writing `packed.bin`, the file that is looked up in memory. README.md describes it."""

import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_publish.lists import Lists
from machiya_publish.serving.copy import PACKED
from machiya_publish.serving.layout import (
    HEADER_BYTES,
    RECORD_HEAD,
    WORD,
    Header,
    Section,
    aligned,
    bucket_count,
    bucket_shift,
)

_ENTRY = np.dtype([("hash", "<u4"), ("at", "<u8")])
USERS_AT_ONCE = 1 << 22
"""Of how many users the index is sorted at once: bounds the memory for any number of them (about 300 MB)."""


class PackedWriter:
    """Writes lists one after the other, and in the end what finds them. To be used in ``with``."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / PACKED).open("wb")
        self._index = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the writer
        self._file.write(bytes(HEADER_BYTES))
        self._digest = sha256()
        self._position = HEADER_BYTES
        self._users = self._rows = 0

    def __enter__(self) -> "PackedWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._index.close()

    def write(self, lists: Lists) -> None:
        """Append the lists of users who come after those before."""
        keys: list[bytes] = lists.users.cast(pa.binary()).to_pylist()
        records, starts = _records(lists)
        entries = np.empty(len(keys), _ENTRY)
        entries["hash"] = np.fromiter(map(crc32, keys), np.uint32, len(keys))
        entries["at"] = starts + (self._position - HEADER_BYTES) // WORD
        entries.tofile(self._index)
        self._append(records.tobytes())
        self._users += len(keys)
        self._rows += len(lists.items)

    def finish(self, items: Sequence[str], sources: Sequence[str]) -> Header:
        """Write the index, the texts of all items and sources, and at last the header."""
        records = Section(HEADER_BYTES, self._position - HEADER_BYTES)
        buckets = bucket_count(self._users)
        parts = [self._section(self._bucket_starts(buckets)), self._section(self._bucket_entries(buckets))]
        parts += [self._section(iter([part])) for texts in (items, sources) for part in _texts(texts)]
        counts = (self._users, self._rows, len(items), len(sources), buckets)
        header = Header(*counts, self._digest.digest(), records, *parts)
        self._file.seek(0)
        self._file.write(header.to_bytes())
        return header

    def _append(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._position += len(data)

    def _section(self, parts: Iterator[bytes]) -> Section:
        self._append(bytes(aligned(self._position) - self._position))
        start = self._position
        for part in parts:
            self._append(part)
        return Section(start, self._position - start)

    def _bucket_starts(self, buckets: int) -> Iterator[bytes]:
        """For each bucket, where its entries begin; and in the end how many entries there are."""
        before = 0
        for first, end, bucket, _ in self._by_bucket(buckets):
            counts = np.bincount(bucket - first, minlength=end - first)
            ends = before + np.cumsum(counts)
            yield (ends - counts).astype("<u4").tobytes()
            before = int(ends[-1])
        yield np.array([before], "<u4").tobytes()

    def _bucket_entries(self, buckets: int) -> Iterator[bytes]:
        """Where the records are, those of one bucket side by side."""
        for _, _, bucket, at in self._by_bucket(buckets):
            yield at[np.argsort(bucket, kind="stable")].tobytes()

    def _by_bucket(self, buckets: int) -> Iterator[tuple[int, int, NDArray[np.int64], NDArray[np.uint64]]]:
        """Ranges of buckets: first, end, and of the users in it the bucket and the word of the record."""
        step = -(-buckets // -(-max(self._users, 1) // USERS_AT_ONCE))
        for first in range(0, buckets, step):
            end = min(first + step, buckets)
            found = [_within(part, bucket_shift(buckets), first, end) for part in self._entries()]
            buckets_of, at = zip(*found, strict=True) if found else ([np.empty(0, np.int64)], [np.empty(0, np.uint64)])
            yield first, end, np.concatenate(buckets_of), np.concatenate(at)

    def _entries(self) -> Iterator[NDArray[np.void]]:
        """What was noted of each user, some at a time."""
        self._index.seek(0)
        while len(part := np.fromfile(self._index, _ENTRY, USERS_AT_ONCE // 4)):
            yield part


def _within(
    entries: NDArray[np.void], shift: int, first: int, end: int
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    bucket = (entries["hash"].astype(np.uint64) >> np.uint64(shift)).astype(np.int64)
    inside = (bucket >= first) & (bucket < end)
    return bucket[inside], entries["at"][inside]


def _records(lists: Lists) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The records of some users, and at which word each begins."""
    run_ends, run_sources, runs = source_runs(lists)
    lengths, run_counts = np.diff(lists.starts), np.diff(runs)
    sizes, ids = _id_bytes(lists.users)
    id_words = (sizes + WORD - 1) // WORD
    words = RECORD_HEAD + id_words + 2 * lengths + 2 * run_counts
    starts = np.cumsum(words) - words
    records = np.zeros(words.sum(), "<u4")
    for place, count in enumerate((lengths, run_counts, sizes)):
        records[starts + place] = count
    at = starts + RECORD_HEAD
    _scatter(records.view(np.uint8), at * WORD, sizes, ids)
    _scatter(records, at + id_words, lengths, lists.items)
    _scatter(records, at + id_words + lengths, lengths, lists.scores.view(np.uint32))
    _scatter(records, at + id_words + 2 * lengths, run_counts, run_ends)
    _scatter(records, at + id_words + 2 * lengths + run_counts, run_counts, run_sources)
    return records, starts


def _id_bytes(users: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The length of each id in bytes (users,), and the bytes of all, one id after the other."""
    _, offsets, data = users.buffers()
    ends = np.frombuffer(offsets, np.int32, len(users) + 1, users.offset * 4).astype(np.int64)
    return np.diff(ends), np.frombuffer(data, np.uint8, ends[-1] - ends[0], ends[0]) if data else np.empty(0, np.uint8)


def _scatter(target: NDArray[Any], starts: NDArray[np.int64], lengths: NDArray[np.int64], values: NDArray[Any]) -> None:
    """Put lists that lie one after the other in `values` each where it is to start in `target`."""
    shift = starts - (np.cumsum(lengths) - lengths)
    target[np.arange(len(values)) + np.repeat(shift, lengths)] = values


def source_runs(lists: Lists) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Places of a list that follow each other and have one source.

    Returns: where each run ends, counted in its list (runs,); its source (runs,); and where the runs of a user begin
    (users + 1,).
    """
    changes = np.concatenate([[True], lists.sources[1:] != lists.sources[:-1]])
    changes[lists.starts[:-1]] = True
    heads = np.flatnonzero(changes)
    runs = np.searchsorted(heads, lists.starts)
    ends = np.append(heads[1:], len(lists.sources)) - np.repeat(lists.starts[:-1], np.diff(runs))
    return ends, lists.sources[heads], runs


def _texts(texts: Sequence[str]) -> tuple[bytes, bytes]:
    """Where each text ends, and the texts themselves, in UTF-8."""
    encoded = list(map(str.encode, texts, repeat("utf-8")))
    ends = np.cumsum(np.fromiter(map(len, encoded), np.uint64, len(encoded)), dtype=np.uint64)
    return ends.astype("<u8").tobytes(), b"".join(encoded)
