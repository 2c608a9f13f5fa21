"""Metrics against their definitions in plain loops, and intervals."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from tests.benchmarks.quality import ranking
from tests.benchmarks.quality.protocols import Stage
from tests.benchmarks.quality.ranking import best_items, interval, measure, metrics_of_lists, resampled_means


def by_definition(ranked: list[int], truth: set[int]) -> list[float]:
    """Recall@20, Recall@50 and nDCG@100 of one list."""
    recalls = [len(truth & set(ranked[:k])) / min(k, len(truth)) for k in (20, 50)]
    gain = sum(1 / math.log2(place + 2) for place, item in enumerate(ranked[:100]) if item in truth)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(100, len(truth))))
    return [*recalls, gain / ideal]


@pytest.mark.parametrize("items", [1, 19, 60, 300])
@pytest.mark.parametrize("batch", [1, 70, 1 << 23])
def test_metrics_are_those_of_the_definition(items: int, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "SCORES_PER_BATCH", batch)
    rng = np.random.default_rng(items)
    scores = rng.integers(0, 40, size=(30, items)).astype(np.float32)  # with many ties
    told = rng.random(scores.shape) < 0.3
    held = ~told & (rng.random(scores.shape) < 0.6)
    asked = held.any(axis=1)
    stage = Stage(csr_matrix((1, items)), csr_matrix(told[asked].astype(np.float32)), csr_matrix(held[asked]))
    rows = iter(scores[asked])
    values = measure(lambda history: np.array([next(rows) for _ in range(history.shape[0])]), stage)
    for row, user in enumerate(np.flatnonzero(asked)):
        allowed = [item for item in range(items) if not told[user, item]]
        ranked = sorted(allowed, key=lambda item: (-scores[user, item], item))
        assert values[row] == pytest.approx(by_definition(ranked, set(np.flatnonzero(held[user]))))


def test_a_perfect_list_has_one_everywhere_even_with_more_relevant_items_than_places() -> None:
    truth = csr_matrix(np.ones((1, 300)))
    assert metrics_of_lists(np.arange(100)[None], truth).tolist() == [[1, 1, pytest.approx(1)]]


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.integers(-3, 3), min_size=6, max_size=6), min_size=1, max_size=5), st.integers(1, 8))
def test_best_items_are_a_stable_sort(rows: list[list[int]], depth: int) -> None:
    scores = np.array(rows, dtype=np.float64)
    scores[scores == -3] = -np.inf
    best = best_items(scores, depth)
    for row, ranked in zip(scores, best.tolist(), strict=True):
        expected = [item for item in sorted(range(6), key=lambda item: (-row[item], item)) if row[item] > -np.inf]
        assert [item for item in ranked if item >= 0] == expected[:depth]
        assert len(ranked) == min(depth, 6)


def test_intervals_hold_the_mean_and_shrink_with_the_root_of_users() -> None:
    rng = np.random.default_rng(1)
    few, many = (rng.random((users, 1)) for users in (100, 2500))
    widths = []
    for values in (few, many):
        low, high = interval(resampled_means(values, 400, seed=0)[:, 0])
        assert low < values.mean() < high
        widths.append(high - low)
    assert widths[0] / widths[1] == pytest.approx(5, rel=0.3)
    assert widths[0] == pytest.approx(2 * 1.96 * few.std() / 10, rel=0.15)


def test_resampling_draws_the_same_users_for_every_model() -> None:
    values = np.random.default_rng(2).random((50, 2))
    means = resampled_means(values, 30, seed=3)
    assert means == pytest.approx(np.column_stack([resampled_means(values[:, [c]], 30, seed=3)[:, 0] for c in (0, 1)]))
    shifted = resampled_means(values + 0.25, 30, seed=3)
    assert shifted - means == pytest.approx(np.full((30, 2), 0.25))
