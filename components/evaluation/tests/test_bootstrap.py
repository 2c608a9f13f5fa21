"""Intervals: reproducible, and of the width that theory says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_evaluation.bootstrap import _replicates, bootstrap_interval
from machiya_evaluation.kernels.bootstrap import weighted_sums


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_same_seed_same_interval_and_another_seed_another() -> None:
    values = rng(1).random((50, 3))
    first = bootstrap_interval(values, 200, 0.95, rng(7))
    assert np.array_equal(first, bootstrap_interval(values, 200, 0.95, rng(7)))
    assert not np.array_equal(first, bootstrap_interval(values, 200, 0.95, rng(8)))


@pytest.mark.parametrize("cpus", [1, 5])
def test_the_number_of_threads_does_not_matter(cpus: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values = rng(1).random((40, 2))
    expected = bootstrap_interval(values, 101, 0.9, rng(7))
    monkeypatch.setattr("machiya_evaluation.threads.available_cpus", lambda: cpus)
    assert np.array_equal(bootstrap_interval(values, 101, 0.9, rng(7)), expected)


def test_more_replicates_begin_with_those_of_fewer() -> None:
    """So an interval of one replicate is that replicate, as of 1 and 2 the second shows."""
    values = rng(1).random((30, 1))
    one, two = (bootstrap_interval(values, samples, 0.5, rng(7))[:, 0] for samples in (1, 2))
    assert one[0] == one[1]
    assert one[0] in (pytest.approx(1.5 * two[0] - 0.5 * two[1]), pytest.approx(1.5 * two[1] - 0.5 * two[0]))


@given(st.integers(1, 3000), st.integers(1, 5), st.integers(0, 9))
def test_sums_are_those_of_the_matrix_product(n_users: int, n_columns: int, seed: int) -> None:
    counts, columns = rng(seed).integers(0, 9, (8, n_users), np.uint8), rng(seed).random((n_columns, n_users))
    sums = np.ones((8, n_columns))
    weighted_sums(counts, columns, sums)
    assert sums == pytest.approx(1 + counts.astype(float) @ columns.T, rel=1e-12)


def test_every_draw_is_of_as_many_users_as_there_are() -> None:
    """The mean of a constant is the constant, and over many replicates each user is drawn once on average."""
    values = np.column_stack([np.ones(20), np.eye(20)])
    means = np.concatenate([_replicates(np.ascontiguousarray(values.T), rng(seed)) for seed in range(200)])
    assert means[:, 0].tolist() == [1.0] * len(means)
    assert 20 * means[:, 1:].mean(axis=0) == pytest.approx(np.ones(20), abs=0.1)
    assert (20 * means[:, 1:]).var(axis=0) == pytest.approx(np.full(20, 1 - 1 / 20), abs=0.15)


def test_the_interval_is_that_of_the_normal_distribution_for_many_users() -> None:
    values = rng(1).normal(5.0, 2.0, (4000, 1))
    low, high = bootstrap_interval(values, 4000, 0.95, rng(2))[:, 0]
    half = 1.96 * values.std() / np.sqrt(values.size)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_more_confidence_is_a_wider_interval() -> None:
    values = rng(1).random((100, 1))
    narrow, wide = (bootstrap_interval(values, 500, mass, rng(3))[:, 0] for mass in (0.5, 0.99))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_columns_are_drawn_together() -> None:
    """A column and twice the column must have one interval and twice the interval."""
    column = rng(1).random(60)
    interval = bootstrap_interval(np.column_stack([column, 2 * column]), 300, 0.95, rng(4))
    assert interval[:, 1] == pytest.approx(2 * interval[:, 0])


def test_a_constant_has_no_spread() -> None:
    assert bootstrap_interval(np.full((30, 1), 0.25), 50, 0.95, rng()).ravel().tolist() == [0.25, 0.25]
