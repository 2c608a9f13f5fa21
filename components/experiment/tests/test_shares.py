"""Shares: steps towards a target, and numbers that people read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_experiment.arrays import Floats
from machiya_experiment.errors import SettingError
from machiya_experiment.shares import check_shares, control_first, rounded, step

SHARES = st.lists(st.floats(0.001, 1), min_size=3, max_size=3).map(lambda parts: np.array(parts) / sum(parts))


@given(SHARES, SHARES, st.floats(0.01, 1))
def test_a_step_moves_no_share_further_than_allowed(current: Floats, target: Floats, most: float) -> None:
    after = step(current, target, most)
    assert np.abs(after - current).max() <= most + 1e-12
    assert after.sum() == pytest.approx(1)
    assert (np.minimum(current, target) - 1e-12 <= after).all()
    assert (after <= np.maximum(current, target) + 1e-12).all()


@given(SHARES)
def test_rounded_shares_add_up_to_1_and_have_four_digits(shares: Floats) -> None:
    after = rounded(shares)
    assert round(after.sum() * 10_000) == 10_000
    assert [float(f"{share:.4f}") for share in after] == after.tolist()
    assert np.abs(after - shares).max() <= 1 / 10_000


@pytest.mark.parametrize(
    ("shares", "message"), [({"a": 0.5, "b": 0.6}, "add up to 1.1"), ({"a": 0.5, "c": 0.5}, "b has none")]
)
def test_shares_that_do_not_fit_are_refused(shares: dict[str, float], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        check_shares(shares, ["a", "b"])


def test_the_control_is_the_first() -> None:
    assert control_first(["b", "z", "a"], "z") == ("z", "a", "b")
