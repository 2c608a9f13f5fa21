"""The solvers of alternating least squares against dense linear algebra, on the rows that are awkward."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit.cpu import _als as library
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.kernels.als import cholesky, conjugate_gradient

ALL = 1 << 20
"""More pairs than any row here has."""

Solved = tuple[NDArray[np.float32], NDArray[np.float64]]


def problem(seed: int, rows: int, columns: int, factors: int) -> dict[str, Any]:
    """Pairs with repeated columns left to chance, rows without pairs, a row with all columns, wide confidences."""
    rng = np.random.default_rng(seed)
    present = rng.random((rows, columns)) < rng.random((rows, 1)) * 0.6
    present[rng.integers(rows)] = True
    present[rng.integers(rows)] = False
    confidences = np.where(present, 1 + rng.gamma(1.0, 4.0, present.shape), 0).astype(np.float32)
    return {
        "matrix": csr_matrix(confidences),
        "regularization": rng.uniform(0.05, 2.0, rows).astype(np.float32),
        "fixed": rng.standard_normal((columns, factors), dtype=np.float32),
        "start": rng.standard_normal((rows, factors), dtype=np.float32),
    }


def solved_by(kernel: Any, given: dict[str, Any], held: int, bounds: tuple[int, ...] | None, *steps: int) -> Solved:
    """What a kernel makes of the rows, in one call or in one for each part."""
    matrix, fixed = given["matrix"], given["fixed"]
    solved, errors = given["start"].copy(), np.full(len(given["start"]), np.nan)
    known = matrix.indptr, matrix.indices, matrix.data, fixed.T @ fixed, given["regularization"], fixed
    for first, last in pairwise(bounds or (0, len(solved))):
        kernel(*known, solved, errors, held, first, last, *steps)
    return solved, errors


def exact(given: dict[str, Any], held: int = ALL, bounds: tuple[int, ...] | None = None) -> Solved:
    return solved_by(cholesky, given, held, bounds)


def improved(given: dict[str, Any], steps: int, held: int = ALL, bounds: tuple[int, ...] | None = None) -> Solved:
    return solved_by(conjugate_gradient, given, held, bounds, steps)


def naive(given: dict[str, Any]) -> NDArray[np.float64]:
    """Equation 4 of Hu, Koren, Volinsky 2008 for every row, dense, in float64."""
    y, confidences = given["fixed"].astype(np.float64), given["matrix"].toarray().astype(np.float64)
    rows = []
    for c, regularization in zip(confidences, given["regularization"], strict=True):
        left = (y.T * np.where(c > 0, c, 1)) @ y + regularization * np.eye(y.shape[1])
        rows.append(np.linalg.solve(left, y.T @ c))
    return np.array(rows)


def naive_errors(given: dict[str, Any], solved: NDArray[np.float32]) -> NDArray[np.float64]:
    scores = solved.astype(np.float64) @ given["fixed"].astype(np.float64).T
    c = given["matrix"].toarray().astype(np.float64)
    errors: NDArray[np.float64] = np.where(c > 0, c * (1 - scores) ** 2 - scores**2, 0).sum(axis=1)
    return errors


shapes = st.tuples(
    st.integers(0, 2**32 - 1), st.integers(1, 9), st.sampled_from((1, 2, 7, 8, 9, 40)), st.integers(1, 35)
)


@given(shapes)
@settings(max_examples=40)
def test_cholesky_solves_the_equations_of_the_paper(shape: tuple[int, int, int, int]) -> None:
    made = problem(*shape)
    solved, errors = exact(made)
    np.testing.assert_allclose(solved, naive(made), rtol=0, atol=2e-3)
    np.testing.assert_allclose(errors, naive_errors(made, solved), rtol=1e-4, atol=1e-3)


@given(shapes)
@settings(max_examples=40)
def test_enough_steps_of_the_conjugate_gradient_method_solve_them_too(shape: tuple[int, int, int, int]) -> None:
    made = problem(*shape)
    solved, errors = improved(made, steps=4 * shape[-1] + 20)
    np.testing.assert_allclose(solved, naive(made), rtol=0, atol=5e-3)
    np.testing.assert_allclose(errors, naive_errors(made, solved), rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("factors", [1, 16, 33])
@pytest.mark.parametrize("steps", [1, 3])
def test_a_few_steps_are_those_of_implicit(factors: int, steps: int) -> None:
    made = problem(3, 30, 50, factors)
    made["regularization"][:] = 0.1
    theirs = made["start"].copy()
    library.least_squares_cg(made["matrix"], theirs, made["fixed"], 0.1, num_threads=1, cg_steps=steps)
    ours, _ = improved(made, steps)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * np.abs(theirs).max())


def test_no_step_is_needed_where_the_equations_are_solved() -> None:
    made = problem(5, 6, 20, 4)
    made["start"] = exact(made)[0]
    solved, _ = improved(made, steps=3)
    np.testing.assert_allclose(solved, made["start"], atol=1e-5)


@pytest.mark.parametrize("solve", [exact, lambda made, **options: improved(made, 3, **options)])
def test_bytes_do_not_depend_on_how_rows_are_shared_out(solve: Any) -> None:
    made = problem(11, 30, 60, 19)
    for whole, shared in zip(solve(made), solve(made, bounds=(0, 1, 2, 17, 30)), strict=True):
        assert whole.tobytes() == shared.tobytes()


@pytest.mark.parametrize("solve", [exact, lambda made: improved(made, 3)])
def test_indices_of_64_bits_serve_as_well(solve: Any) -> None:
    made = problem(11, 30, 60, 19)
    narrow, matrix = solve(made), made["matrix"]
    matrix.indptr, matrix.indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)
    for one, two in zip(narrow, solve(made), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("solve", [exact, lambda made, **options: improved(made, 3, **options)])
def test_a_row_with_more_pairs_than_are_held_is_solved_in_parts(solve: Any) -> None:
    made = problem(13, 12, 60, 9)
    for whole, parts in zip(solve(made), solve(made, held=8), strict=True):
        np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("solve", [exact, lambda made: improved(made, 3)])
def test_a_row_without_pairs_is_zero(solve: Any) -> None:
    made = problem(17, 4, 6, 3)
    made["matrix"] = csr_matrix(np.zeros((4, 6), np.float32))
    solved, errors = solve(made)
    assert not solved.any()
    assert not errors.any()
