"""One side of a factorization, users or items: solving for its factors on several threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.kernels.als import cholesky, conjugate_gradient

Solver = Literal["conjugate-gradient", "cholesky"]
SOLVERS: tuple[Solver, ...] = get_args(Solver)

STEPS = 3
"""Of the conjugate gradient method in a half step, as Takács et al. 2011 and the library implicit choose."""
HELD_NUMBERS = 1 << 24
"""How many numbers of gathered factors a thread holds: 64 MiB. A row that needs more is gathered for each pass."""
ROWS_PER_BLOCK = 1 << 12
"""Rows that are summed up in float32 before float64 takes over."""
PARTS_PER_THREAD = 16
"""Rows are shared out in so many parts, so that no thread waits long for another that got the more expensive rows."""


@dataclass(frozen=True)
class Side:
    """confidences: CSR (rows, columns), float32, the rows being those to solve for. regularization: (rows,) float32."""

    confidences: csr_matrix
    regularization: NDArray[np.float32]

    def solve(
        self,
        solved: NDArray[np.float32],
        fixed: NDArray[np.float32],
        gram: NDArray[np.float64],
        solver: Solver,
        threads: int,
    ) -> NDArray[np.float64]:
        """Solve for ``solved`` (rows, K), in place, with ``fixed`` (columns, K), whose gram matrix is given.

        What the stored pairs of each row add to the loss, (rows,): sum_j c_j (1 - x.y_j)^2 - (x.y_j)^2.
        """
        matrix, factors = self.confidences, fixed.shape[1]
        errors = np.empty(len(solved))
        held = max(8, HELD_NUMBERS // factors // 8 * 8)
        part = partial(
            _KERNELS[solver],
            *(matrix.indptr, matrix.indices, matrix.data, gram.astype(np.float32), self.regularization),
            *(fixed, solved, errors, held),
        )
        if threads == 1:
            part(0, len(solved))
        else:
            bounds = parts(matrix.indptr, threads * PARTS_PER_THREAD)
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(part, bounds[:-1], bounds[1:]))
        return errors

    def penalty(self, factors: NDArray[np.float32]) -> float:
        """What the factors of this side, (rows, K), add to the loss: the sum of regularization |x|^2."""
        squares = np.einsum("rf,rf->r", factors, factors)
        return float(squares.astype(np.float64) @ self.regularization)


def gram(factors: NDArray[np.float32]) -> NDArray[np.float64]:
    """factors' factors: (rows, K) -> (K, K) float64."""
    total = np.zeros((factors.shape[1], factors.shape[1]))
    for start in range(0, len(factors), ROWS_PER_BLOCK):
        block = factors[start : start + ROWS_PER_BLOCK]
        total += block.T @ block
    return total


def parts(indptr: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    """Bounds of at most ``count`` runs of rows with about as much work each, from 0 to the number of rows, ascending.

    A row costs as much as its pairs and about a dozen more.
    """
    work = indptr.astype(np.int64) + 12 * np.arange(len(indptr), dtype=np.int64)
    bounds = np.searchsorted(work, np.linspace(0, work[-1], count + 1))
    return np.unique(bounds)


def _improve(*arguments: Any) -> None:
    """``STEPS`` steps of the conjugate gradient method, with the arguments of ``cholesky``."""
    steps: Any = conjugate_gradient
    steps(*arguments, STEPS)


_KERNELS: dict[Solver, Callable[..., None]] = {"conjugate-gradient": _improve, "cholesky": cholesky}
