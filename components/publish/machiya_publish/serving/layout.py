"""How `packed.bin` is laid out: its header, and where to look for a user. README.md describes the whole file."""

import struct
from dataclasses import astuple, dataclass
from typing import ClassVar
from zlib import crc32

MAGIC = b"MCHYPACK"
VERSION = 1
BYTE_ORDER = 0x01020304
HEADER_BYTES = 256
ALIGNMENT = 64
"""Bytes: every section begins at a multiple of it."""

WORD = 4
RECORD_HEAD = 3
"""Words at the start of a record: items in the list, runs of sources, bytes of the user's id."""

_HEAD = struct.Struct("<8sII")
_DIGEST = struct.Struct("<32s")
_CHECKSUM = struct.Struct("<I")


class CopyError(ValueError):
    """A serving copy that cannot be used: it is absent, damaged, or of another version. The message says which."""


@dataclass(frozen=True)
class Section:
    """A part of the file: where it begins, and how long it is, both in bytes."""

    start: int
    size: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.start + self.size


@dataclass(frozen=True)
class Header:
    """What the first 256 bytes say.

    Counts of users, rows (items of all lists together), different items and sources, and buckets (a power of two);
    sha256 of all bytes behind the header; the sections in the order of the file.
    """

    users: int
    rows: int
    items: int
    sources: int
    buckets: int
    digest: bytes
    records: Section
    bucket_starts: Section
    bucket_entries: Section
    item_ends: Section
    item_texts: Section
    source_ends: Section
    source_texts: Section

    _numbers: ClassVar[struct.Struct] = struct.Struct("<5Q14Q")

    @property
    def sections(self) -> tuple[Section, ...]:
        """In the order of the file."""
        return tuple(value for value in self.__dict__.values() if isinstance(value, Section))

    def to_bytes(self) -> bytes:
        """The header as it stands in the file, with a checksum of its own at the end."""
        places = [number for section in self.sections for number in astuple(section)]
        counts = (self.users, self.rows, self.items, self.sources, self.buckets)
        head = _HEAD.pack(MAGIC, VERSION, BYTE_ORDER) + self._numbers.pack(*counts, *places) + _DIGEST.pack(self.digest)
        head = head.ljust(HEADER_BYTES - WORD, b"\0")
        return head + _CHECKSUM.pack(crc32(head))

    @classmethod
    def from_bytes(cls, head: bytes) -> "Header":
        """Read a header.

        Raises:
            CopyError: it is not one, is damaged, or of another version.
        """
        if len(head) < HEADER_BYTES or head[: len(MAGIC)] != MAGIC:
            raise CopyError("is not a serving copy")
        _, version, order = _HEAD.unpack_from(head)
        if order != BYTE_ORDER or crc32(head[: HEADER_BYTES - WORD]) != _CHECKSUM.unpack(head[-WORD:])[0]:
            raise CopyError("has a damaged header")
        if version != VERSION:
            raise CopyError(f"is of version {version} of the format, and this reader knows {VERSION}")
        numbers = cls._numbers.unpack_from(head, _HEAD.size)
        sections = [Section(*numbers[at : at + 2]) for at in range(5, len(numbers), 2)]
        digest = _DIGEST.unpack_from(head, _HEAD.size + cls._numbers.size)[0]
        users, rows, items, sources, buckets = numbers[:5]
        return cls(users, rows, items, sources, buckets, digest, *sections)


def bucket_count(users: int) -> int:
    """How many buckets so many users get: a power of two, between one and two for each of them."""
    return 1 << max(0, users - 1).bit_length()


def bucket_shift(buckets: int) -> int:
    """By how many bits the crc32 of an id (UTF-8) is shifted to the right to be the number of its bucket."""
    return 32 - (buckets.bit_length() - 1)


def aligned(position: int) -> int:
    """The first position from this one on at which a section may begin."""
    return -(-position // ALIGNMENT) * ALIGNMENT
