"""Recommendation lists as arrays, and the checks without which no ranking metric is defined."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa

from machiya_evaluation.arrays import Booleans, Integers, count
from machiya_evaluation.coding import encode, examples, integers
from machiya_evaluation.errors import InputError


@dataclass(frozen=True)
class RankedLists:
    """The lists of all users, one row per recommendation, sorted by user and then by rank.

    Attributes:
        user: Code of the user, int64, shape (n_rows,), non-decreasing.
        item: Code of the item, int64, shape (n_rows,), distinct within a user.
        rank: int64, shape (n_rows,); 1 is best, and every user has exactly 1..n.
        n_users: Size of the users' vocabulary; users without a list are allowed.
        n_items: Size of the items' vocabulary.
    """

    user: Integers
    item: Integers
    rank: Integers
    n_users: int
    n_items: int

    def lengths(self) -> Integers:
        """Length of each user's list: int64, shape (n_users,); 0 for a user without a list."""
        return count(self.user, self.n_users)

    def keys(self) -> Integers:
        """One number for each (user, item) pair: int64, shape (n_rows,)."""
        return pair_keys(self.user, self.item, self.n_items)

    def where(self, rows: Booleans) -> Self:
        """The rows that a mask of shape (n_rows,) selects, in the same vocabularies."""
        return type(self)(self.user[rows], self.item[rows], self.rank[rows], self.n_users, self.n_items)

    def top(self, k: int) -> Self:
        """The first k places of every list; a shorter list stays as it is."""
        return self.where(self.rank <= k)


def pair_keys(user: Integers, item: Integers, n_items: int) -> Integers:
    """`user * n_items + item`: equal exactly for equal pairs, and in the order of (user, item)."""
    return user * np.int64(n_items) + item


def ranked_lists(table: pa.Table, users: pa.Array, items: pa.Array, port: str) -> RankedLists:
    """Encode, sort and check a table with the columns user_id, item_id and rank.

    Args:
        table: The recommendations; every id must be in its vocabulary.
        users: Vocabulary of users.
        items: Vocabulary of items.
        port: The name of the table in messages.

    Raises:
        InputError: The ranks of a user are not 1..n, or a list holds an item twice.
    """
    user, item = encode(table["user_id"], users), encode(table["item_id"], items)
    rank = integers(table["rank"])
    order = np.lexsort((rank, user))
    lists = RankedLists(user[order], item[order], rank[order], len(users), len(items))
    _check_ranks(lists, users, port)
    _check_items(lists, users, items, port)
    return lists


def _check_ranks(lists: RankedLists, users: pa.Array, port: str) -> None:
    lengths = lists.lengths()
    start = np.cumsum(lengths) - lengths
    expected = np.arange(lists.user.size) - start[lists.user] + 1
    wrong = lists.rank != expected
    if not wrong.any():
        return
    row = int(np.argmax(wrong))
    raise InputError(
        f"{port}: the ranks of {np.unique(lists.user[wrong]).size} user(s) are not 1, 2, 3, ... without gap or repeat: "
        f"user {examples(users, lists.user[row : row + 1])} has rank {lists.rank[row]} in place {expected[row]} "
        f"(users: {examples(users, lists.user[wrong])}).",
        "Number each user's list from 1 (best) upwards; filter items before the ranks are given, not after.",
    )


def _check_items(lists: RankedLists, users: pa.Array, items: pa.Array, port: str) -> None:
    keys = np.sort(lists.keys())
    repeated = keys[1:][keys[1:] == keys[:-1]]
    if not repeated.size:
        return
    user, item = np.divmod(repeated[:1], lists.n_items)
    raise InputError(
        f"{port}: {repeated.size} row(s) repeat an item within the list of one user: "
        f"user {examples(users, user)} has item {examples(items, item)} more than once.",
        "Keep the best rank of each (user_id, item_id) and number the list again.",
    )
