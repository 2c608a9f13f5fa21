"""Alternating least squares for implicit feedback, by the library implicit.

Y. Hu, Y. Koren, C. Volinsky: Collaborative Filtering for Implicit Feedback Datasets. ICDM 2008.
G. Takács, I. Pilászy, D. Tikk: Applications of the Conjugate Gradient Method for Implicit Feedback Collaborative
Filtering. RecSys 2011 (the solver).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors
from machiya_recommender.training import fit_in_place

PAIRS_PER_BLOCK = 1 << 12
"""Pairs whose factors the loss holds at a time; few enough for the processor's cache."""


@dataclass(frozen=True)
class AlsTrainer:
    """Trains factors on weights r (CSR, users x items): preference 1 where r > 0, confidence c = 1 + alpha r.

    implicit takes the confidences themselves, so they are computed here; its own ``alpha`` would leave out the 1.
    Every row of factors is solved by one thread, hence the same bytes with any number of ``threads``.
    To be used inside ``single_threaded_blas``.
    """

    weights: csr_matrix
    factors: int
    regularization: float
    alpha: float
    seed: int
    threads: int

    def start(self) -> Factors:
        """Uniform in [0, 0.01), from the seed; float32 (users, factors) and (items, factors)."""
        rng = np.random.default_rng(self.seed)
        users, items = self.weights.shape
        return Factors(
            rng.random((users, self.factors), dtype=np.float32) * np.float32(0.01),
            rng.random((items, self.factors), dtype=np.float32) * np.float32(0.01),
        )

    def step(self, factors: Factors, iteration: int) -> dict[str, float]:
        """Solve for the users with the items fixed, then for the items; the curve ``loss`` is ``als_loss``."""
        model = AlternatingLeastSquares(
            factors=self.factors, regularization=self.regularization, alpha=1.0, iterations=1, num_threads=self.threads
        )
        fit_in_place(model, factors, self.confidences)
        return {"loss": als_loss(self.confidences, factors, self.regularization)}

    @cached_property
    def confidences(self) -> csr_matrix:
        """c of the stored pairs, float32, same structure as the weights. Raises InvalidInputError when c overflows."""
        data = 1 + self.alpha * self.weights.data.astype(np.float64)
        if not (data <= np.finfo(np.float32).max).all():
            raise InvalidInputError(
                "1 + alpha * weight is beyond the range of a 32-bit number.", "Lower --alpha or the weights."
            )
        structure = (data.astype(np.float32), self.weights.indices, self.weights.indptr)
        return csr_matrix(structure, shape=self.weights.shape)


def als_loss(confidences: csr_matrix, factors: Factors, regularization: float) -> float:
    """The objective that ALS minimizes (Hu, Koren, Volinsky 2008, equation 3), divided by the sum of confidences.

    sum over all pairs of c (p - x.y)^2 + regularization (|X|^2 + |Y|^2), where c = 1 and p = 0 for pairs that are not
    stored. Those are never visited: the sum of (x.y)^2 over all pairs is the trace of X'X Y'Y.
    Summed in float64 and in one order: implicit's own loss adds up in the order its threads arrive.
    """
    gram_of_users, gram_of_items = _gram(factors.users), _gram(factors.items)
    norms = float(np.trace(gram_of_users) + np.trace(gram_of_items))
    loss, confidence = float((gram_of_users * gram_of_items).sum()), 0.0
    users = np.repeat(np.arange(confidences.shape[0]), np.diff(confidences.indptr))
    for start in range(0, confidences.nnz, PAIRS_PER_BLOCK):
        block = slice(start, start + PAIRS_PER_BLOCK)
        x, y = factors.users[users[block]], factors.items[confidences.indices[block]]
        score = np.einsum("pf,pf->p", x, y).astype(np.float64)
        c = confidences.data[block].astype(np.float64)
        loss += float((c * (1 - score) ** 2 - score**2).sum())
        confidence += float((c - 1).sum())
    cells = confidences.shape[0] * confidences.shape[1]
    return (loss + regularization * norms) / (cells + confidence)


def _gram(factors: NDArray[np.float32]) -> NDArray[np.float64]:
    """factors' factors, (dimensions, dimensions) float64, in blocks so that no float64 copy of all is made."""
    gram = np.zeros((factors.shape[1], factors.shape[1]))
    for start in range(0, len(factors), PAIRS_PER_BLOCK):
        block = factors[start : start + PAIRS_PER_BLOCK].astype(np.float64)
        gram += block.T @ block
    return gram
