"""Posteriors against scipy, closed forms and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from machiya_experiment.posterior import (
    Posterior,
    compare,
    intervals,
    lift_interval,
    posterior,
)

COUNTS = st.integers(1, 100_000).flatmap(lambda users: st.tuples(st.integers(0, users), st.just(users)))


def of(*counts: tuple[int, int]) -> Posterior:
    """The posterior of (converted, users)."""
    converted, users = np.array(counts).T
    return posterior(converted, users)


@given(st.lists(COUNTS, min_size=1, max_size=3), st.floats(0.5, 0.99))
def test_intervals_are_those_of_scipys_beta(counts: list[tuple[int, int]], confidence: float) -> None:
    low, high = intervals(of(*counts), confidence)
    for row, (converted, users) in enumerate(counts):
        expected = stats.beta.interval(confidence, converted + 0.5, users - converted + 0.5)
        assert low[row] == (0 if converted == 0 else pytest.approx(expected[0], rel=1e-6))
        assert high[row] == (1 if converted == users else pytest.approx(expected[1], rel=1e-6))


@pytest.mark.parametrize(("rate", "users"), [(0.02, 200), (0.1, 50), (0.5, 30), (0.05, 2000)])
def test_intervals_cover_as_often_as_they_say(rate: float, users: int) -> None:
    """Exactly, over all numbers of conversions, with the slack that a discrete distribution needs."""
    converted = np.arange(users + 1)
    low, high = intervals(posterior(converted, np.full_like(converted, users)), 0.95)
    covered = stats.binom.pmf(converted, users, rate)[(low <= rate) & (rate <= high)].sum()
    assert covered == pytest.approx(0.95, abs=0.03)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=2, max_size=2))
def test_the_better_of_two_by_the_closed_form(shapes: list[tuple[int, int]]) -> None:
    """Miller 2010, "Formulas for Bayesian A/B Testing": a finite sum for whole-numbered shapes."""
    (a, b), (c, d) = shapes
    terms = [
        math.exp(special.betaln(a + i, b + d) - math.log(d + i) - special.betaln(1 + i, d) - special.betaln(a, b))
        for i in range(c)
    ]
    rates = Posterior(np.array([a, c], float), np.array([b, d], float))
    assert compare(rates).probability_best == pytest.approx([1 - sum(terms), sum(terms)], abs=1e-9)


@given(st.lists(COUNTS, min_size=2, max_size=4))
def test_probabilities_and_losses_hold_together(counts: list[tuple[int, int]]) -> None:
    rates = of(*counts)
    probability, loss = compare(rates)
    assert probability.sum() == pytest.approx(1)
    assert np.isfinite(probability).all()
    assert (loss >= 0).all()
    # E[max - k] + E[k] is E[max] for every k.
    assert loss + rates.mean() == pytest.approx(np.full(len(counts), (loss + rates.mean())[0]), abs=1e-6)


@given(COUNTS, st.integers(2, 5))
def test_equal_variants_are_equally_likely(count: tuple[int, int], variants: int) -> None:
    assert compare(of(*[count] * variants)).probability_best == pytest.approx([1 / variants] * variants, abs=1e-9)


@pytest.mark.parametrize(
    "counts",
    [((30, 300), (45, 300), (40, 250)), ((0, 50), (3, 70)), ((500, 10_000), (6, 100)), ((20, 20), (5, 6), (0, 3))],
)
def test_three_variants_by_drawing(counts: tuple[tuple[int, int], ...]) -> None:
    """Within five standard errors of a million draws."""
    rates, draws = of(*counts), 1_000_000
    sample = np.random.default_rng(1).beta(rates.a, rates.b, (draws, len(counts)))
    best = np.bincount(sample.argmax(axis=1), minlength=len(counts)) / draws
    assert compare(rates).probability_best == pytest.approx(best, abs=5 * 0.5 / math.sqrt(draws))
    losses = sample.max(axis=1, keepdims=True) - sample
    error = 5 * losses.std(axis=0).max() / math.sqrt(draws)
    assert compare(rates).expected_loss == pytest.approx(losses.mean(axis=0), abs=error)


def test_a_narrow_rate_beside_a_wide_one() -> None:
    """A million users beside ten: a rule with fixed nodes would step over the narrow one."""
    rates = of((50_000, 1_000_000), (1, 10))
    wide, narrow = stats.beta(rates.a[1], rates.b[1]), rates.mean()[0]
    assert compare(rates).probability_best[1] == pytest.approx(wide.sf(narrow), abs=1e-4)
    gain, _ = integrate.quad(wide.sf, narrow, 1)
    assert compare(rates).expected_loss[0] == pytest.approx(gain, rel=1e-3)


@pytest.mark.parametrize("counts", [((100, 1000), (130, 1000)), ((2, 40), (9, 50)), ((700, 9000), (2, 100))])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_interval_of_the_lift_by_drawing(counts: tuple[tuple[int, int], ...], confidence: float) -> None:
    rates = of(*counts)
    low, high = lift_interval(rates, 1, 0, confidence)
    sample = np.random.default_rng(2).beta(rates.a, rates.b, (1_000_000, 2))
    lift = sample[:, 1] / sample[:, 0] - 1
    tail = (1 - confidence) / 2
    assert [np.mean(lift < low), np.mean(lift > high)] == pytest.approx([tail, tail], abs=0.001)
