"""Recommendation lists: encoding, order, and what is refused."""

from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_evaluation.coding import Vocabulary
from machiya_evaluation.errors import InputError
from machiya_evaluation.lists import RankedLists, read_lists
from machiya_evaluation.sources import InMemory

IDS = st.text(min_size=1, max_size=3)
LISTS = st.dictionaries(IDS, st.lists(IDS, min_size=1, max_size=6, unique=True), min_size=1, max_size=8)


def read(*rows: tuple[str, str, int]) -> tuple[Vocabulary, Vocabulary, RankedLists]:
    schema = pa.schema([("user_id", pa.string()), ("item_id", pa.string()), ("rank", pa.int64())])
    table = pa.table([list(column) for column in zip(*rows, strict=True)], schema=schema)
    users, items = Vocabulary(), Vocabulary()
    return users, items, read_lists(InMemory(table), users, items, "recommendations")


def lists_of(*rows: tuple[str, str, int]) -> dict[str, list[str]]:
    """The items of each user."""
    users, items, lists = read(*rows)
    return as_words(users, items, lists)


def as_words(users: Vocabulary, items: Vocabulary, lists: RankedLists) -> dict[str, list[str]]:
    shown = [lists.item[first : first + length] for first, length in zip(lists.first, lists.length, strict=True)]
    words = [items.words().take(pa.array(codes)).to_pylist() for codes in shown]
    return dict(zip(users.words().to_pylist(), words, strict=True))


def test_rows_in_any_order_give_the_same_lists() -> None:
    assert lists_of(("u2", "b", 1), ("u1", "b", 2), ("u1", "a", 1)) == {"u2": ["b"], "u1": ["a", "b"]}


@given(LISTS, st.randoms(use_true_random=False))
def test_every_row_finds_its_place(lists: dict[str, list[str]], random: Random) -> None:
    rows = [(user, item, rank) for user, items in lists.items() for rank, item in enumerate(items, 1)]
    random.shuffle(rows)
    assert lists_of(*rows) == lists


def test_top_takes_the_best_places_of_every_list() -> None:
    users, items, lists = read(("u1", "a", 1), ("u1", "b", 2), ("u1", "c", 3), ("u2", "c", 1))
    assert as_words(users, items, lists.top(2)) == {"u1": ["a", "b"], "u2": ["c"]}


def test_users_that_came_later_have_no_list() -> None:
    _, _, lists = read(("u1", "a", 1), ("u2", "b", 1))
    assert lists.of_users(np.array([3, 1, 0, 2])).length.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("ranks", [(1, 3), (0, 1), (2, 3), (1, 1), (-1, 1)])
def test_ranks_with_a_gap_or_a_repeat_are_refused(ranks: tuple[int, int]) -> None:
    rows = [("fine", "a", 1), ("u7", "a", ranks[0]), ("u7", "b", ranks[1])]
    with pytest.raises(InputError, match=r"recommendations: the ranks of 1 user.*'u7'") as caught:
        lists_of(*rows)
    assert "from 1 (best)" in caught.value.remedy


def test_an_item_twice_in_one_list_is_refused() -> None:
    with pytest.raises(InputError, match="user 'u7' has item 'a' more than once") as caught:
        lists_of(("u1", "a", 1), ("u7", "a", 1), ("u7", "b", 2), ("u7", "a", 3))
    assert "Keep the best rank" in caught.value.remedy


def test_every_fault_is_counted_and_the_first_by_id_is_named() -> None:
    rows = [(user, item, rank) for user in ("b", "a", "c", "d") for rank, item in enumerate("xyxyx", 1)]
    with pytest.raises(InputError, match=r"12 row\(s\) repeat .* user 'a' has item 'x'"):
        lists_of(*rows)
    with pytest.raises(InputError, match=r"of 4 user\(s\) .* user 'a' has rank 2 in place 1 .*'a', 'b', 'c', \.\.\."):
        lists_of(*((user, item, rank + 1) for user, item, rank in rows))


def test_the_same_item_for_two_users_is_fine() -> None:
    assert lists_of(("u1", "a", 1), ("u2", "a", 1)) == {"u1": ["a"], "u2": ["a"]}
