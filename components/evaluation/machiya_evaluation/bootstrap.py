"""Confidence intervals of means over users."""

from functools import partial

import numpy as np

from machiya_evaluation.arrays import Floats
from machiya_evaluation.kernels.bootstrap import count_draws, weighted_sums
from machiya_evaluation.threads import each

REPLICATES = 16
"""Replicates of one stream of random numbers, a multiple of 4: each thread holds as many bytes for every user."""


def bootstrap_interval(values: Floats, samples: int, confidence: float, rng: np.random.Generator) -> Floats:
    """Percentile bootstrap of the mean of each column (Efron and Tibshirani 1993, chapter 13).

    Users are drawn with replacement, the same draw for every column. A draw is a vector of how often each user is in
    it, so that several replicates are one matrix product. They have a stream of random numbers of their own: the
    result does not depend on the number of threads.

    Args:
        values: float64, shape (n_users, n_columns), no NaN, at least one user.
        samples: Number of replicates, at least 1.
        confidence: Mass of the interval, between 0 and 1, such as 0.95.
        rng: Source of the draws; it must have a seed sequence. The same seed gives the same interval.

    Returns:
        float64, shape (2, n_columns): the lower and the upper bounds.
    """
    columns = np.ascontiguousarray(values.T)
    streams = rng.spawn(-(-samples // REPLICATES))
    means = np.concatenate(list(each(partial(_replicates, columns, stream) for stream in streams)))[:samples]
    tail = (1 - confidence) / 2
    bounds: Floats = np.quantile(means, [tail, 1 - tail], axis=0)
    return bounds


def _replicates(columns: Floats, rng: np.random.Generator) -> Floats:
    """Means of the columns, shape (n_columns, n_users), in replicates: float64, shape (REPLICATES, n_columns).

    Counting uniform draws gives the multinomial distribution exactly, several times faster than drawing it.
    """
    n_columns, n_users = columns.shape
    counts, sums = np.zeros((REPLICATES, n_users), np.uint8), np.zeros((REPLICATES, n_columns))
    for row in counts:
        count_draws(rng.integers(0, n_users, n_users, np.uint32), row)
    weighted_sums(counts, columns, sums)
    means: Floats = sums / n_users
    return means
