"""Whether the variants have as many users as they should."""

import numpy as np
from scipy import special

from machiya_experiment.arrays import Floats, Integers


def sample_ratio_p_value(users: Integers, shares: Floats) -> float:
    """p-value of Pearson's chi-square test that users were divided by the shares.

    A mismatch means that users were lost, doubled or moved, and that the rest of an analysis cannot be trusted
    (Fabijan et al. 2019, "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", KDD; Kohavi, Tang, Xu
    2020, chapter 21).

    Args:
        users: Users of each variant: int64, shape (n_variants,), at least two variants.
        shares: Expected shares: float64, shape (n_variants,), above 0; scaled to add up to 1.
    """
    expected = users.sum() * shares / shares.sum()
    statistic = np.sum((users - expected) ** 2 / expected)
    return float(special.chdtrc(users.size - 1, statistic))
