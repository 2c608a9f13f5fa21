"""The p-value that holds for any number of looks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from machiya_experiment.evidence import always_valid_p_value


def p(first: tuple[int, int], second: tuple[int, int], lift: float = 0.2) -> float:
    """Of (converted, users) of two variants."""
    converted, users = np.array([first, second]).T
    return always_valid_p_value(converted, users, lift)


@pytest.mark.parametrize(
    ("first", "second"), [((500, 10_000), (620, 10_000)), ((100, 900), (30, 450)), ((60, 100), (200, 210))]
)
@pytest.mark.parametrize("lift", [0.05, 0.2, 1.0])
def test_it_is_one_over_the_mixed_likelihood_ratio(
    first: tuple[int, int], second: tuple[int, int], lift: float
) -> None:
    """The mixture written out: the likelihood of the difference, over normal differences around 0."""
    common = (first[0] + second[0]) / (first[1] + second[1])
    error = math.sqrt(common * (1 - common) * (1 / first[1] + 1 / second[1]))
    seen, spread = first[0] / first[1] - second[0] / second[1], lift * common

    def weighted(difference: float) -> float:
        return float(stats.norm.pdf(seen, difference, error) * stats.norm.pdf(difference, 0, spread))

    reach = seen * spread**2 / (spread**2 + error**2)
    width = 10 * error * spread / math.hypot(error, spread)
    mixed, _ = integrate.quad(weighted, reach - width, reach + width)
    ratio = mixed / stats.norm.pdf(seen, 0, error)
    assert p(first, second, lift) == pytest.approx(min(1, 1 / ratio), rel=1e-6)


@given(st.integers(0, 1000), st.integers(0, 1000), st.floats(0.01, 1))
def test_it_is_a_probability_whatever_the_order(one: int, other: int, lift: float) -> None:
    value = p((one, 1000), (other, 1000), lift)
    assert 0 <= value <= 1
    assert p((other, 1000), (one, 1000), lift) == pytest.approx(value)


@pytest.mark.parametrize(("first", "second"), [((0, 1000), (0, 1000)), ((9, 100), (0, 100)), ((5, 9), (0, 0))])
def test_too_little_is_no_evidence(first: tuple[int, int], second: tuple[int, int]) -> None:
    assert p(first, second) == 1


@pytest.mark.parametrize("rate", [0.02, 0.3])
@pytest.mark.parametrize("lift", [0.05, 0.2, 0.5])
def test_equal_variants_are_rarely_ever_told_apart(rate: float, lift: float) -> None:
    """An A/A test looked at 100 times: the share of experiments in which p is ever below 0.05 is at most 0.05.

    4,000 experiments; more than 5% + four standard errors (6.4%) would be a broken promise. Looking once more whenever
    one likes is what breaks the usual z-test: it is wrong in more than a quarter of them.
    """
    experiments, looks, users = 4000, 100, 2 * 500
    rng = np.random.default_rng(11)
    draws = rng.binomial(users // 2, rate, (experiments, looks, 2)).cumsum(axis=1)
    seen = np.arange(1, looks + 1) * (users // 2)
    p_values = np.ones((experiments, looks))
    common = draws.sum(axis=2) / (2 * seen)
    z = (draws[..., 0] - draws[..., 1]) / seen / np.sqrt(common * (1 - common) * 2 / seen)
    # Only where |z| is above 1.96 can p be below 0.05; the rest need not be computed.
    for experiment, look in zip(*np.nonzero(np.abs(z) > 1.96), strict=True):
        pair = np.array([seen[look], seen[look]])
        p_values[experiment, look] = always_valid_p_value(draws[experiment, look], pair, lift)
    assert (p_values < 0.05).any(axis=1).mean() < 0.064
    assert (np.abs(z) > 1.96).any(axis=1).mean() > 0.25
