"""Recommendation lists: encoding, order, and what is refused."""

import pyarrow as pa
import pytest

from machiya_evaluation.coding import encode, examples, vocabulary
from machiya_evaluation.errors import InputError
from machiya_evaluation.lists import RankedLists, ranked_lists


def lists_of(*rows: tuple[str, str, int]) -> RankedLists:
    users, items, ranks = map(list, zip(*rows, strict=True))
    table = pa.table({"user_id": users, "item_id": items, "rank": ranks})
    return ranked_lists(table, vocabulary(table["user_id"]), vocabulary(table["item_id"]), "recommendations")


def test_rows_in_any_order_give_the_same_lists() -> None:
    lists = lists_of(("u2", "b", 1), ("u1", "b", 2), ("u1", "a", 1))
    assert lists.user.tolist() == [0, 0, 1]
    assert lists.item.tolist() == [0, 1, 1]
    assert lists.rank.tolist() == [1, 2, 1]


def test_top_takes_the_best_places_of_every_list() -> None:
    lists = lists_of(("u1", "a", 1), ("u1", "b", 2), ("u1", "c", 3), ("u2", "c", 1)).top(2)
    assert lists.lengths().tolist() == [2, 1]
    assert lists.rank.tolist() == [1, 2, 1]


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


def test_the_same_item_for_two_users_is_fine() -> None:
    assert lists_of(("u1", "a", 1), ("u2", "a", 1)).lengths().tolist() == [1, 1]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_every_encoding_of_strings_is_read(kind: pa.DataType) -> None:
    column = pa.chunked_array([pa.array(["b", "a"]), pa.array(["b"])]).cast(kind)
    assert vocabulary(column).to_pylist() == ["a", "b"]
    assert encode(column, vocabulary(column)).tolist() == [1, 0, 1]


def test_an_unknown_id_is_marked() -> None:
    words = vocabulary(pa.chunked_array([["a", "c"]]))
    assert encode(pa.chunked_array([["c", "b", "a"]]), words).tolist() == [1, -1, 0]


def test_a_message_shows_only_a_few_ids() -> None:
    words = vocabulary(pa.chunked_array([list("abcde")]))
    assert examples(words, encode(pa.chunked_array([list("edcba")]), words)) == "'a', 'b', 'c', ..."
