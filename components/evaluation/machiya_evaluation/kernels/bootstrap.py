"""Sums over users that were drawn with replacement."""

import numpy as np
import numpy.typing as npt

from machiya_component.compiled import kernel

TILE = 1024
"""Users at once, so that their weights and values stay in the second-level cache of a core."""


@kernel
def count_draws(draws: npt.NDArray[np.uint32], counts: npt.NDArray[np.uint8]) -> None:
    """Add to `counts`, shape (n_users,), how often each user is in `draws`.

    A user is drawn Binomial(n, 1 / n) times: more than 255 times with a chance below 1e-500.
    """
    for user in draws:
        counts[user] += 1


@kernel(fastmath={"reassoc", "contract"})
def weighted_sums(
    counts: npt.NDArray[np.uint8], columns: npt.NDArray[np.float64], sums: npt.NDArray[np.float64]
) -> None:
    """The product of counts and values, in tiles: `sums += counts @ columns.T`.

    Four replicates share each value that is loaded; the order of a sum depends on nothing but its length.

    Args:
        counts: uint8, shape (n_replicates, n_users); the number of replicates is a multiple of 4.
        columns: float64, shape (n_columns, n_users).
        sums: float64, shape (n_replicates, n_columns): the result.
    """
    weights = np.empty((counts.shape[0], TILE))
    for start in range(0, counts.shape[1], TILE):
        size = min(TILE, counts.shape[1] - start)
        for row in range(counts.shape[0]):
            for user in range(size):
                weights[row, user] = counts[row, start + user]
        for column in range(columns.shape[0]):
            values = columns[column, start : start + size]
            for row in range(0, counts.shape[0], 4):
                one, two, three, four = weights[row], weights[row + 1], weights[row + 2], weights[row + 3]
                first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
                for user in range(size):
                    first += one[user] * values[user]
                    second += two[user] * values[user]
                    third += three[user] * values[user]
                    fourth += four[user] * values[user]
                sums[row, column] += first
                sums[row + 1, column] += second
                sums[row + 2, column] += third
                sums[row + 3, column] += fourth
