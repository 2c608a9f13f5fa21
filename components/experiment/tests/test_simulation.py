"""Whole experiments, played many times: what the bandit saves, and how often it is wrong."""

import numpy as np
import pytest
from scipy import stats

from machiya_experiment.allocation import Observed, Settings, propose
from machiya_experiment.arrays import Floats

ROUNDS, USERS = 25, 800


def play(rates: Floats, settings: Settings, rng: np.random.Generator, stopping: bool) -> tuple[float, str]:
    """One experiment of `ROUNDS` rounds of `USERS` users: conversions lost to the best variant, and its last decision.

    It begins with equal shares. Ends early only with `stopping`.
    """
    names = tuple("abcdef"[: rates.size])
    shares = np.full(rates.size, 1 / rates.size)
    users = converted = np.zeros(rates.size, np.int64)
    lost, decision = 0.0, "wait"
    for _ in range(ROUNDS):
        arrived = rng.multinomial(USERS, shares)
        users, converted = users + arrived, converted + rng.binomial(arrived, rates)
        lost += float(arrived @ (rates.max() - rates))
        proposal = propose(Observed(names, shares, users, converted), settings)
        shares, decision = proposal.shares, proposal.decision
        if stopping and decision in ("promote", "stop"):
            break
    return lost, decision


@pytest.mark.parametrize("rates", [(0.05, 0.08), (0.08, 0.05), (0.05, 0.04, 0.08)])
def test_regret_is_clearly_below_that_of_an_even_split(rates: tuple[float, ...]) -> None:
    """At equal total traffic: with 99.9% confidence, the mean regret is below 40% of the even split's.

    The even split loses the same in every replication but for who arrives, so that its expectation is exact.
    """
    truth, rng = np.array(rates), np.random.default_rng(3)
    even = ROUNDS * USERS * float((truth.max() - truth).mean())
    lost = [play(truth, Settings(), rng, stopping=False)[0] for _ in range(30)]
    bound = np.mean(lost) + stats.t.ppf(0.999, len(lost) - 1) * stats.sem(lost)
    assert bound < 0.4 * even


@pytest.mark.parametrize("variants", [2, 3])
def test_equal_variants_are_rarely_told_to_stop(variants: int) -> None:
    """A/A tests with moving shares, asked after every round, at a promised rate of 20%.

    The number of wrong stops is at most what 99.9% of binomial draws at the promised rate stay below. (A rate as high
    as that tells a broken promise from a kept one with few replications; tests/test_evidence.py has many at 5%.)
    """
    replications, promised = 60, 0.2
    rng, settings = np.random.default_rng(5), Settings(loss_threshold=1, false_stop_rate=promised)
    ends = [play(np.full(variants, 0.06), settings, rng, stopping=True)[1] for _ in range(replications)]
    assert sum(end in ("promote", "stop") for end in ends) <= stats.binom.ppf(0.999, replications, promised)


def test_a_better_variant_is_promoted_and_a_worse_one_stopped() -> None:
    """In most experiments of this size; what is never recommended is the wrong one."""
    rng = np.random.default_rng(7)
    better = [play(np.array([0.05, 0.08]), Settings(), rng, stopping=True)[1] for _ in range(20)]
    worse = [play(np.array([0.08, 0.05]), Settings(), rng, stopping=True)[1] for _ in range(20)]
    assert better.count("promote") >= 15
    assert worse.count("stop") >= 15
    assert "stop" not in better
    assert "promote" not in worse
