"""The best n of rows of scored pairs, against a naive reference."""

import numpy as np
import pytest

from machiya_recommender.kernel import best_in_rows


@pytest.mark.parametrize("n", [1, 3, 90])
@pytest.mark.parametrize("seed", range(3))
def test_it_equals_the_naive_reference_whatever_the_order_of_the_pairs(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(40 * 37)[:600]
    row, item, score = pairs // 37, pairs % 37, rng.integers(-3, 4, size=600) / 2
    ordered = sorted(zip(row.tolist(), (-score).tolist(), item.tolist(), strict=True))
    expected = [
        (one, item, -score, place)
        for one in range(40)
        for place, (_, score, item) in enumerate([pair for pair in ordered if pair[0] == one][:n])
    ]
    assert list(zip(*(column.tolist() for column in best_in_rows(row, item, score, n)), strict=True)) == expected
