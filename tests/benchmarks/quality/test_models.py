"""EASE against an explicit inverse, and what ALS says of users that it has not seen."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tests.benchmarks.quality import ease
from tests.benchmarks.quality.als import FoldIn, Training, component_factors, implicit_als, our_als
from tests.benchmarks.quality.ease import Ease, inverse_of_positive
from tests.benchmarks.quality.models import Popularity

CLOSE = Training(factors=4, iterations=300, seed=1, threads=1)


def ones(shape: tuple[int, int], share: float = 0.3, seed: int = 0) -> csr_matrix:
    """Random ones, some in every row and column."""
    chosen = np.random.default_rng(seed).random(shape) < share
    chosen[np.arange(shape[0]), np.arange(shape[0]) % shape[1]] = True
    chosen[np.arange(shape[1]) % shape[0], np.arange(shape[1])] = True
    return csr_matrix(chosen.astype(np.float32))


def as_in_the_paper(train: csr_matrix, l2: float) -> NDArray[np.float64]:
    """B by the listing of Steck 2019."""
    gram = (train.T @ train).toarray().astype(np.float64)
    gram[np.diag_indices(len(gram))] += l2
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices(len(weights))] = 0
    return np.asarray(weights)


@pytest.mark.parametrize("shape", [(50, 12), (12, 50), (20, 20), (1, 5), (5, 1)])
@pytest.mark.parametrize("l2", [0.5, 300.0])
@pytest.mark.parametrize("block", [3, 1024])
def test_ease_is_the_closed_form(
    shape: tuple[int, int], l2: float, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ease, "ITEMS_PER_BLOCK", block)
    train, history = ones(shape), ones((7, shape[1]), seed=1)
    fitted = Ease(train)
    assert fitted.by_users == (shape[0] < shape[1])
    for weight in (l2, 2 * l2, l2):  # one gram serves all
        expected = history @ as_in_the_paper(train, weight)
        assert fitted.scorer(weight)(history) == pytest.approx(expected, abs=1e-9)


def test_ease_without_items_in_common_needs_a_weight() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="Raise l2"):
        inverse_of_positive(np.zeros((2, 2)), 0.0)


def test_popularity_counts_users_and_is_the_same_for_everybody() -> None:
    train = csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 1, 0, 0]], dtype=np.float32))
    assert Popularity(train)(ones((2, 4))).tolist() == [[1, 3, 1, 0]] * 2


def test_a_user_is_folded_in_by_the_normal_equations() -> None:
    rng = np.random.default_rng(5)
    items = rng.normal(size=(9, 3)).astype(np.float32)
    history = csr_matrix(np.array([[1, 0, 0, 1, 0, 0, 0, 1, 0], [0] * 9, [1] * 9], dtype=np.float32))
    fold_in = FoldIn(items, 2.5, lambda counts: 0.1 + counts)
    for row, user in zip(history.toarray(), fold_in.users(history), strict=True):
        confidence = np.diag(1 + 2.5 * row)
        left = items.T @ confidence @ items + (0.1 + row.sum()) * np.eye(3)
        assert user == pytest.approx(np.linalg.solve(left, items.T @ confidence @ row), rel=1e-4)
    assert fold_in(history) == pytest.approx(fold_in.users(history) @ items.T)


def test_the_blocks_of_users_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    items, history = np.random.default_rng(6).normal(size=(20, 5)).astype(np.float32), ones((30, 20))
    fold_in = FoldIn(items, 3.0, lambda counts: np.ones(len(counts)))
    whole = fold_in.users(history)
    monkeypatch.setattr("tests.benchmarks.quality.als.USERS_PER_BLOCK", 7)
    assert np.array_equal(fold_in.users(history), whole)


def test_folding_in_agrees_with_the_library() -> None:
    from implicit.cpu.als import AlternatingLeastSquares

    from machiya_recommender.machine import single_threaded_blas

    train, history = ones((60, 25)), ones((8, 25), seed=3)
    fold_in = implicit_als(train, CLOSE, alpha=4.0, regularization=2.0)
    with single_threaded_blas():
        model = AlternatingLeastSquares(factors=4, regularization=2.0, alpha=1.0, num_threads=1)
        model.item_factors = fold_in.items
        expected = model.recalculate_user(np.arange(8), history.multiply(5.0).tocsr().astype(np.float32))
    assert fold_in.users(history) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_folding_in_regularizes_as_the_component_does(exponent: float) -> None:
    """After a long training nothing moves any more, so a user folded in is where the training left him."""
    train = ones((40, 15))
    fold_in = our_als(train, CLOSE, 4.0, 5.0, exponent)
    users, items = component_factors(train, CLOSE, 4.0, 5.0, exponent)
    assert np.array_equal(fold_in.items, items)
    assert fold_in.users(train) == pytest.approx(users, abs=1e-3)
    assert np.abs(users).max() > 0.1, "the regularization leaves something to compare"
