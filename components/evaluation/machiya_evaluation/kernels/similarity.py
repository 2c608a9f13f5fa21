"""Two lists of the same user: what they share, and in which order."""

import numpy as np
import numpy.typing as npt

from machiya_component.compiled import kernel

ONE = np.uint64(1)


@kernel
def count_bits(word: np.uint64) -> np.int64:
    """Number of bits that are set (Warren, Hacker's Delight, section 5-1); compilers make it one instruction."""
    word = word - ((word >> ONE) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel
def compare_lists(
    base_first: npt.NDArray[np.int64],
    base_length: npt.NDArray[np.int64],
    base_item: npt.NDArray[np.int32],
    candidate_first: npt.NDArray[np.int64],
    candidate_length: npt.NDArray[np.int64],
    candidate_item: npt.NDArray[np.int32],
    weight: npt.NDArray[np.float64],
    n_items: int,
    begin: int,
    end: int,
    shared: npt.NDArray[np.int64],
    within: npt.NDArray[np.int64],
    unmoved: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
    agreement: npt.NDArray[np.float64],
) -> None:
    """Tallies of the users from `begin` to before `end`; `similarity.Pairing` says what they mean.

    The order of the shared items is that of the bits of their candidate ranks: those that are set below a rank came
    before it in both lists. That takes O(n k / 64) for n shared items of lists of k.

    Args:
        base_first: int64, shape (n_users,): the row where the base list of each user begins.
        base_length: int64, shape (n_users,).
        base_item: int32, shape (rows of the base,).
        candidate_first: int64, shape (n_users,).
        candidate_length: int64, shape (n_users,).
        candidate_item: int32, shape (rows of the candidate,).
        weight: float64, shape (longest list + 1,): sum of the weights of the first depths.
        n_items: All codes are below it.
        begin: The first user.
        end: The user after the last.
        shared: int64, shape (n_users,): a result, as all that follow.
        within: int64, shape (n_users,).
        unmoved: int64, shape (n_users,).
        order: int64, shape (n_users,).
        agreement: float64, shape (n_users,).
    """
    seen = np.full(n_items, -1, np.int64)
    ranks_seen = np.zeros(weight.size // 64 + 1, np.uint64)
    for user in range(begin, end):
        low, high = candidate_first[user], candidate_first[user] + candidate_length[user]
        for row in range(low, high):
            seen[candidate_item[row]] = row
        shorter, longer = sorted_pair(base_length[user], candidate_length[user])
        ranks_seen[:] = 0
        n_shared, n_within, n_unmoved, concordant, weights = 0, 0, 0, np.int64(0), 0.0
        for place in range(base_length[user]):
            row = seen[base_item[base_first[user] + place]]
            if not low <= row < high:
                continue
            other = row - low
            depth = max(place, other)
            weights += weight[longer] - weight[depth]
            n_within += depth < shorter
            n_unmoved += place == other
            word, bit = other >> 6, ONE << np.uint64(other & 63)
            for before in range(word):
                concordant += count_bits(ranks_seen[before])
            concordant += count_bits(ranks_seen[word] & (bit - ONE))
            ranks_seen[word] |= bit
            n_shared += 1
        shared[user], within[user], unmoved[user] = n_shared, n_within, n_unmoved
        order[user] = 2 * concordant - n_shared * (n_shared - 1) // 2
        agreement[user] = weights


@kernel
def sorted_pair(one: int, other: int) -> tuple[int, int]:
    """The smaller and the greater of two numbers."""
    return min(one, other), max(one, other)
