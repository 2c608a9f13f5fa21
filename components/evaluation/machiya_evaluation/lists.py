"""Recommendation lists as arrays, and the checks without which no ranking metric is defined."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np

from machiya_evaluation.arrays import Codes, Integers
from machiya_evaluation.coding import (
    Vocabulary,
    ascending,
    count_words,
    encode,
    examples,
    extended,
    indices,
    integers,
)
from machiya_evaluation.errors import InputError
from machiya_evaluation.kernels.lists import EMPTY, WRONG_RANKS, check_lists, place_rows
from machiya_evaluation.sources import Source
from machiya_evaluation.threads import over_users


@dataclass(frozen=True)
class RankedLists:
    """The lists of all users. A rank is not stored: it is the place in the list, and every user has exactly 1..n.

    Attributes:
        first: Where the list of each user begins in `item`: int64, shape (n_users,).
        length: Length of each user's list: int64, shape (n_users,); 0 for a user without a list.
        item: Codes of the items, best first, distinct within a user: int32, shape (n_rows,).
        n_items: Size of the items' vocabulary.
    """

    first: Integers
    length: Integers
    item: Codes
    n_items: int

    @classmethod
    def of_lengths(cls, length: Integers, item: Codes, n_items: int) -> Self:
        """Lists that lie one after the other."""
        return cls(np.cumsum(length) - length, length, item, n_items)

    @property
    def n_users(self) -> int:
        """Size of the users' vocabulary; users without a list are allowed."""
        return self.length.size

    def of_users(self, codes: Integers) -> Self:
        """The lists of some users, in the order of `codes`; a user that came after the lists has none."""
        length = extended(self.length, max(self.n_users, int(codes.max(initial=-1)) + 1))
        return replace(self, first=extended(self.first, length.size)[codes], length=length[codes])

    def top(self, k: int) -> Self:
        """The first k places of every list; a shorter list stays as it is."""
        return replace(self, length=np.minimum(self.length, k))

    def arrays(self) -> tuple[Integers, Integers, Codes]:
        """`first`, `length` and `item`, as kernels take them."""
        return self.first, self.length, self.item


def read_lists(source: Source, users: Vocabulary, items: Vocabulary, port: str) -> RankedLists:
    """Encode and check a table with the columns user_id, item_id and rank; its rows may be in any order.

    The table is read twice, first for the lengths of the lists. Then every row has its place, so that nothing is
    sorted, and 4 bytes a row are in memory.

    Args:
        source: The recommendations.
        users: Vocabulary of users, which gets those of the lists.
        items: Vocabulary of items, which gets those of the lists.
        port: The name of the table in messages.

    Returns:
        Lists by the codes of users.

    Raises:
        InputError: The ranks of a user are not 1..n, or a list holds an item twice.
    """
    length = count_words(source, "user_id", users)
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(length)])
    item = np.full(start[-1], EMPTY, np.int32)
    for batch in source.batches("user_id", "item_id", "rank"):
        user_column, item_column, rank = batch.columns
        codes = users.find(user_column.dictionary), items.add(item_column.dictionary)
        place_rows(indices(user_column), codes[0], indices(item_column), codes[1], integers(rank), start, item)
    faults = np.zeros(length.size, np.int64)
    over_users(lambda begin, end: check_lists(start, item, len(items), begin, end, faults), length.size)
    if (faults == WRONG_RANKS).any():
        raise _wrong_ranks(source, users, faults, port)
    if faults.any():
        raise _repeated_items(source, users, faults, port)
    return RankedLists(start[:-1], length, item, len(items))


def _wrong_ranks(source: Source, users: Vocabulary, faults: Integers, port: str) -> InputError:
    wrong = ascending(users.words(), faults == WRONG_RANKS)
    ranks = sorted(rank for _, rank in _list_of(source, users, wrong[0]))
    place, rank = next((place, rank) for place, rank in enumerate(ranks, 1) if place != rank)
    return InputError(
        f"{port}: the ranks of {wrong.size} user(s) are not 1, 2, 3, ... without gap or repeat: "
        f"user {examples(users.words(), wrong[:1])} has rank {rank} in place {place} "
        f"(users: {examples(users.words(), wrong)}).",
        "Number each user's list from 1 (best) upwards; filter items before the ranks are given, not after.",
    )


def _repeated_items(source: Source, users: Vocabulary, faults: Integers, port: str) -> InputError:
    user = ascending(users.words(), faults > 0)[:1]
    items = sorted((item for item, _ in _list_of(source, users, user[0])), key=str.encode)
    repeated = next(item for before, item in pairwise(items) if before == item)
    return InputError(
        f"{port}: {faults.sum()} row(s) repeat an item within the list of one user: "
        f"user {examples(users.words(), user)} has item {repeated!r} more than once.",
        "Keep the best rank of each (user_id, item_id) and number the list again.",
    )


def _list_of(source: Source, users: Vocabulary, code: np.int64) -> list[tuple[str, int]]:
    """Item and rank in every row of one user: for a message, so the table is read once more."""
    rows = []
    for batch in source.batches("user_id", "item_id", "rank"):
        chosen = batch.take(np.flatnonzero(encode(batch.column(0), users) == code))
        rows += [(row["item_id"], row["rank"]) for row in chosen.to_pylist()]
    return rows
