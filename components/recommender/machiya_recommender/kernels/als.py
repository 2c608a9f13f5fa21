"""The half step of alternating least squares: solve for the rows of one side while the factors of the other are fixed.

For a row with the stored pairs j, their confidences c_j and the fixed factors y_j, the equations are A x = b with

    A = Y'Y + sum_j (c_j - 1) y_j y_j' + regularization I,   b = sum_j c_j y_j

(Y. Hu, Y. Koren, C. Volinsky: Collaborative Filtering for Implicit Feedback Datasets. ICDM 2008, equations 4 and 5).

What both solvers take, C-contiguous, K being the number of factors:

- indptr, indices (int32 or int64), confidences (float32): a CSR matrix (rows, columns)
- gram: Y'Y, (K, K) float32. regularization: (rows,) float32. fixed: Y, (columns, K) float32
- solved: (rows, K) float32, of which the rows from ``first`` to ``last`` are solved for, in place
- errors: (rows,) float64, filled for the same rows with sum_j c_j (1 - x.y_j)^2 - (x.y_j)^2, their part of the loss
- held: how many pairs' factors are copied together at most, a multiple of 8; a row with more is gathered anew for each
  pass over it

Rows know nothing of each other: the result does not depend on how they are shared out among threads. A row without
pairs is 0, which solves its equations.
"""

import numpy as np
from machiya_component.compiled import kernel
from numpy.typing import NDArray

from machiya_recommender.kernels.als_pairs import (
    SUMS,
    TURNED,
    add_outer_products,
    add_pairs,
    aligned,
    dot,
    eights,
    error_of_pairs,
    gather,
)

CONVERGED = 1e-20
"""The squared length of a residual that needs no further step."""
_CHOLESKY = (
    "(int32[::1], int32[::1], float32[::1], float32[:, ::1], float32[::1], float32[:, ::1], float32[:, ::1], "
    "float64[::1], int64, int64, int64)"
)
"""What images hold compiled code for: no sample solves exactly."""


@kernel(fastmath=SUMS, error_model="numpy")
def conjugate_gradient(
    indptr: NDArray[np.integer],
    indices: NDArray[np.integer],
    confidences: NDArray[np.float32],
    gram: NDArray[np.float32],
    regularization: NDArray[np.float32],
    fixed: NDArray[np.float32],
    solved: NDArray[np.float32],
    errors: NDArray[np.float64],
    held: int,
    first: int,
    last: int,
    steps: int,
) -> None:
    """Improve each row by so many steps of the conjugate gradient method, from where it stands.

    G. Takács, I. Pilászy, D. Tikk: Applications of the Conjugate Gradient Method for Implicit Feedback Collaborative
    Filtering. RecSys 2011. A is never formed: it is multiplied with a vector in one pass over the pairs.
    """
    factors = fixed.shape[1]
    longest = _longest(indptr, first, last)
    y = aligned(min(held, longest) * factors).reshape((min(held, longest), factors))
    extra, scores, change = aligned(longest), aligned(longest), aligned(longest)
    x, residual, direction, product = aligned(factors), aligned(factors), aligned(factors), aligned(factors)
    for row in range(first, last):
        begin, count = indptr[row], indptr[row + 1] - indptr[row]
        if count == 0:
            solved[row, :] = 0
            errors[row] = 0
            continue
        for f in range(factors):
            x[f] = solved[row, f]
        _minus_gram(gram, regularization[row], x, residual)  # residual = b - A x, in two parts
        for start in range(0, count, held):
            size = min(held, count - start)
            gather(fixed, indices, confidences, begin + start, size, y, extra[start:])
            add_pairs(y, size, extra[start:], np.float32(1), x, scores[start:], residual)
        for f in range(factors):
            direction[f] = residual[f]
        squared = dot(residual, residual)
        for _ in range(steps):
            if squared < CONVERGED:
                break
            _minus_gram(gram, regularization[row], direction, product)  # product = -A direction, likewise
            for start in range(0, count, held):
                size = min(held, count - start)
                if held < count:
                    gather(fixed, indices, confidences, begin + start, size, y, extra[start:])
                add_pairs(y, size, extra[start:], np.float32(0), direction, change[start:], product)
            length = -squared / dot(direction, product)
            for f in range(factors):
                x[f] += length * direction[f]
                residual[f] += length * product[f]
            for j in range(count):
                scores[j] += length * change[j]
            before, squared = squared, dot(residual, residual)
            for f in range(factors):
                direction[f] = residual[f] + squared / before * direction[f]
        for f in range(factors):
            solved[row, f] = x[f]
        errors[row] = error_of_pairs(extra, scores, count)


