"""What lists show of the catalogue, at every cutoff in one pass."""

import numpy as np
import numpy.typing as npt

from machiya_component.compiled import kernel


@kernel
def count_shown(
    first: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    users: npt.NDArray[np.int64],
    ks: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> None:
    """Add to `counts` how many lists show each item after one cutoff and up to the next.

    Args:
        first: int64, shape (n_users,): the row where the list of each user begins.
        length: int64, shape (n_users,).
        item: int32, shape (rows of all lists,).
        users: int64: whose lists to count.
        ks: int64, shape (n_ks,), ascending.
        counts: int64, shape (n_ks, n_items): the result. Its sum over the first cutoffs is the exposure at the last.
    """
    for user in users:
        rank = 0
        for cutoff in range(ks.size):
            while rank < min(ks[cutoff], length[user]):
                counts[cutoff, item[first[user] + rank]] += 1
                rank += 1


@kernel
def sum_values(
    first: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    value: npt.NDArray[np.float64],
    ks: npt.NDArray[np.int64],
    begin: int,
    end: int,
    sums: npt.NDArray[np.float64],
) -> None:
    """Sum of the values of the first k items of the users from `begin` to before `end`.

    Args:
        first: int64, shape (n_users,): the row where the list of each user begins.
        length: int64, shape (n_users,).
        item: int32, shape (rows of all lists,).
        value: float64, shape (n_items,).
        ks: int64, shape (n_ks,), ascending.
        begin: The first user.
        end: The user after the last.
        sums: float64, shape (n_ks, n_users): the result.
    """
    for user in range(begin, end):
        rank, total = 0, 0.0
        for cutoff in range(ks.size):
            while rank < min(ks[cutoff], length[user]):
                total += value[item[first[user] + rank]]
                rank += 1
            sums[cutoff, user] = total
