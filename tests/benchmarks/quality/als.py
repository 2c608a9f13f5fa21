"""Matrix factorization by alternating least squares: the library's, and the component's, asked in the same way.

Y. Hu, Y. Koren, C. Volinsky: Collaborative Filtering for Implicit Feedback Datasets. ICDM 2008.
S. Rendle, W. Krichene, L. Zhang, Y. Koren: Revisiting the Performance of iALS on Item Recommendation Benchmarks.
RecSys 2022 (regularization that grows with frequency).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tests.benchmarks.quality.ranking import Scores

USERS_PER_BLOCK = 256


@dataclass(frozen=True)
class Training:
    """What is not tuned. threads: the factors do not depend on it."""

    factors: int
    iterations: int
    seed: int
    threads: int


@dataclass(frozen=True)
class FoldIn:
    """Scores for users known by their histories alone: their factors are solved for exactly, with the items' fixed.

    items: (items, factors) float32. Confidence of a pair in a history is 1 + alpha, of any other 1.
    regularization: from numbers of items, (users,), to the weight of the squared factors of each user, (users,).
    """

    items: NDArray[np.float32]
    alpha: float
    regularization: Callable[[NDArray[np.int64]], NDArray[np.floating]]

    def __call__(self, history: csr_matrix) -> Scores:
        """(users, items) float32."""
        scores: Scores = self.users(history) @ self.items.T
        return scores

    def users(self, history: csr_matrix) -> NDArray[np.float32]:
        """The factors of the users, (users, factors): equation 4 of Hu et al., in float64."""
        blocks = range(0, history.shape[0], USERS_PER_BLOCK)
        parts = [self._solve(history[start : start + USERS_PER_BLOCK]) for start in blocks]
        return np.concatenate(parts).astype(np.float32)

    def _solve(self, history: csr_matrix) -> NDArray[np.floating]:
        items = self.items.astype(np.float64)
        gram = items.T @ items
        weights = self.regularization(np.diff(history.indptr).astype(np.int64))
        left = gram + weights[:, None, None] * np.eye(len(gram))
        for user, matrix in enumerate(left):
            chosen = items[history.indices[history.indptr[user] : history.indptr[user + 1]]]
            matrix += self.alpha * (chosen.T @ chosen)
        right: NDArray[np.floating] = (1 + self.alpha) * (history @ items)
        return np.linalg.solve(left, right[:, :, None])[:, :, 0]


def implicit_als(train: csr_matrix, training: Training, alpha: float, regularization: float) -> FoldIn:
    """The library implicit, with the same weight for the squared factors of every user and item."""
    from implicit.cpu.als import AlternatingLeastSquares

    from machiya_recommender.machine import single_threaded_blas

    confidences = train.copy()
    confidences.data[:] = 1 + alpha  # the library takes the confidences themselves
    with single_threaded_blas():
        model = AlternatingLeastSquares(
            factors=training.factors,
            iterations=training.iterations,
            regularization=regularization,
            alpha=1.0,
            num_threads=training.threads,
            random_state=training.seed,
        )
        model.fit(confidences, show_progress=False)
    return FoldIn(model.item_factors, alpha, lambda counts: np.full(len(counts), regularization))


def our_als(
    train: csr_matrix, training: Training, alpha: float, regularization: float, regularization_exponent: float
) -> FoldIn:
    """The component's ALS; its regularization grows with frequency for those folded in as for those trained on."""
    from machiya_recommender.als import frequency_scaled

    _, items = component_factors(train, training, alpha, regularization, regularization_exponent)
    counts = np.diff(train.indptr), np.bincount(train.indices, minlength=train.shape[1])
    of_users, _ = frequency_scaled(regularization, regularization_exponent, alpha, *counts)
    unseen = train.shape[1] / alpha
    scale = float(of_users[0]) / (counts[0][0] + unseen) ** regularization_exponent
    return FoldIn(items, alpha, lambda pairs: scale * (pairs + unseen) ** regularization_exponent)


def component_factors(
    train: csr_matrix, training: Training, alpha: float, regularization: float, regularization_exponent: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What `train` of the component recommender comes to: (users, factors) and (items, factors)."""
    import pyarrow as pa

    from machiya_recommender.interactions import Interactions
    from machiya_recommender.machine import single_threaded_blas
    from machiya_recommender.train import TrainParameters, train_model

    users, items = (pa.array([f"{number:09d}" for number in range(count)]) for count in train.shape)
    parameters = TrainParameters(
        algorithm="als",
        factors=training.factors,
        iterations=training.iterations,
        regularization=regularization,
        alpha=alpha,
        learning_rate=1.0,
        neighbours=1,
        similarity="cosine",
        seed=training.seed,
        regularization_exponent=regularization_exponent,
    )
    with single_threaded_blas():
        model, _ = train_model(Interactions(users, items, train), parameters, Unwatched(), training.threads)
    assert model.factors is not None
    return model.factors.users, model.factors.items


class Unwatched:
    """A training that nobody watches and nobody resumes."""

    def start(self) -> None:
        """No state of an earlier call."""

    def iteration_done(self, state: object) -> None:
        """Nothing to do."""
