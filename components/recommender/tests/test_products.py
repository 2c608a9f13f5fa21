"""The items with the highest inner products, against all products computed one by one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.kernels.products import TILE_ITEMS, TILE_USERS, collect
from machiya_recommender.products import Excluded, ItemIndex, Lists, best_products, lengths_of, rows_at_a_time

pytestmark = pytest.mark.usefixtures("one_blas_thread")

Vectors = NDArray[np.float32]


def naive(users: Vectors, items: Vectors, excluded: Excluded, n: int) -> list[list[tuple[int, float]]]:
    """Every product in float64, rounded to float32; sorted by score, then item."""
    scores = (users.astype(np.float64) @ items.T.astype(np.float64)).astype(np.float32)
    found = []
    for user, row in enumerate(scores.tolist()):
        hidden = set(excluded.items[excluded.starts[user] : excluded.starts[user + 1]].tolist())
        allowed = [item for item in range(len(items)) if item not in hidden]
        found.append([(item, row[item]) for item in sorted(allowed, key=lambda item: (-row[item], item))[:n]])
    return found


def listed(lists: Lists) -> list[list[tuple[int, float]]]:
    return [
        list(zip(items[:count].tolist(), scores[:count].tolist(), strict=True))
        for items, scores, count in zip(lists.items, lists.scores, lists.counts, strict=True)
    ]


def whole_numbers(rng: np.random.Generator, rows: int, factors: int) -> Vectors:
    """Vectors whose products are exact in float32 too, and often equal."""
    return rng.integers(-2, 3, size=(rows, factors)).astype(np.float32)


def drawn(rng: np.random.Generator, rows: int, factors: int, skew: float) -> Vectors:
    """Normal vectors whose lengths differ the more the higher the skew."""
    vectors = rng.standard_normal((rows, factors)) * np.exp(skew * rng.standard_normal((rows, 1)))
    return np.ascontiguousarray(vectors, dtype=np.float32)


def some_excluded(rng: np.random.Generator, rows: int, items: int) -> Excluded:
    """From nothing to everything, in no order."""
    shares = rng.permutation(np.linspace(0, 1.2, rows))
    hidden = [rng.permutation(items)[: int(min(1, share) * items)] for share in shares]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in hidden])])
    return Excluded(starts.astype(np.int64), np.concatenate(hidden).astype(np.int32))


def test_the_lowest_scores_there_are_can_be_listed() -> None:
    users = np.array([[1e19, 0]], np.float32)
    items = np.array([[3.402e19, 0], [-3.402e19, 0], [0, 1]], np.float32)
    found = listed(best_products(users, ItemIndex.of(items), Excluded.nothing(1), 3))
    assert found == naive(users, items, Excluded.nothing(1), 3)
    assert len(found[0]) == 3


@pytest.mark.parametrize("n", [1, 7, 150, 400])
@pytest.mark.parametrize("made", ["whole numbers", "equal lengths", "skewed lengths"])
def test_it_equals_all_products_sorted(made: str, n: int) -> None:
    rng = np.random.default_rng(n)
    if made == "whole numbers":
        users, items = whole_numbers(rng, 40, 3), whole_numbers(rng, 300, 3)
    else:
        skew = 1.5 if made == "skewed lengths" else 0.0
        users, items = drawn(rng, 40, 13, skew), drawn(rng, 300, 13, skew)
    excluded = some_excluded(rng, len(users), len(items))
    found = listed(best_products(users, ItemIndex.of(items), excluded, n))
    expected = naive(users, items, excluded, n)
    if made == "whole numbers":
        assert found == expected
    else:  # the naive float64 sum has another order: one score in many millions may round the other way
        assert [[item for item, _ in row] for row in found] == [[item for item, _ in row] for row in expected]
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose([score for _, score in one], [score for _, score in other], rtol=2e-7)


def test_more_users_and_items_than_a_tile_holds() -> None:
    rng = np.random.default_rng(0)
    users, items = whole_numbers(rng, TILE_USERS + 9, 3), whole_numbers(rng, 2 * TILE_ITEMS + 77, 3)
    excluded = some_excluded(rng, len(users), len(items))
    assert listed(best_products(users, ItemIndex.of(items), excluded, 20)) == naive(users, items, excluded, 20)


def test_thousands_of_equal_scores_come_in_the_order_of_items() -> None:
    users = np.array([[1, 0], [0, 0], [0, 1]], np.float32)
    items = np.tile(np.array([[1, 0.5]], np.float32), (5000, 1))
    items[3000] = 2
    hidden = Excluded(np.array([0, 2, 2, 2], np.int64), np.array([1, 4999], np.int32))
    lists = best_products(users, ItemIndex.of(items), hidden, 4)
    assert lists.items.tolist() == [[3000, 0, 2, 3], [0, 1, 2, 3], [3000, 0, 1, 2]]
    assert lists.scores.tolist() == [[2, 1, 1, 1], [0, 0, 0, 0], [2, 0.5, 0.5, 0.5]]


def test_scores_that_differ_by_less_than_blas_rounds_are_in_their_true_order() -> None:
    rng = np.random.default_rng(3)
    user, base = drawn(rng, 1, 64, 0), drawn(rng, 1, 64, 0)
    items = np.tile(base, (2000, 1))
    items[np.arange(2000), rng.integers(0, 64, 2000)] *= np.float32(1 + 2e-7)
    exact = (items.astype(np.float64) @ user[0].astype(np.float64)).astype(np.float32)
    lists = best_products(user, ItemIndex.of(items), Excluded.nothing(1), 50)
    assert lists.items[0].tolist() == sorted(range(2000), key=lambda item: (-exact[item], item))[:50]


def test_a_row_is_the_same_to_the_last_bit_among_any_others() -> None:
    rng = np.random.default_rng(4)
    users, items = drawn(rng, 300, 24, 0.3), drawn(rng, TILE_ITEMS + 500, 24, 0.5)
    index = ItemIndex.of(items)
    whole = best_products(users, index, Excluded.nothing(300), 30)
    for block in (1, 7, 128):
        for start in range(0, 300, block * 3):
            part = best_products(
                users[start : start + block], index, Excluded.nothing(len(users[start : start + block])), 30
            )
            np.testing.assert_array_equal(part.items, whole.items[start : start + block])
            np.testing.assert_array_equal(
                part.scores.view(np.int32), whole.scores[start : start + block].view(np.int32)
            )


def products_computed(users: Vectors, items: Vectors, n: int) -> int:
    index = ItemIndex.of(items)
    found, counts = np.empty((len(users), 4 * n + 200), np.int32), np.empty(len(users), np.int32)
    arrays = (users, lengths_of(users), index.vectors, index.lengths, index.order, np.zeros(len(users) + 1, np.int64))
    scores = np.empty(found.shape, np.float32)
    return collect(*arrays, np.empty(0, np.int32), n, np.float32(np.inf), found, scores, counts)


def test_most_products_are_left_out_where_lengths_differ_and_none_where_they_do_not() -> None:
    rng = np.random.default_rng(5)
    users, items = drawn(rng, 60, 16, 0), drawn(rng, 6 * TILE_ITEMS, 16, 0)
    every = len(users) * len(items)
    alike = (items / np.linalg.norm(items, axis=1, keepdims=True)).astype(np.float32)
    assert products_computed(users, alike, 10) == every
    assert (
        products_computed(users, alike * rng.exponential(size=(len(items), 1)).astype(np.float32) ** 4, 10) < every / 3
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, 3e38])
@pytest.mark.parametrize("side", ["user", "item"])
def test_vectors_whose_products_may_not_be_finite_are_refused(side: str, bad: float) -> None:
    users, items = np.ones((3, 2), np.float32), np.ones((4, 2), np.float32)
    (users if side == "user" else items)[1] = bad
    with pytest.raises(InvalidInputError, match="not finite"):
        best_products(users, ItemIndex.of(items), Excluded.nothing(3), 2)


@pytest.mark.parametrize(("rows", "items"), [(0, 3), (3, 0), (1, 1)])
def test_nothing_and_one(rows: int, items: int) -> None:
    vectors = np.ones((5, 2), np.float32)
    lists = best_products(vectors[:rows], ItemIndex.of(vectors[:items]), Excluded.nothing(rows), 2)
    assert listed(lists) == naive(vectors[:rows], vectors[:items], Excluded.nothing(rows), 2)


@pytest.mark.parametrize("n", [1, 100, 10_000])
def test_what_is_held_at_a_time_is_bounded(n: int) -> None:
    assert 16 <= rows_at_a_time(n) <= 2048
    assert rows_at_a_time(n) == 16 or rows_at_a_time(n) * n <= 1 << 20
