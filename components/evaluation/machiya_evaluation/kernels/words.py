"""Strings to integer codes: a hash table that stays while tables are read piece by piece."""

import numpy as np
import numpy.typing as npt

from machiya_component.compiled import kernel

FNV_OFFSET = np.uint64(0xCBF29CE484222325)
FNV_PRIME = np.uint64(0x100000001B3)
"""Fowler, Noll, Vo 1991: FNV-1a of 64 bits."""

FREE = -1
"""A slot without a word. Others hold 31 bits of the word's hash (high half) and its code (low half)."""

LOW = 0xFFFFFFFF


@kernel
def hash_words(offsets: npt.NDArray[np.int64], letters: npt.NDArray[np.uint8], hashes: npt.NDArray[np.int64]) -> None:
    """31 bits of the hash of each word, apart from looking it up, so that a CPU can look up several words at a time.

    Args:
        offsets: int64, shape (n + 1,), read-only: where each word begins and ends in `letters`.
        letters: uint8, read-only: the words' bytes.
        hashes: int64, shape (n,): the result.
    """
    for word in range(hashes.size):
        value = FNV_OFFSET
        for place in range(offsets[word], offsets[word + 1]):
            value = (value ^ np.uint64(letters[place])) * FNV_PRIME
        hashes[word] = np.int64(value ^ (value >> np.uint64(32))) & (LOW >> 1)


@kernel
def look_up(
    offsets: npt.NDArray[np.int64],
    letters: npt.NDArray[np.uint8],
    hashes: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int64],
    known_offsets: npt.NDArray[np.int64],
    known_letters: npt.NDArray[np.uint8],
    size: int,
    add: bool,
    codes: npt.NDArray[np.int32],
) -> int:
    """Write the code of each word to `codes`, -1 for one that is not known, unless it is to be added.

    Open addressing with linear probing; words are compared by their hash and then by their letters. Unsigned indices
    spare the question whether they count from the end, which took as long as all the rest.

    Args:
        offsets: int64, shape (n + 1,), read-only: where each word begins and ends in `letters`.
        letters: uint8, read-only: the words' bytes.
        hashes: int64, shape (n,): what `hash_words` says of them.
        slots: int64, shape (a power of 2, more than all words,); see `FREE`.
        known_offsets: int64, shape (capacity + 1,): as `offsets`, of the known words.
        known_letters: uint8: as `letters`, of the known words.
        size: Number of known words.
        add: Whether unknown words become known; there must be room for all.
        codes: int32, shape (n,): the result.

    Returns:
        The number of known words afterwards.
    """
    mask = slots.size - 1
    for word in range(codes.size):
        begin, length = offsets[word], offsets[word + 1] - offsets[word]
        slot = hashes[word] & mask
        entry = slots[np.uint64(slot)]
        while entry != FREE:
            code = np.uint64(entry & LOW)
            start = known_offsets[code]
            if (
                entry >> 32 == hashes[word]
                and known_offsets[code + np.uint64(1)] - start == length
                and _same_letters(known_letters, start, letters, begin, length)
            ):
                break
            slot = (slot + 1) & mask
            entry = slots[np.uint64(slot)]
        if entry == FREE and add:
            start = known_offsets[size]
            known_offsets[size + 1] = start + length
            for place in range(length):
                known_letters[start + place] = letters[begin + place]
            entry = hashes[word] << 32 | size
            slots[slot] = entry
            size += 1
        codes[word] = entry & LOW if entry != FREE else FREE
    return size


@kernel
def _same_letters(
    one: npt.NDArray[np.uint8], one_start: int, other: npt.NDArray[np.uint8], other_start: int, length: int
) -> bool:
    """Whether `length` bytes from the two starts on are equal."""
    for place in range(length):  # noqa: SIM110 - `all` of a generator is not compiled
        if one[np.uint64(one_start + place)] != other[np.uint64(other_start + place)]:
            return False
    return True


@kernel
def move_slots(old: npt.NDArray[np.int64], new: npt.NDArray[np.int64]) -> None:
    """Put what is in a table of slots into a larger one, all `FREE`; int64, sizes are powers of 2."""
    mask = new.size - 1
    for entry in old:
        if entry != FREE:
            slot = (entry >> 32) & mask
            while new[slot] != FREE:
                slot = (slot + 1) & mask
            new[slot] = entry


@kernel
def count_rows(index: npt.NDArray[np.int32], codes: npt.NDArray[np.int32], counts: npt.NDArray[np.int64]) -> None:
    """Add to `counts`, int64 of shape (n_words,), how often each code is in a column.

    Args:
        index: int32, shape (n_rows,), read-only: place of each row's word in a dictionary.
        codes: int32, shape (dictionary,): code of each word of the dictionary; rows of a code below 0 do not count.
        counts: The result.
    """
    for row in range(index.size):
        code = codes[index[row]]
        if code >= 0:
            counts[code] += 1
