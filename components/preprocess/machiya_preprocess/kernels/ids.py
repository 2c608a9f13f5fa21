"""Names and numbers -> codes in the order of their first occurrence, by a hash table that is kept between batches.

Open addressing with linear probing (Knuth, The Art of Computer Programming 3, 6.4, algorithm L), at most half full.
``slots``: int32, shape (power of two,), the code at each place or ``FREE``. A kernel that finds its tables too small
stops at the row it could not code; the caller makes them larger and goes on there.
"""

import numpy as np
from numpy.typing import NDArray

from machiya_component.compiled import kernel

MISSING = -1
FREE = -1

Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Codes = NDArray[np.int32]
Integers = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio: Knuth's multiplicative hashing
_FNV_BASIS, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a (Fowler, Noll, Vo)
_HALF = np.uint64(32)


@kernel
def _place(number: int, slots: Codes) -> int:
    """Where to look for a 64-bit number first."""
    return np.int64((np.uint64(number) * _GOLDEN) >> _HALF) & (len(slots) - 1)  # type: ignore[return-value]


@kernel
def _place_of_text(data: Bytes, begin: int, end: int, slots: Codes) -> int:
    """Where to look for the text ``data[begin:end]`` first."""
    number = _FNV_BASIS
    for position in range(begin, end):
        number = (number ^ np.uint64(data[position])) * _FNV_PRIME
    return _place(np.int64(number), slots)  # type: ignore[arg-type]


@kernel
def _same(data: Bytes, begin: int, length: int, other: Bytes, start: int) -> bool:
    for position in range(length):  # noqa: SIM110 (Numba compiles no generator)
        if data[begin + position] != other[start + position]:
            return False
    return True


@kernel
def encode_integers(
    keys: Integers, present: Bools, begin: int, slots: Codes, values: Integers, count: int, codes: Codes
) -> tuple[int, int]:
    """Codes of ``keys``, shape (n,), from row ``begin`` on; ``MISSING`` where not ``present`` (empty: all are).

    ``values``: int64, the number of each code, ``count`` of them so far. Returns the row it stopped at and the new
    count.
    """
    room = min(len(values), len(slots) // 2)
    for row in range(begin, len(keys)):
        if len(present) and not present[row]:
            codes[row] = MISSING
            continue
        key = keys[row]
        place = _place(key, slots)
        while slots[place] != FREE and values[slots[place]] != key:
            place = (place + 1) & (len(slots) - 1)
        if slots[place] == FREE:
            if count >= room:
                return row, count
            slots[place] = count
            values[count] = key
            count += 1
        codes[row] = slots[place]
    return len(keys), count


@kernel
def encode_text(
    offsets: Codes,
    data: Bytes,
    present: Bools,
    begin: int,
    slots: Codes,
    ends: Integers,
    kept: Bytes,
    count: int,
    codes: Codes,
) -> tuple[int, int]:
    """Codes of texts, ``data[offsets[row]:offsets[row + 1]]`` as Arrow stores them, from row ``begin`` on; ``MISSING``
    where not ``present`` (empty: all are) or empty.

    ``kept``: the bytes of the text of each code, one after the other; ``ends``: int64, where each ends, a 0 before
    them. Returns the row it stopped at and the new count.
    """
    room = min(len(ends) - 1, len(slots) // 2)
    for row in range(begin, len(offsets) - 1):
        start, length = offsets[row], offsets[row + 1] - offsets[row]
        if length == 0 or (len(present) and not present[row]):
            codes[row] = MISSING
            continue
        place = _place_of_text(data, start, start + length, slots)
        while slots[place] != FREE:
            code = slots[place]
            if ends[code + 1] - ends[code] == length and _same(data, start, length, kept, ends[code]):
                break
            place = (place + 1) & (len(slots) - 1)
        if slots[place] == FREE:
            if count >= room or ends[count] + length > len(kept):
                return row, count
            slots[place] = count
            for position in range(length):
                kept[ends[count] + position] = data[start + position]
            ends[count + 1] = ends[count] + length
            count += 1
        codes[row] = slots[place]
    return len(offsets) - 1, count


@kernel(signatures=["(int64[::1], int64, int32[::1])"])
def place_integers(values: Integers, count: int, slots: Codes) -> None:
    """Fill free ``slots`` with the codes of ``values[:count]``, which are all different."""
    for code in range(count):
        place = _place(values[code], slots)
        while slots[place] != FREE:
            place = (place + 1) & (len(slots) - 1)
        slots[place] = code


@kernel(signatures=["(int64[::1], uint8[::1], int64, int32[::1])"])
def place_text(ends: Integers, kept: Bytes, count: int, slots: Codes) -> None:
    """Fill free ``slots`` with the codes of the first ``count`` texts, which are all different."""
    for code in range(count):
        place = _place_of_text(kept, ends[code], ends[code + 1], slots)
        while slots[place] != FREE:
            place = (place + 1) & (len(slots) - 1)
        slots[place] = code


@kernel
def recode(codes: Codes, code_of: Codes, seen: Bools) -> None:
    """Replace each code but ``MISSING`` by its ``code_of``, in place; ``seen`` becomes true for those that occur."""
    for row in range(len(codes)):
        if codes[row] != MISSING:
            seen[codes[row]] = True
            codes[row] = code_of[codes[row]]
