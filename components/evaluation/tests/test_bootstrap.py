"""Intervals: reproducible, of bounded memory, and of the width that theory says."""

import numpy as np
import pytest

from machiya_evaluation.bootstrap import bootstrap_interval


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_same_seed_same_interval_and_another_seed_another() -> None:
    values = rng(1).random((50, 3))
    first = bootstrap_interval(values, 200, 0.95, rng(7))
    assert np.array_equal(first, bootstrap_interval(values, 200, 0.95, rng(7)))
    assert not np.array_equal(first, bootstrap_interval(values, 200, 0.95, rng(8)))


@pytest.mark.parametrize("block_cells", [1, 120, 10_000])
def test_the_size_of_blocks_does_not_matter(block_cells: int) -> None:
    values = rng(1).random((40, 2))
    whole = bootstrap_interval(values, 101, 0.9, rng(7))
    assert bootstrap_interval(values, 101, 0.9, rng(7), block_cells) == pytest.approx(whole, abs=1e-14)


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