@kernel(signatures=[_CHOLESKY], fastmath=SUMS, error_model="numpy")
def cholesky(
    indptr: NDArray[np.integer],
    indices: NDArray[np.integer],
    confidences: NDArray[np.float32],
    gram: NDArray[np.float32],
    regularization: NDArray[np.float32],
    fixed: NDArray[np.float32],
    solved: NDArray[np.float32],
    errors: NDArray[np.float64],
    held: int,
    first: int,
    last: int,
) -> None:
    """Solve the equations of each row exactly, by A = U'U. Where A is singular, nothing finite comes of it."""
    factors = fixed.shape[1]
    longest = _longest(indptr, first, last)
    y = aligned(min(held, longest) * factors).reshape((min(held, longest), factors))
    extra, scores = aligned(longest), aligned(longest)
    width = factors // 16 * 16 + 16  # rows of whole cache lines, with room for b
    a = aligned(eights(factors) * width).reshape((eights(factors), width))
    turned = aligned(eights(factors) * TURNED).reshape((eights(factors), TURNED))
    weighted = aligned(eights(factors) * TURNED).reshape((eights(factors), TURNED))
    b, unused = aligned(factors), aligned(factors)
    a[:] = 0
    turned[:] = 0
    weighted[:] = 0
    for row in range(first, last):
        begin, count = indptr[row], indptr[row + 1] - indptr[row]
        for f in range(factors):
            b[f] = 0
            for g in range(factors):
                a[f, g] = gram[f, g]
            a[f, f] += regularization[row]
        for start in range(0, count, held):
            size = min(held, count - start)
            gather(fixed, indices, confidences, begin + start, size, y, extra[start:])
            add_outer_products(y, size, extra[start:], turned, weighted, a, b)
        if count == 0:
            solved[row, :] = 0
        else:
            _solve(a, b, solved[row])
        for start in range(0, count, held):
            size = min(held, count - start)
            if held < count:
                gather(fixed, indices, confidences, begin + start, size, y, extra[start:])
            add_pairs(y, size, extra[start:], np.float32(0), solved[row], scores[start:], unused)
        errors[row] = error_of_pairs(extra, scores, count)


@kernel(forceinline=True)
def _longest(indptr: NDArray[np.integer], first: int, last: int) -> int:
    """How many pairs the row has that has most, up to eights."""
    longest = 0
    for row in range(first, last):
        longest = max(longest, indptr[row + 1] - indptr[row])
    return eights(longest)


@kernel(fastmath=SUMS, error_model="numpy", forceinline=True)
def _minus_gram(
    gram: NDArray[np.float32], regularization: np.float32, v: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """out = -(gram + regularization I) v."""
    factors = len(v)
    whole = np.uint64(factors // 4 * 4)
    for f in range(factors):
        out[f] = -regularization * v[f]
    for g in range(np.uint64(0), whole, np.uint64(4)):
        v0, v1, v2, v3 = v[g], v[g + 1], v[g + 2], v[g + 3]
        for f in range(factors):
            out[f] -= v0 * gram[g, f] + v1 * gram[g + 1, f] + v2 * gram[g + 2, f] + v3 * gram[g + 3, f]
    for g in range(whole, factors):
        v0 = v[g]
        for f in range(factors):
            out[f] -= v0 * gram[g, f]


@kernel(fastmath=SUMS, error_model="numpy", forceinline=True)
def _solve(a: NDArray[np.float32], b: NDArray[np.float32], x: NDArray[np.float32]) -> None:
    """x = A^-1 b, for the upper triangle of A in ``a`` (K, lines of 16 with room for b), which is overwritten.

    Row by row, A = U'U. With b as one more column of A, the same elimination leaves z = U'^-1 b there, and U x = z.
    """
    factors, width = np.uint64(len(b)), np.uint64(a.shape[1])
    for g in range(factors):
        a[g, factors] = b[g]
    for g in range(factors):
        line = g // np.uint64(16) * np.uint64(16)  # whole lines are faster, and nothing reads below the diagonal
        whole = g // np.uint64(4) * np.uint64(4)
        for h in range(np.uint64(0), whole, np.uint64(4)):
            a0, a1, a2, a3 = a[h, g], a[h + 1, g], a[h + 2, g], a[h + 3, g]
            for f in range(line, width):
                a[g, f] -= a0 * a[h, f] + a1 * a[h + 1, f] + a2 * a[h + 2, f] + a3 * a[h + 3, f]
        for h in range(whole, g):
            a0 = a[h, g]
            for f in range(line, width):
                a[g, f] -= a0 * a[h, f]
        scale = np.float32(1) / np.sqrt(a[g, g])
        for f in range(line, width):
            a[g, f] *= scale
    for g in range(len(b) - 1, -1, -1):
        x[g] = (a[g, factors] - dot(a[g, g + 1 : len(b)], x[g + 1 :])) / a[g, g]
