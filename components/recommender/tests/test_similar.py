"""The nearest items of each item."""

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors
from machiya_recommender.model import Model
from machiya_recommender.similar import similar_items

pytestmark = pytest.mark.usefixtures("one_blas_thread")

Found = dict[int, list[tuple[int, float]]]


def model_of(items: NDArray[np.float32], bias: bool = False) -> Model:
    factors = Factors(np.ones((1, items.shape[1]), np.float32), items, bias)
    ids = pa.array([f"i{number:03d}" for number in range(len(items))])
    return Model("als", {}, pa.array(["u"]), ids, np.ones(len(items), np.int64), factors)


def found(model: Model, n: int, batch_rows: int = 4) -> Found:
    """item -> [(similar item, score)] in the order of the rows, whose ranks must count from 1."""
    lists: Found = {}
    for part in similar_items(model, n, batch_rows):
        for item, other, rank, score in zip(part.item, part.similar, part.rank, part.score, strict=True):
            of_item = lists.setdefault(int(item), [])
            of_item.append((int(other), float(score)))
            assert rank == len(of_item)
    assert list(lists) == sorted(lists)
    return lists


@pytest.mark.parametrize("n", [1, 4, 18, 100])
@pytest.mark.parametrize("bias", [False, True])
def test_it_equals_the_cosine_computed_pair_by_pair(n: int, bias: bool) -> None:
    items = np.random.default_rng(0).standard_normal((19, 5)).astype(np.float32)
    vectors = items[:, :-1] if bias else items
    lists = found(model_of(items, bias), n)
    for item in range(19):
        cosine = [
            float(vectors[item] @ vectors[other] / np.linalg.norm(vectors[item]) / np.linalg.norm(vectors[other]))
            for other in range(19)
        ]
        expected = sorted((other for other in range(19) if other != item), key=lambda other: -cosine[other])[:n]
        assert [other for other, _ in lists[item]] == expected
        assert [score for _, score in lists[item]] == pytest.approx([cosine[other] for other in expected], abs=1e-6)


def test_equal_items_come_in_the_order_of_ids_with_a_cosine_of_at_most_one() -> None:
    lists = found(model_of(np.full((6, 3), 0.1, np.float32)), 3)
    assert [other for other, _ in lists[2]] == [0, 1, 3]
    assert all(0.999 < score <= 1 for of_item in lists.values() for _, score in of_item)


def test_batches_do_not_change_the_result() -> None:
    model = model_of(np.random.default_rng(1).integers(-3, 4, size=(30, 4)).astype(np.float32))
    assert {item: [other for other, _ in near] for item, near in found(model, 5, 1).items()} == {
        item: [other for other, _ in near] for item, near in found(model, 5, 1000).items()
    }


def test_an_item_without_factors_has_no_neighbours_and_is_none() -> None:
    items = np.eye(4, dtype=np.float32)
    items[2] = 0
    lists = found(model_of(items), 10)
    assert set(lists) == {0, 1, 3}
    assert all(other != 2 for of_item in lists.values() for other, _ in of_item)


def test_one_item_has_no_similar_one() -> None:
    assert found(model_of(np.ones((1, 3), np.float32)), 10) == {}


def test_huge_factors_do_not_overflow() -> None:
    lists = found(model_of(np.array([[3e38, 3e38], [3e38, 3e38], [-3e38, 3e38]], np.float32)), 1)
    assert [other for other, _ in lists[0]] == [1]
    assert lists[0][0][1] == pytest.approx(1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_factors_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(InvalidInputError, match="not finite"):
        found(model_of(np.array([[1, 2], [value, 1]], np.float32)), 1)


def test_item_knn_lists_its_stored_neighbours() -> None:
    near = np.array([[0, 0.5, 0.5, 0.75], [0.5, 0, 0, 0], [0.5, 0, 0, 0], [0.75, 0, 0, 0]], np.float32)
    model = Model("item-knn", {}, pa.array(["u"]), pa.array(list("abcd")), np.ones(4, np.int64), None, csr_matrix(near))
    assert found(model, 2) == {0: [(3, 0.75), (1, 0.5)], 1: [(0, 0.5)], 2: [(0, 0.5)], 3: [(0, 0.75)]}


def test_popularity_knows_no_similarity() -> None:
    model = Model("popularity", {}, pa.array(["u"]), pa.array(["a"]), np.ones(1, np.int64))
    with pytest.raises(InvalidInputError, match="knows no similarity") as caught:
        found(model, 1)
    assert "als, bpr or item-knn" in caught.value.remedy
