"""What is known of conversion rates: Beta posteriors, and what follows from them, by integration.

Users of a variant convert independently at one rate, so the number of those who did is binomial, and the rate has the
posterior Beta(converted + 1/2, users - converted + 1/2) with the prior of Jeffreys, Beta(1/2, 1/2). All that is asked
of several rates at once is an integral over one variable, whatever the number of variants: nothing is drawn.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from machiya_experiment.arrays import Floats, Integers

PRIOR = 0.5
"""Jeffreys. Intervals from it cover a true rate about as often as they say, also near 0 (Brown, Cai, DasGupta 2001)."""
TAILS = np.asarray(special.ndtr(np.arange(-8.0, 8.25, 0.5)), np.float64)
"""Where the distribution of each rate is cut into panels: half a standard deviation apart, 8 to each side."""
LAST = np.nextafter(1.0, 0.0)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(5)


@dataclass(frozen=True)
class Posterior:
    """Beta distributions of the rates of n variants: `a` and `b` float64, shape (n,), above 0."""

    a: Floats
    b: Floats

    def mean(self) -> Floats:
        """Expected rates: float64, shape (n,)."""
        return self.a / (self.a + self.b)

    def cdf(self, rate: Floats) -> Floats:
        """Probability of a rate up to each of m: float64, shape (n, m)."""
        return np.asarray(special.betainc(self.a[:, None], self.b[:, None], rate), np.float64)

    def pdf(self, rate: Floats) -> Floats:
        """Density at each of m rates: float64, shape (n, m)."""
        a, b = self.a[:, None], self.b[:, None]
        log_density = special.xlogy(a - 1, rate) + special.xlog1py(b - 1, -rate) - special.betaln(a, b)
        return np.exp(log_density)

    def quantiles(self, probabilities: Floats) -> Floats:
        """Quantiles of every rate: float64, shape (n, n_probabilities)."""
        return np.asarray(special.betaincinv(self.a[:, None], self.b[:, None], probabilities), np.float64)

    def of(self, variant: int) -> "Posterior":
        """That of one variant."""
        return Posterior(self.a[[variant]], self.b[[variant]])


def posterior(converted: Integers, users: Integers) -> Posterior:
    """After so many conversions of so many users: int64, shape (n,) each."""
    return Posterior(converted.astype(np.float64) + PRIOR, (users - converted).astype(np.float64) + PRIOR)


def intervals(rates: Posterior, confidence: float) -> Floats:
    """Equal-tailed intervals of every rate: float64, shape (2, n).

    0 is the lower bound where nobody converted, 1 the upper where everybody did, as Brown, Cai and DasGupta 2001
    ("Interval Estimation for a Binomial Proportion", Statistical Science 16(2)) advise.
    """
    tail = (1 - confidence) / 2
    low, high = rates.quantiles(np.array([tail, 1 - tail])).T
    return np.array([np.where(rates.a > PRIOR, low, 0.0), np.where(rates.b > PRIOR, high, 1.0)])


class Comparison(NamedTuple):
    """What several rates are beside each other: float64, shape (n,) each.

    Attributes:
        probability_best: That a rate is the highest; adding up to 1.
        expected_loss: E[max_j rate_j - rate_k], what choosing k is expected to cost a user.
    """

    probability_best: Floats
    expected_loss: Floats


def compare(rates: Posterior) -> Comparison:
    """Compare any number of rates.

        P(k best) = integral of pdf_k(x) prod_{j != k} cdf_j(x) dx

    The expected loss is that of Stucchio 2015, "Bayesian A/B Testing at VWO", for any number of variants. As E[X] is
    the integral of 1 - cdf over [0, 1], it is the integral of cdf_k(x) (1 - prod_{j != k} cdf_j(x)), never negative.
    """
    rate, weight = _grid(rates.quantiles(TAILS))
    cdf = rates.cdf(rate)
    others = np.array([np.prod(np.delete(cdf, row, axis=0), axis=0) for row in range(len(cdf))])
    probability: Floats = (rates.pdf(rate) * others) @ weight
    loss: Floats = (cdf * (1 - others)) @ weight
    return Comparison(probability / probability.sum(), loss)


def lift_interval(rates: Posterior, variant: int, control: int, confidence: float) -> tuple[float, float]:
    """Equal-tailed interval of rate / rate of the control - 1.

    P(rate / control <= r) = integral of pdf_control(x) cdf(r x) dx, solved for r.
    """
    one, base = rates.of(variant), rates.of(control)
    tail = (1 - confidence) / 2
    low, high = (_ratio(one, base, probability) for probability in (tail, 1 - tail))
    return low - 1, high - 1


def _ratio(one: Posterior, base: Posterior, probability: float) -> float:
    """The quantile of the ratio of two rates."""
    # A ratio beyond these has both rates beyond their quantiles; less than half of either tail is left there.
    rest = min(probability, 1 - probability) / 4
    (low, high), (base_low, base_high) = (rates.quantiles(np.array([rest, 1 - rest]))[0] for rates in (one, base))

    def excess(log_ratio: float) -> float:
        ratio = np.exp(log_ratio)
        cuts = np.minimum(one.quantiles(TAILS) / ratio, 1.0)
        rate, weight = _grid(np.append(base.quantiles(TAILS), cuts))
        below = one.cdf(np.minimum(ratio * rate, 1.0))
        return float((base.pdf(rate) * below)[0] @ weight) - probability

    return float(np.exp(optimize.brentq(excess, np.log(low / base_high), np.log(high / base_low), xtol=1e-10)))


def _grid(cuts: Floats) -> tuple[Floats, Floats]:
    """Nodes and weights of a composite Gauss-Legendre rule on [0, 1]: float64, shape (5 * n_panels,) each.

    With cuts at the quantiles of all distributions involved, each is smooth on every panel, however narrow it is:
    results are right to 1e-8, and to 1e-6 where nobody or everybody converted.
    """
    edges = np.unique(np.concatenate([[0.0, 1.0], cuts.ravel()]))
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    rate = middle[:, None] + half[:, None] * NODES
    # A density may be infinite at 1; of a distribution that is so, about 1e-8 lies above the last double below it.
    return np.minimum(rate.ravel(), LAST), (half[:, None] * WEIGHTS).ravel()
