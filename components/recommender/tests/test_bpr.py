"""Bayesian personalized ranking: curves, determinism, and that it ranks."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from machiya_recommender.bpr import BprTrainer, bpr_curves
from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors
from machiya_recommender.training import TrainingState, train_factors

pytestmark = pytest.mark.usefixtures("one_blas_thread")


def trainer(weights: csr_matrix, **changes: float) -> BprTrainer:
    known = {"factors": 6, "learning_rate": 0.1, "regularization": 0.01, "seed": 1} | changes
    return BprTrainer(weights, **known)  # type: ignore[arg-type]


def fitted(made: BprTrainer, iterations: int = 20) -> TrainingState:
    return list(train_factors(made, iterations, TrainingState(made.start())))[-1]


def test_the_curves_are_those_of_the_paper_on_the_triples() -> None:
    rng = np.random.default_rng(5)
    factors = Factors(rng.random((4, 3), dtype=np.float32), rng.random((6, 3), dtype=np.float32), bias=True)
    triples = np.array([[0, 1, 2], [3, 5, 0], [2, 2, 4]])
    differences = [float(factors.users[u] @ (factors.items[i] - factors.items[j])) for u, i, j in triples.tolist()]
    curves = bpr_curves(triples, factors)
    assert curves["loss"] == pytest.approx(np.mean([-np.log(1 / (1 + np.exp(-x))) for x in differences]), rel=1e-5)
    assert curves["auc"] == pytest.approx(np.mean([x > 0 for x in differences]))


def test_triples_hold_a_seen_and_an_unseen_item(random_weights: csr_matrix) -> None:
    user, liked, other = trainer(random_weights).triples.T
    dense = random_weights.toarray()
    assert len(user) > random_weights.nnz / 2
    assert (dense[user, liked] > 0).all()
    assert (dense[user, other] == 0).all()


def test_a_checkerboard_is_told_apart(checkerboard: csr_matrix) -> None:
    state = fitted(trainer(checkerboard, factors=2), 200)
    assert state.curves["auc"][-1] > 0.97
    assert state.curves["loss"][-1] < 0.2
    scores = state.factors.users @ state.factors.items.T
    same_colour = np.indices(scores.shape).sum(axis=0) % 2 == 0
    for row, same in zip(scores, same_colour, strict=True):
        assert row[same].min() > row[~same].max(), "the item left out is among those of its colour"


def test_training_lowers_the_loss_and_stays_finite(random_weights: csr_matrix) -> None:
    state = fitted(trainer(random_weights), 60)
    assert state.curves["loss"][-1] < 0.8 * state.curves["loss"][0]
    assert np.isfinite(state.factors.users).all()
    assert np.isfinite(state.factors.items).all()


def test_the_last_dimension_is_the_bias(random_weights: csr_matrix) -> None:
    factors = fitted(trainer(random_weights)).factors
    assert factors.bias
    assert factors.users.shape == (60, 7)
    assert (factors.users[:, -1] == 1).all()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(random_weights: csr_matrix) -> None:
    one, same, other = (fitted(trainer(random_weights, seed=seed)) for seed in (1, 1, 2))
    assert one.factors.items.tobytes() == same.factors.items.tobytes()
    assert one.curves == same.curves
    assert one.factors.items.tobytes() != other.factors.items.tobytes()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 2)])
def test_where_everybody_has_everything_there_is_nothing_to_rank(shape: tuple[int, int]) -> None:
    state = fitted(trainer(csr_matrix(np.ones(shape, np.float32)), factors=9))
    assert state.curves["loss"][-1] == 0
    assert state.curves["auc"][-1] == 1
    assert np.isfinite(state.factors.items).all()


def test_divergence_is_refused_with_a_remedy(random_weights: csr_matrix) -> None:
    with pytest.raises(InvalidInputError, match="diverged") as caught:
        fitted(trainer(random_weights, regularization=1e6), 60)
    assert "--learning_rate" in caught.value.remedy
