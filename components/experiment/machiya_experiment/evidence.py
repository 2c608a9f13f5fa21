"""Whether a difference is more than noise, however often one looks."""

import numpy as np

from machiya_experiment.arrays import Integers

FEWEST_EXPECTED = 10
"""Conversions, and users without one, that a variant must lead to expect before the normal approximation is used."""


def always_valid_p_value(converted: Integers, users: Integers, plausible_lift: float) -> float:
    """p-value of the mixture sequential probability ratio test that two variants have one rate.

    Johari, Koomen, Pekelis, Walsh 2022, "Always Valid Inference: Continuous Monitoring of A/B Tests", Operations
    Research 70(3), equation 13, after Robbins 1970: with the difference of rates d, its variance V under equality and
    differences around 0 with variance t^2 otherwise,

        likelihood ratio = sqrt(V / (V + t^2)) exp(t^2 d^2 / (2 V (V + t^2))),    p = min(1, 1 / ratio).

    Among equal variants, p is ever below alpha with a probability of at most alpha (Ville 1939), to the extent that
    rates are normal; the tests simulate it.

    Args:
        converted: int64, shape (2,).
        users: int64, shape (2,).
        plausible_lift: t as a part of the common rate: the size of differences that the test is most sensitive to.

    Returns:
        1 where there is too little data for the approximation.
    """
    if not users.all():
        return 1.0
    common = converted.sum() / users.sum()
    if min(common, 1 - common) * users.min() < FEWEST_EXPECTED:
        return 1.0
    difference = converted[0] / users[0] - converted[1] / users[1]
    variance = common * (1 - common) * np.sum(1 / users)
    mixing = (plausible_lift * common) ** 2
    total = variance + mixing
    log_ratio = 0.5 * np.log(variance / total) + mixing * difference**2 / (2 * variance * total)
    return float(np.exp(-max(0.0, log_ratio)))
