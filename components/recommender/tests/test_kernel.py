"""The selection of the best n, against a naive reference."""

import numpy as np
import pytest
from numpy.typing import NDArray

from machiya_recommender.kernel import NEVER, SCORES_PER_BATCH, rows_per_batch, top_items


def naive(scores: NDArray[np.float32], n: int) -> list[list[int]]:
    """Each row sorted in Python: higher score first, then lower position; NEVER left out."""
    return [
        [item for item in sorted(range(len(row)), key=lambda item: (-row[item], item)) if row[item] != NEVER][:n]
        for row in scores.tolist()
    ]


def chosen(scores: NDArray[np.float32], n: int) -> list[list[int]]:
    items, values = top_items(scores, n)
    assert items.shape == values.shape == (len(scores), min(n, scores.shape[1]))
    places = np.nonzero(items >= 0)
    np.testing.assert_array_equal(values[places], scores[places[0], items[places]])
    assert (values[items < 0] == NEVER).all()
    return [[item for item in row if item >= 0] for row in items.tolist()]


@pytest.mark.parametrize("n", [1, 3, 36, 37, 90])
@pytest.mark.parametrize("seed", range(5))
def test_it_equals_the_naive_reference_with_many_ties_and_forbidden_items(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    scores: NDArray[np.float32] = (rng.integers(-3, 4, size=(40, 37)) / 2).astype(np.float32)
    scores[rng.random(scores.shape) < 0.3] = NEVER
    scores[0] = NEVER
    assert chosen(scores, n) == naive(scores, n)


def test_equal_scores_come_in_the_order_of_items() -> None:
    assert chosen(np.zeros((2, 5), np.float32), 3) == [[0, 1, 2], [0, 1, 2]]


def test_zero_and_minus_zero_are_equal() -> None:
    assert chosen(np.array([[-0.0, 0.0, -0.0]], np.float32), 2) == [[0, 1]]


def test_a_row_does_not_depend_on_the_others() -> None:
    scores = np.random.default_rng(0).integers(0, 4, size=(30, 20)).astype(np.float32)
    alone = [chosen(scores[row : row + 1], 6)[0] for row in range(30)]
    assert chosen(scores, 6) == alone


@pytest.mark.parametrize("shape", [(0, 4), (3, 0)])
def test_nothing_of_nothing(shape: tuple[int, int]) -> None:
    assert chosen(np.empty(shape, np.float32), 2) == [[]] * shape[0]


@pytest.mark.parametrize("items", [1, 10, 5_000, 1_000_000, 10**9])
def test_a_batch_is_bounded_and_never_empty(items: int) -> None:
    rows = rows_per_batch(items)
    assert 1 <= rows <= 1024
    assert rows == 1 or rows * items <= SCORES_PER_BATCH
