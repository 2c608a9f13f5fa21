"""Bounds and keys, by which the best of many scores are found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_recommender.kernels.selection import NEVER, keys_of, kth_key, lower_bound
from machiya_recommender.products import Lists

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
scores_of = st.lists(finite | st.just(0.0) | st.just(-0.0) | st.sampled_from([1.0, 2.0]), min_size=1, max_size=60)


@given(scores_of, st.integers(1, 70), st.integers(0, 5))
def test_at_least_k_scores_reach_the_bound(scores: list[float], k: int, never: int) -> None:
    values = np.array(scores + [NEVER] * never, np.float32)
    bound = lower_bound(values, k)
    if k > len(scores):
        assert bound == NEVER
    else:
        assert (values >= bound).sum() >= k
        assert bound > NEVER


def test_the_bound_is_near_the_kth_score() -> None:
    values = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    assert 100 <= (values >= lower_bound(values, 100)).sum() <= 106


@given(scores_of, st.integers(1, 60))
def test_keys_sort_by_score_then_item_and_give_both_back(scores: list[float], n: int) -> None:
    values = np.array(scores, np.float32)
    items = np.random.default_rng(len(scores)).permutation(1 << 20)[: len(scores)].astype(np.int32)
    keys = np.empty((1, len(scores)), np.uint64)
    keys_of(items, values, keys[0])
    expected = sorted(zip((-values).tolist(), items.tolist(), strict=True))[:n]
    lists = Lists.of_keys(keys, n)
    assert lists.counts.tolist() == [len(expected)]
    assert lists.items[0, : len(expected)].tolist() == [item for _, item in expected]
    assert lists.scores[0, : len(expected)].tolist() == [-score for score, _ in expected]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=40, unique=True), st.data())
def test_the_kth_key(keys: list[int], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(keys)))
    assert kth_key(np.array(keys, np.uint64), k) == sorted(keys)[k - 1]


@pytest.mark.parametrize("width", [1, 3])
def test_lists_of_no_keys_are_empty(width: int) -> None:
    lists = Lists.of_keys(np.full((2, width), 2**64 - 1, np.uint64), 2)
    assert lists.counts.tolist() == [0, 0]
