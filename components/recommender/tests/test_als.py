"""Alternating least squares: what it minimizes, that it does, and that it is the same everywhere."""

import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.als import AlsTrainer, frequency_scaled
from machiya_recommender.als_side import ROWS_PER_BLOCK, SOLVERS, Solver, gram
from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors
from machiya_recommender.training import TrainingState, train_factors

pytestmark = pytest.mark.usefixtures("one_blas_thread")


def trainer(weights: csr_matrix, **changes: float | Solver) -> AlsTrainer:
    known = {"factors": 6, "regularization": 0.1, "alpha": 2.0, "seed": 1, "threads": 1} | changes
    return AlsTrainer(weights, **known)  # type: ignore[arg-type]


def fitted(made: AlsTrainer, iterations: int = 10) -> TrainingState:
    return list(train_factors(made, iterations, TrainingState(made.start())))[-1]


def naive_loss(
    weights: csr_matrix, alpha: float, factors: Factors, of_users: NDArray[np.float32], of_items: NDArray[np.float32]
) -> float:
    """Equation 3 of Hu, Koren, Volinsky 2008 over the dense matrix, divided by the sum of confidences."""
    dense = weights.toarray().astype(np.float64)
    confidence, preference = 1 + alpha * dense, dense > 0
    users, items = factors.users.astype(np.float64), factors.items.astype(np.float64)
    error = (confidence * (preference - users @ items.T) ** 2).sum()
    penalty = of_users @ (users**2).sum(axis=1) + of_items @ (items**2).sum(axis=1)
    return float((error + penalty) / confidence.sum())


@pytest.mark.parametrize("exponent", [0.0, 1.0])
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_loss_is_the_objective_of_the_paper(random_weights: csr_matrix, solver: Solver, exponent: float) -> None:
    made = trainer(random_weights, solver=solver, regularization_exponent=exponent)
    state = fitted(made, 3)
    users, items = made.sides
    expected = naive_loss(random_weights, 2.0, state.factors, users.regularization, items.regularization)
    assert state.curves["loss"][-1] == pytest.approx(expected, rel=1e-6)


def test_the_gram_matrix_is_the_same_over_many_blocks() -> None:
    factors = np.random.default_rng(0).standard_normal((2 * ROWS_PER_BLOCK + 5, 3), dtype=np.float32)
    exact = factors.astype(np.float64)
    np.testing.assert_allclose(gram(factors), exact.T @ exact, rtol=1e-6, atol=1e-2)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("factors", [1, 6, 50])
def test_more_iterations_never_increase_the_loss(random_weights: csr_matrix, factors: int, solver: Solver) -> None:
    losses = np.array(fitted(trainer(random_weights, factors=factors, solver=solver), 30).curves["loss"])
    assert len(losses) == 30
    assert (np.diff(losses) <= 1e-6 * losses[:-1]).all()
    assert losses[-1] < 0.95 * losses[0]


def test_a_checkerboard_is_told_apart_and_the_left_out_item_is_found(checkerboard: csr_matrix) -> None:
    factors = fitted(trainer(checkerboard, factors=2, regularization=0.01), 30).factors
    scores = factors.users @ factors.items.T
    same_colour = np.indices(scores.shape).sum(axis=0) % 2 == 0
    assert scores[same_colour].min() > 0.8
    assert np.abs(scores[~same_colour]).max() < 0.1


@pytest.mark.parametrize("factors", [2, 6])
@pytest.mark.parametrize("solver", SOLVERS)
def test_it_learns_what_implicit_learns(random_weights: csr_matrix, solver: Solver, factors: int) -> None:
    made = trainer(random_weights, solver=solver, factors=factors)
    library = AlternatingLeastSquares(
        factors=factors, regularization=0.1, alpha=1.0, iterations=10, num_threads=1, use_cg=solver != "cholesky"
    )
    start = made.start()
    library.user_factors, library.item_factors = start.users, start.items
    confidences = random_weights.copy()
    confidences.data = 1 + 2 * confidences.data
    library.fit(confidences, show_progress=False)
    state = fitted(made)
    theirs = Factors(library.user_factors, library.item_factors)
    same = np.full(60, 0.1, np.float32), np.full(35, 0.1, np.float32)
    assert state.curves["loss"][-1] == pytest.approx(naive_loss(random_weights, 2.0, theirs, *same), rel=1e-4)
    np.testing.assert_allclose(
        state.factors.users @ state.factors.items.T, theirs.users @ theirs.items.T, rtol=0, atol=0.02
    )


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("threads", [2, 5])
def test_the_same_seed_gives_the_same_bytes_with_any_number_of_threads(
    random_weights: csr_matrix, threads: int, solver: Solver
) -> None:
    one = fitted(trainer(random_weights, solver=solver))
    other = fitted(trainer(random_weights, threads=threads, solver=solver))
    assert one.factors.users.tobytes() == other.factors.users.tobytes()
    assert one.factors.items.tobytes() == other.factors.items.tobytes()
    assert one.curves == other.curves


def test_another_seed_gives_other_factors(random_weights: csr_matrix) -> None:
    assert fitted(trainer(random_weights)).factors.users.tobytes() != (
        fitted(trainer(random_weights, seed=2)).factors.users.tobytes()
    )


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 8), (8, 1), (3, 2)])
def test_tiny_matrices_and_more_factors_than_items_stay_finite(shape: tuple[int, int], solver: Solver) -> None:
    state = fitted(trainer(csr_matrix(np.ones(shape, np.float32)), factors=12, solver=solver))
    scores = state.factors.users @ state.factors.items.T
    assert np.isfinite(scores).all()
    assert scores.min() > 0.5, "everybody has everything"


def test_confidence_beyond_float32_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="beyond the range"):
        fitted(trainer(csr_matrix(np.full((2, 2), 1e38, np.float32)), alpha=100.0))


@pytest.mark.parametrize("solver", SOLVERS)
def test_divergence_is_refused_with_a_remedy(random_weights: csr_matrix, solver: Solver) -> None:
    with pytest.raises(InvalidInputError, match="diverged") as caught:
        fitted(trainer(random_weights * np.float32(1e30), solver=solver))
    assert "--alpha" in caught.value.remedy


def test_equations_without_a_solution_are_refused() -> None:
    two_items_alike = csr_matrix(np.ones((3, 2), np.float32))
    made = trainer(two_items_alike, factors=4, regularization=0.0, solver="cholesky")
    with pytest.raises(InvalidInputError, match="diverged") as caught:
        fitted(made)
    assert "--regularization" in caught.value.remedy


def test_regularization_grows_with_the_pairs_of_a_row_and_keeps_its_mean() -> None:
    users, items = np.array([1, 5, 6]), np.array([3, 3, 3, 3])
    of_users, of_items = frequency_scaled(0.5, 1.0, 2.0, users, items)
    np.testing.assert_allclose(of_users / of_users[0], (users + 4 / 2) / (1 + 4 / 2), rtol=1e-6)
    np.testing.assert_allclose(of_items / of_users[0], (items + 3 / 2) / (1 + 4 / 2), rtol=1e-6)
    assert np.concatenate([of_users, of_items]).mean() == pytest.approx(0.5)


def test_regularization_is_the_same_for_all_without_an_exponent() -> None:
    of_users, of_items = frequency_scaled(0.5, 0.0, 2.0, np.array([1, 5]), np.array([3, 3, 0]))
    assert (*of_users, *of_items) == (0.5,) * 5
