"""Coverage, Gini and novelty, against plain definitions and answers worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_evaluation.exposure import coverage, exposure, gini, novelty, self_information
from machiya_evaluation.lists import RankedLists

COUNTS = st.lists(st.integers(0, 50), min_size=2, max_size=30).filter(any)


def lists_of(*lists: list[int], n_items: int) -> RankedLists:
    lengths = np.array([len(one) for one in lists], np.int64)
    return RankedLists.of_lengths(lengths, np.concatenate(lists).astype(np.int32), n_items)


def everything(size: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.ones(size, np.bool_)


def test_exposure_counts_the_lists_that_show_an_item_in_time() -> None:
    lists = lists_of([0, 1, 2], [0, 2], [3], n_items=5)
    assert exposure(lists, [2, 10]).tolist() == [[2, 1, 1, 1, 0], [2, 1, 2, 1, 0]]
    assert exposure(lists, [1, 5], np.array([0, 2])).tolist() == [[1, 0, 0, 1, 0], [1, 1, 1, 1, 0]]


def test_coverage_counts_items_of_the_catalogue_only() -> None:
    catalogue = np.array([True, True, True, True, False])
    assert coverage(np.array([3, 0, 1, 0, 9]), catalogue) == 0.5
    assert math.isnan(coverage(np.array([3, 1]), np.zeros(2, np.bool_)))


@given(COUNTS)
def test_gini_is_half_the_relative_mean_difference(counts: list[int]) -> None:
    """G = sum |x_i - x_j| / (2 n (n - 1) mean), which knows nothing of sorting."""
    values = np.array(counts)
    differences = np.abs(values[:, None] - values[None, :]).sum()
    expected = differences / (2 * values.size * (values.size - 1) * values.mean())
    assert gini(values, everything(values.size)) == pytest.approx(expected, abs=1e-12)


@given(COUNTS)
def test_gini_is_between_0_and_1_and_knows_no_order(counts: list[int]) -> None:
    value = gini(np.array(counts), everything(len(counts)))
    assert -1e-12 <= value <= 1 + 1e-12
    assert gini(np.array(counts[::-1]), everything(len(counts))) == value


def test_gini_of_the_extremes() -> None:
    assert gini(np.array([4, 4, 4, 4]), everything(4)) == 0
    assert gini(np.array([0, 0, 9, 0]), everything(4)) == 1


def test_gini_of_too_little_is_unknown() -> None:
    assert math.isnan(gini(np.array([5]), everything(1)))
    assert math.isnan(gini(np.array([0, 0]), everything(2)))


def test_gini_leaves_out_items_outside_the_catalogue() -> None:
    assert gini(np.array([4, 4, 900]), np.array([True, True, False])) == 0


def test_self_information_is_in_bits() -> None:
    assert self_information(np.array([8, 4, 1]), 8).tolist() == [0, 1, 3]


def test_an_item_nobody_has_is_as_new_as_one_that_a_single_user_has() -> None:
    assert self_information(np.array([0, 1]), 16).tolist() == [4, 4]


def test_novelty_is_the_mean_over_the_places_that_are_there() -> None:
    lists = lists_of([0, 1, 2], [2], n_items=3)
    bits = np.array([1.0, 2.0, 6.0])
    assert novelty(lists, bits, [2, 10]).tolist() == [[1.5, 6.0], [3.0, 6.0]]


def test_novelty_of_a_user_without_a_list_is_unknown() -> None:
    lists = RankedLists.of_lengths(np.array([0, 1]), np.array([0], np.int32), n_items=1)
    assert math.isnan(novelty(lists, np.array([1.0]), [5])[0, 0])
