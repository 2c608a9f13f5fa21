"""Looking up what is recommended to one user in a serving copy. Needs NumPy and nothing else."""

import mmap
import os
import sys
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from machiya_publish.serving.layout import HEADER_BYTES, RECORD_HEAD, WORD, CopyError, Header, Section, bucket_shift

PACKED = "packed.bin"
_FIRST_ID = HEADER_BYTES + RECORD_HEAD * WORD
"""Bytes before the id of the user in the first record."""


class Recommendations(NamedTuple):
    """A user's list, the best item first: ids of items, their scores (float32), and where each comes from."""

    items: list[str]
    scores: NDArray[np.float32]
    sources: list[str]


class Numbered(NamedTuple):
    """A user's list without texts, the best item first: numbers of items (uint32), and their scores (float32)."""

    items: NDArray[np.uint32]
    scores: NDArray[np.float32]


class ServingCopy:
    """The lists of all users, read from a file in memory where they lie (``mmap``).

    Opening reads the index of items only. Nothing changes afterwards, so any number of threads, and of processes, may
    share a copy. It stays what it was when another one takes its place (renamed over it): see ``is_current``.
    A process keeps the ids of all items in memory, and of the rest what the operating system thinks worth it.
    """

    def __init__(self, folder: Path | str) -> None:
        """Open the copy in a folder (or one file of that kind).

        Raises:
            CopyError: there is none, it is cut off, damaged, or of another version.
        """
        path = Path(folder)
        self.path = path / PACKED if path.is_dir() else path
        self._map, self._identity = _mapped(self.path)
        everything = memoryview(self._map)
        try:
            self.header = Header.from_bytes(self._map[:HEADER_BYTES])
            _require_whole(self.header, len(self._map))
            self._items = _texts(everything, self.header.item_ends, self.header.item_texts)
            self._sources = _texts(everything, self.header.source_ends, self.header.source_texts).tolist()
        except CopyError as error:
            raise CopyError(f"{self.path} {error}. Copy it again, or write it again with the operation pack.") from None
        self._items.flags.writeable = False
        self._shift = bucket_shift(self.header.buckets)
        self._bucket_starts = _part(everything, self.header.bucket_starts).cast("I")
        self._bucket_entries = _part(everything, self.header.bucket_entries).cast("Q")
        records = self.header.records
        self._head = _part(everything, records).cast("I")
        self._ids = np.frombuffer(self._map, "<u4", records.size // WORD, records.start)
        self._scores = np.frombuffer(self._map, "<f4", records.size // WORD, records.start)

    def __len__(self) -> int:
        """How many users have a list."""
        return self.header.users

    def __contains__(self, user_id: str) -> bool:
        """Whether a user has a list."""
        return self._find(user_id) is not None

    @property
    def item_ids(self) -> NDArray[Any]:
        """The ids of items by number, of shape (items,): what `numbered` counts in."""
        return self._items

    def recommend(self, user_id: str, k: int | None = None) -> Recommendations | None:
        """The first `k` items (None: all there are) for a user; None for a user without a list.

        ``scores`` is a view of the file and cannot be written to.
        """
        at = self._find(user_id)
        if at is None:
            return None
        (numbers, scores), end = self._list(at, k)
        ids: list[str] = self._items.take(numbers).tolist()
        return Recommendations(ids, scores, self._sources_of(end, self._head[at + 1], len(numbers)))

    def numbered(self, user_id: str, k: int | None = None) -> Numbered | None:
        """As `recommend`, with numbers of items in place of ids, for who filters or ranks on before somebody reads it:
        most of the time of a look-up goes into texts. Both arrays are views of the file.
        """
        at = self._find(user_id)
        return None if at is None else self._list(at, k)[0]

    def _list(self, at: int, k: int | None) -> tuple[Numbered, int]:
        """The first `k` items of the record at a word, and the word behind its scores."""
        head = self._head
        length = head[at]
        items = at + RECORD_HEAD + (head[at + 2] + WORD - 1) // WORD
        scores = items + length
        shown = length if k is None or k > length else max(k, 0)
        return Numbered(self._ids[items : items + shown], self._scores[scores : scores + shown]), scores + length

    def is_current(self) -> bool:
        """Whether the path still leads to the file that was opened; if not, open it again to serve the newer one."""
        try:
            status = self.path.stat()
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def verify(self) -> None:
        """Read the whole file and compare its digest.

        Raises:
            CopyError: a byte differs from what was written.
        """
        digest = sha256(memoryview(self._map)[HEADER_BYTES:]).digest()
        if digest != self.header.digest:
            raise CopyError(f"{self.path} is damaged: its content has another digest than its header says.")

    def _find(self, user_id: str) -> int | None:
        """The word at which the record of a user begins."""
        key = user_id.encode("utf-8", "surrogatepass")
        size = len(key)
        bucket = crc32(key) >> self._shift
        for entry in range(self._bucket_starts[bucket], self._bucket_starts[bucket + 1]):
            at = self._bucket_entries[entry]
            text = _FIRST_ID + at * WORD
            if self._head[at + 2] == size and self._map[text : text + size] == key:
                return at
        return None

    def _sources_of(self, at: int, runs: int, end: int) -> list[str]:
        """One source for each of the first `end` places: a run says where it ends, and which source it is."""
        head, sources = self._head, self._sources
        if head[at] >= end:  # nearly always
            return [sources[head[at + runs]]] * end
        found: list[str] = []
        for run in range(at, at + runs):
            found += [sources[head[run + runs]]] * (head[run] - len(found))
        return found[:end]


def _mapped(path: Path) -> tuple[mmap.mmap, tuple[int, int]]:
    """The file in memory, and what tells it from another one."""
    if sys.byteorder != "little":
        raise CopyError("Serving copies are read on little-endian machines only.")
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ), (status.st_dev, status.st_ino)
    except (OSError, ValueError) as error:
        raise CopyError(f"{path} cannot be read: {error}. Name the folder that the operation pack wrote.") from error


def _require_whole(header: Header, size: int) -> None:
    end = max(section.end for section in header.sections)
    if end != size:
        raise CopyError(f"has {size:,} bytes where its header says {end:,}")


def _part(everything: memoryview, section: Section) -> memoryview:
    return everything[section.start : section.end]


def _texts(everything: memoryview, ends: Section, texts: Section) -> NDArray[Any]:
    """Texts by number: (count,) of str."""
    blob = bytes(_part(everything, texts))
    bounds = [0, *_part(everything, ends).cast("Q")]
    found = np.empty(len(bounds) - 1, object)
    try:
        found[:] = [blob[start:end].decode() for start, end in pairwise(bounds)]
    except UnicodeDecodeError as error:
        raise CopyError(f"is damaged: a text is not in UTF-8 ({error.reason})") from error
    return found
