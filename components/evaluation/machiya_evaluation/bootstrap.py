"""Confidence intervals of means over users."""

import numpy as np

from machiya_evaluation.arrays import Floats

BLOCK_CELLS = 1 << 22
"""32 MiB of float64."""


def bootstrap_interval(
    values: Floats, samples: int, confidence: float, rng: np.random.Generator, block_cells: int = BLOCK_CELLS
) -> Floats:
    """Percentile bootstrap of the mean of each column (Efron and Tibshirani 1993, chapter 13).

    Users are drawn with replacement, the same draw for every column. A draw is a vector of multinomial weights, so
    that a block of replicates is one matrix product; memory is bounded whatever the number of samples.

    Args:
        values: float64, shape (n_users, n_columns), no NaN, at least one user.
        samples: Number of replicates, at least 1.
        confidence: Mass of the interval, between 0 and 1, such as 0.95.
        rng: Source of the draws; the same state gives the same interval.
        block_cells: Most weights held at once (of one replicate at least); the result is the same for any.

    Returns:
        float64, shape (2, n_columns): the lower and the upper bounds.
    """
    n_users = values.shape[0]
    block = max(1, block_cells // n_users)
    means = np.empty((samples, values.shape[1]))
    for start in range(0, samples, block):
        size = min(block, samples - start)
        means[start : start + size] = _weights(size, n_users, rng) @ values / n_users
    tail = (1 - confidence) / 2
    bounds: Floats = np.quantile(means, [tail, 1 - tail], axis=0)
    return bounds


def _weights(size: int, n_users: int, rng: np.random.Generator) -> Floats:
    """How often each user is drawn: float64, shape (size, n_users); every row sums to n_users.

    Counting uniform draws gives the multinomial distribution exactly, several times faster than drawing it.
    """
    weights = np.empty((size, n_users))
    for row in weights:
        row[:] = np.bincount(rng.integers(0, n_users, n_users), minlength=n_users)
    return weights
