"""EASE, in closed form, with NumPy and LAPACK.

H. Steck: Embarrassingly Shallow Autoencoders for Sparse Data. WWW 2019.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.sparse import csr_matrix

from tests.benchmarks.quality.ranking import Scores

ITEMS_PER_BLOCK = 1024


class Ease:
    """Scores are history B with B = I - P diag(P)^-1 and P = (X'X + l2 I)^-1 (equation 8 of the paper).

    train: X, CSR (users, items). Once made it is good for any number of ``l2``. With fewer users than items P is never
    formed: by Woodbury's identity P = (I - X' K X) / l2 with K = (X X' + l2 I)^-1, which has a row for each user only.
    """

    def __init__(self, train: csr_matrix) -> None:
        self.train = train.astype(np.float64)
        self.by_users = train.shape[0] < train.shape[1]

    @staticmethod
    def memory(train: csr_matrix) -> int:
        """Bytes that fitting takes, about: the gram in float32 and its inverse in float64."""
        return 12 * min(train.shape) ** 2

    def scorer(self, l2: float) -> "ItemWeights | UserKernel":
        """What scores histories, for one weight of the squared entries of B; l2 > 0."""
        inverse = inverse_of_positive(self._gram, l2)
        return UserKernel(self.train, inverse, l2) if self.by_users else ItemWeights(inverse)

    @cached_property
    def _gram(self) -> NDArray[np.float32]:
        """X X' or X'X, whichever is smaller: counts, so float32 is exact.

        In blocks, because the sparse product of all would take more memory than the dense one.
        """
        rows = self.train if self.by_users else self.train.T.tocsr()
        gram = np.empty((rows.shape[0], rows.shape[0]), dtype=np.float32)
        for start in range(0, rows.shape[0], ITEMS_PER_BLOCK):
            gram[start : start + ITEMS_PER_BLOCK] = (rows[start : start + ITEMS_PER_BLOCK] @ rows.T).toarray()
        return gram


class ItemWeights:
    """B itself. inverse: P, (items, items), overwritten."""

    def __init__(self, inverse: NDArray[np.float64]) -> None:
        inverse /= -np.diag(inverse).copy()
        np.fill_diagonal(inverse, 0)
        self.weights = inverse

    def __call__(self, history: csr_matrix) -> Scores:
        """(users, items) float64."""
        scores: Scores = history @ self.weights
        return scores


class UserKernel:
    """The same scores from K, (users, users), and X."""

    def __init__(self, train: csr_matrix, kernel: NDArray[np.float64], l2: float) -> None:
        self.train, self.kernel, self.l2 = train, kernel, l2
        self.diagonal = np.empty(train.shape[1])
        columns = train.tocsc()
        for start in range(0, train.shape[1], ITEMS_PER_BLOCK):
            block = columns[:, start : start + ITEMS_PER_BLOCK].toarray()
            self.diagonal[start : start + ITEMS_PER_BLOCK] = (1 - (block * (kernel @ block)).sum(axis=0)) / l2

    def __call__(self, history: csr_matrix) -> Scores:
        """(users, items) float64."""
        smoothed = (history @ self.train.T).toarray() @ self.kernel
        inverse = (history.toarray() - (self.train.T @ smoothed.T).T) / self.l2
        scores: Scores = history.toarray() - inverse / self.diagonal
        return scores


def inverse_of_positive(gram: NDArray[np.floating], l2: float) -> NDArray[np.float64]:
    """(gram + l2 I)^-1 by Cholesky, in one copy: half of the work of a general inverse. Raises LinAlgError."""
    matrix = np.array(gram, dtype=np.float64, order="F")  # LAPACK's order, so that it works in place
    matrix.flat[:: len(matrix) + 1] += l2
    inverse, failed = lapack.dpotrf(matrix, lower=1, overwrite_a=1, clean=0)
    if not failed:
        inverse, failed = lapack.dpotri(inverse, lower=1, overwrite_c=1)
    if failed:
        raise np.linalg.LinAlgError(f"X'X + {l2} I is not positive definite in double precision. Raise l2.")
    for start in range(0, len(inverse), ITEMS_PER_BLOCK):  # only the lower triangle is filled
        stop = start + ITEMS_PER_BLOCK
        inverse[start:stop, stop:] = inverse[stop:, start:stop].T
        corner = inverse[start:stop, start:stop]
        corner[:] = np.tril(corner) + np.tril(corner, -1).T
    rows: NDArray[np.float64] = inverse.T  # symmetric, and so in the order of rows that products want
    return rows
