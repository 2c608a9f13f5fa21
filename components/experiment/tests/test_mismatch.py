"""The check of the sample ratio against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from machiya_experiment.mismatch import sample_ratio_p_value

GROUPS = st.lists(st.tuples(st.integers(0, 100_000), st.floats(0.01, 1)), min_size=2, max_size=5)


@given(GROUPS.filter(lambda groups: any(users for users, _ in groups)))
def test_it_is_scipys_chi_square_test(groups: list[tuple[int, float]]) -> None:
    users, shares = (np.array(column) for column in zip(*groups, strict=True))
    expected = stats.chisquare(users, users.sum() * shares / shares.sum()).pvalue
    assert sample_ratio_p_value(users, shares) == pytest.approx(expected, abs=1e-9)


def test_one_percent_of_lost_users_is_found() -> None:
    """Of a million users in halves, 1% of one half is lost: far beyond chance."""
    halves = np.array([0.5, 0.5])
    assert sample_ratio_p_value(np.array([500_000, 495_000]), halves) < 1e-6
    assert sample_ratio_p_value(np.array([500_300, 499_700]), halves) > 0.5
