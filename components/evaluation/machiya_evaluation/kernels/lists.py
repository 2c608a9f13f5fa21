"""Rows to lists: each row has its place, whatever the order of the rows."""

import numpy as np
import numpy.typing as npt

from machiya_component.compiled import kernel

EMPTY = -1
"""A place that no row filled."""

WRONG_RANKS = -1
"""What `check_lists` says of a user whose ranks are not 1 ... n."""


@kernel
def place_rows(
    user_index: npt.NDArray[np.int32],
    user_codes: npt.NDArray[np.int32],
    item_index: npt.NDArray[np.int32],
    item_codes: npt.NDArray[np.int32],
    rank: npt.NDArray[np.int64],
    start: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
) -> None:
    """Put the item of every row where its rank says; a rank beyond the user's rows is left out.

    What is wrong shows afterwards: a user of n rows has all ranks 1 ... n exactly if no place stayed empty.

    Args:
        user_index: int32, shape (n_rows,), read-only: place of the user in the dictionary of the column.
        user_codes: int32: code of each user in the dictionary.
        item_index: int32, shape (n_rows,), read-only.
        item_codes: int32: code of each item in the dictionary.
        rank: int64, shape (n_rows,), read-only.
        start: int64, shape (n_users + 1,): where the list of each user begins in `item`.
        item: int32, shape (rows of all lists,), `EMPTY` at first: the result.
    """
    for row in range(rank.size):
        user = user_codes[user_index[row]]
        place = rank[row] - 1
        if 0 <= place < start[user + 1] - start[user]:
            item[start[user] + place] = item_codes[item_index[row]]


@kernel
def check_lists(
    start: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    n_items: int,
    begin: int,
    end: int,
    faults: npt.NDArray[np.int64],
) -> None:
    """Look for empty places and repeated items in the lists of the users from `begin` to before `end`.

    Args:
        start: int64, shape (n_users + 1,).
        item: int32, shape (rows of all lists,).
        n_items: All codes are below it.
        begin: The first user.
        end: The user after the last.
        faults: int64, shape (n_users,): the result: how many rows repeat an item, or `WRONG_RANKS`.
    """
    seen = np.full(n_items, -1, np.int64)
    for user in range(begin, end):
        faults[user] = 0
        for row in range(start[user], start[user + 1]):
            code = item[row]
            if code == EMPTY:
                faults[user] = WRONG_RANKS
                break
            faults[user] += seen[code] >= start[user]
            seen[code] = row


@kernel
def by_group(group: npt.NDArray[np.int64], start: npt.NDArray[np.int64], order: npt.NDArray[np.int64]) -> None:
    """Rows sorted by group, in their own order within one (a counting sort).

    Args:
        group: int64, shape (n_rows,).
        start: int64, shape (n_groups + 1,): place of the first row of each group; it is changed.
        order: int64, shape (n_rows,): the result.
    """
    for row in range(group.size):
        order[start[group[row]]] = row
        start[group[row]] += 1
