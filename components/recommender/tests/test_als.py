"""Alternating least squares: what it minimizes, that it does, and that it is the same everywhere."""

import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

from machiya_recommender.als import PAIRS_PER_BLOCK, AlsTrainer, als_loss
from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors
from machiya_recommender.training import TrainingState, train_factors

pytestmark = pytest.mark.usefixtures("one_blas_thread")


def trainer(weights: csr_matrix, **changes: float) -> AlsTrainer:
    known = {"factors": 6, "regularization": 0.1, "alpha": 2.0, "seed": 1, "threads": 1} | changes
    return AlsTrainer(weights, **known)  # type: ignore[arg-type]


def fitted(made: AlsTrainer, iterations: int = 10) -> TrainingState:
    return list(train_factors(made, iterations, TrainingState(made.start())))[-1]


def naive_loss(weights: csr_matrix, alpha: float, factors: Factors, regularization: float) -> float:
    """Equation 3 of Hu, Koren, Volinsky 2008 over the dense matrix, divided by the sum of confidences."""
    dense = weights.toarray().astype(np.float64)
    confidence, preference = 1 + alpha * dense, dense > 0
    users, items = factors.users.astype(np.float64), factors.items.astype(np.float64)
    error = (confidence * (preference - users @ items.T) ** 2).sum()
    return float((error + regularization * ((users**2).sum() + (items**2).sum())) / confidence.sum())


def test_the_loss_is_the_objective_of_the_paper(random_weights: csr_matrix) -> None:
    made = trainer(random_weights)
    state = fitted(made, 3)
    expected = naive_loss(random_weights, 2.0, state.factors, 0.1)
    assert state.curves["loss"][-1] == pytest.approx(expected, rel=1e-6)


def test_the_loss_is_the_same_over_many_blocks() -> None:
    rng = np.random.default_rng(0)
    weights = csr_matrix((rng.random((150, 100)) < 0.9).astype(np.float32))
    assert weights.nnz > 3 * PAIRS_PER_BLOCK
    factors = Factors(rng.random((150, 5), dtype=np.float32), rng.random((100, 5), dtype=np.float32))
    confidences = trainer(weights).confidences
    assert als_loss(confidences, factors, 0.5) == pytest.approx(naive_loss(weights, 2.0, factors, 0.5), rel=1e-6)


@pytest.mark.parametrize("factors", [1, 6, 50])
def test_more_iterations_never_increase_the_loss(random_weights: csr_matrix, factors: int) -> None:
    losses = np.array(fitted(trainer(random_weights, factors=factors), 30).curves["loss"])
    assert len(losses) == 30
    assert (np.diff(losses) <= 1e-6 * losses[:-1]).all()
    assert losses[-1] < 0.95 * losses[0]


def test_a_checkerboard_is_told_apart_and_the_left_out_item_is_found(checkerboard: csr_matrix) -> None:
    factors = fitted(trainer(checkerboard, factors=2, regularization=0.01), 30).factors
    scores = factors.users @ factors.items.T
    same_colour = np.indices(scores.shape).sum(axis=0) % 2 == 0
    assert scores[same_colour].min() > 0.8
    assert np.abs(scores[~same_colour]).max() < 0.1


def test_it_equals_implicit_run_in_one_go(random_weights: csr_matrix) -> None:
    made = trainer(random_weights)
    whole = AlternatingLeastSquares(factors=6, regularization=0.1, alpha=1.0, iterations=10, num_threads=1)
    start = made.start()
    whole.user_factors, whole.item_factors = start.users, start.items
    confidences = random_weights.copy()
    confidences.data = 1 + 2 * confidences.data
    whole.fit(confidences, show_progress=False)
    factors = fitted(made).factors
    assert factors.users.tobytes() == whole.user_factors.tobytes()
    assert factors.items.tobytes() == whole.item_factors.tobytes()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_same_seed_gives_the_same_bytes_with_any_number_of_threads(
    random_weights: csr_matrix, threads: int
) -> None:
    one, other = fitted(trainer(random_weights)), fitted(trainer(random_weights, threads=threads))
    assert one.factors.users.tobytes() == other.factors.users.tobytes()
    assert one.factors.items.tobytes() == other.factors.items.tobytes()
    assert one.curves == other.curves


def test_another_seed_gives_other_factors(random_weights: csr_matrix) -> None:
    assert fitted(trainer(random_weights)).factors.users.tobytes() != (
        fitted(trainer(random_weights, seed=2)).factors.users.tobytes()
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 8), (8, 1), (3, 2)])
def test_tiny_matrices_and_more_factors_than_items_stay_finite(shape: tuple[int, int]) -> None:
    state = fitted(trainer(csr_matrix(np.ones(shape, np.float32)), factors=12))
    scores = state.factors.users @ state.factors.items.T
    assert np.isfinite(scores).all()
    assert scores.min() > 0.5, "everybody has everything"


def test_confidence_beyond_float32_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="beyond the range"):
        fitted(trainer(csr_matrix(np.full((2, 2), 1e38, np.float32)), alpha=100.0))


def test_divergence_is_refused_with_a_remedy(random_weights: csr_matrix) -> None:
    with pytest.raises(InvalidInputError, match="diverged") as caught:
        fitted(trainer(random_weights * np.float32(1e30)))
    assert "--alpha" in caught.value.remedy
