"""Alternating least squares for implicit feedback.

Y. Hu, Y. Koren, C. Volinsky: Collaborative Filtering for Implicit Feedback Datasets. ICDM 2008.
S. Rendle, W. Krichene, L. Zhang, Y. Koren: Revisiting the Performance of iALS on Item Recommendation Benchmarks. RecSys
2022, arXiv:2110.14037 (regularization that grows with frequency).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.als_side import Side, Solver, gram
from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors
from machiya_recommender.training import require_finite


@dataclass(frozen=True)
class AlsTrainer:
    """Trains factors on weights r (CSR, users x items): preference 1 where r > 0, confidence c = 1 + alpha r.

    solver: how the equations of a row are solved. conjugate-gradient takes three steps from where the row stands;
    cholesky solves them exactly, at two to five times the cost.
    regularization_exponent: see ``frequency_scaled``.

    Every row of factors is solved by one thread, hence the same bytes with any number of ``threads``.
    To be used inside ``single_threaded_blas``.
    """

    weights: csr_matrix
    factors: int
    regularization: float
    alpha: float
    seed: int
    threads: int
    solver: Solver = "conjugate-gradient"
    regularization_exponent: float = 0.0

    def start(self) -> Factors:
        """Uniform in [0, 0.01), from the seed; float32 (users, factors) and (items, factors)."""
        rng = np.random.default_rng(self.seed)
        users, items = self.weights.shape
        return Factors(
            rng.random((users, self.factors), dtype=np.float32) * np.float32(0.01),
            rng.random((items, self.factors), dtype=np.float32) * np.float32(0.01),
        )

    def step(self, factors: Factors, iteration: int) -> dict[str, float]:
        """Solve for the users with the items fixed, then for the items.

        The curve ``loss`` is the objective (Hu, Koren, Volinsky 2008, equation 3) divided by the sum of confidences:
        sum over all pairs of c (p - x.y)^2 + regularization (|X|^2 + |Y|^2), where c = 1 and p = 0 for pairs that are
        not stored. Those are never visited: the sum of (x.y)^2 over all pairs is the trace of X'X Y'Y. Of the stored
        ones the solver has the scores, so the loss costs next to nothing.
        """
        users, items = self.sides
        with np.errstate(over="ignore", invalid="ignore"):  # said better by require_finite
            users.solve(factors.users, factors.items, gram(factors.items), self.solver, self.threads)
            gram_of_users = gram(factors.users)
            errors = items.solve(factors.items, factors.users, gram_of_users, self.solver, self.threads)
            require_finite(factors)
        loss = errors.sum() + (gram_of_users * gram(factors.items)).sum()
        loss += users.penalty(factors.users) + items.penalty(factors.items)
        return {"loss": float(loss / self._confidence)}

    @cached_property
    def sides(self) -> tuple[Side, Side]:
        """The users as the rows to solve for, and the items. Raises InvalidInputError when a confidence overflows."""
        by_user = self._confidences()
        by_item = by_user.T.tocsr()
        counts = np.diff(by_user.indptr), np.diff(by_item.indptr)
        users, items = frequency_scaled(self.regularization, self.regularization_exponent, self.alpha, *counts)
        return Side(by_user, users), Side(by_item, items)

    @cached_property
    def _confidence(self) -> float:
        """The sum of the confidences of all pairs, stored or not."""
        return float(np.prod(self.weights.shape)) + self.alpha * float(self.weights.data.sum(dtype=np.float64))

    def _confidences(self) -> csr_matrix:
        """c of the stored pairs, float32, same structure as the weights."""
        largest = 1 + self.alpha * float(self.weights.data.max(initial=0))
        if not largest <= float(np.finfo(np.float32).max):
            raise InvalidInputError(
                "1 + alpha * weight is beyond the range of a 32-bit number.", "Lower --alpha or the weights."
            )
        exact = self.weights.data.astype(np.float64)
        exact *= self.alpha  # in place: another one would be 8 bytes a pair
        exact += 1
        data = exact.astype(np.float32)
        return csr_matrix((data, self.weights.indices, self.weights.indptr), shape=self.weights.shape)


def frequency_scaled(
    regularization: float,
    exponent: float,
    alpha: float,
    pairs_of_users: NDArray[np.integer],
    pairs_of_items: NDArray[np.integer],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The regularization of each user, (users,), and of each item, (items,); float32.

    Rendle et al. 2022: a user with n of the I items gets lambda (n + I / alpha)^exponent, an item likewise; 1 / alpha
    is what a pair that is not stored weighs beside one that is. exponent 0: all alike; 1: every pair brings its share.
    lambda is such that the mean over all users and items is ``regularization`` (theirs is shifted so, too: another
    exponent then does not need another order of magnitude).
    """
    users, items = len(pairs_of_users), len(pairs_of_items)
    of_users = (pairs_of_users + items / alpha) ** exponent
    of_items = (pairs_of_items + users / alpha) ** exponent
    scale = regularization * (users + items) / (of_users.sum() + of_items.sum())
    return (scale * of_users).astype(np.float32), (scale * of_items).astype(np.float32)
