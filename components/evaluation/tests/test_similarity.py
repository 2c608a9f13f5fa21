"""Similarity of lists against scipy and against definitions written out naively."""

import math
from collections.abc import Sequence
from dataclasses import fields
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from machiya_evaluation import similarity
from machiya_evaluation.lists import RankedLists
from machiya_evaluation.similarity import Pairing, identical, kendall_tau, overlap, pair, rank_biased_overlap
from machiya_evaluation.threads import over_users

N_ITEMS = 12
Items = list[int]
LISTS = st.permutations(range(N_ITEMS)).flatmap(lambda items: st.integers(1, N_ITEMS).map(lambda n: list(items)[:n]))
PERSISTENCE = st.floats(0.01, 0.99)


def lists_of(lists: Sequence[Items]) -> RankedLists:
    lengths = np.array([len(one) for one in lists], np.int64)
    return RankedLists.of_lengths(lengths, np.concatenate(lists).astype(np.int32), N_ITEMS)


def pair_of(base: Items, candidate: Items, p: float = 0.9) -> Pairing:
    return pair(lists_of([base]), lists_of([candidate]), p)


def rbo(base: Items, candidate: Items, p: float) -> float:
    return float(rank_biased_overlap(pair_of(base, candidate, p))[0])


def naive_rbo(one: Items, other: Items, p: float) -> float:
    """RBO_EXT from what it means: agreement to infinity, extrapolated beyond the end of each list.

    Beyond its end the shorter list goes on agreeing at its rate at the end; beyond both ends agreement stays.
    """
    shorter, longer = sorted((one, other), key=len)
    s, l = len(shorter), len(longer)  # noqa: E741 - the letters of the paper
    rate = len(set(shorter) & set(longer[:s])) / s

    def agreement(depth: int) -> float:
        seen = min(depth, l)
        shared = len(set(shorter[:seen]) & set(longer[:seen])) + max(0, seen - s) * rate
        return shared / seen

    infinity = math.ceil(math.log(1e-17) / math.log(p)) + l
    return (1 - p) * math.fsum(p ** (depth - 1) * agreement(depth) for depth in range(1, infinity + 1))


def tau(base: Items, candidate: Items) -> float:
    return float(kendall_tau(pair_of(base, candidate))[0])


@given(LISTS, LISTS, PERSISTENCE)
def test_rbo_is_that_of_the_definition(base: Items, candidate: Items, p: float) -> None:
    assert rbo(base, candidate, p) == pytest.approx(naive_rbo(base, candidate, p), abs=1e-10)


@given(LISTS, LISTS, PERSISTENCE)
def test_rbo_is_symmetric_and_between_0_and_1(base: Items, candidate: Items, p: float) -> None:
    value = rbo(base, candidate, p)
    assert -1e-12 <= value <= 1 + 1e-12
    assert rbo(candidate, base, p) == pytest.approx(value, abs=1e-12)


@given(LISTS, PERSISTENCE)
def test_rbo_of_a_list_with_itself_or_its_beginning_is_1(items: Items, p: float) -> None:
    assert rbo(items, items, p) == pytest.approx(1)
    assert rbo(items, items[: max(1, len(items) // 2)], p) == pytest.approx(1)


@given(LISTS.filter(lambda items: len(items) > 1), PERSISTENCE)
def test_rbo_of_disjoint_lists_is_0(items: Items, p: float) -> None:
    half = len(items) // 2
    assert rbo(items[:half], items[half:], p) == 0


def test_rbo_by_hand() -> None:
    """Agreements 0, 1 and then 1 for ever."""
    assert rbo([0, 1, 2], [1, 0, 2], 0.5) == pytest.approx(0.5)


def test_a_smaller_p_gives_the_top_more_weight() -> None:
    same_top, same_bottom = ([0, 1, 2, 3], [0, 1, 3, 2]), ([0, 1, 2, 3], [1, 0, 2, 3])
    assert rbo(*same_top, 0.3) - rbo(*same_bottom, 0.3) > rbo(*same_top, 0.9) - rbo(*same_bottom, 0.9) > 0


@given(LISTS, LISTS)
def test_kendall_tau_is_that_of_scipy_on_the_shared_items(base: Items, candidate: Items) -> None:
    shared = [item for item in base if item in candidate]
    value = tau(base, candidate)
    if len(shared) < 2:
        assert math.isnan(value)
    else:
        ranks = [base.index(item) for item in shared], [candidate.index(item) for item in shared]
        assert value == pytest.approx(stats.kendalltau(*ranks).statistic, abs=1e-12)


def test_kendall_tau_of_the_extremes() -> None:
    assert tau([0, 1, 2, 3], [0, 1, 2, 3]) == 1
    assert tau([0, 1, 2, 3], [3, 2, 1, 0]) == -1


@given(LISTS, LISTS)
def test_overlap_is_the_shared_part_of_the_longer_list(base: Items, candidate: Items) -> None:
    value = overlap(pair_of(base, candidate))[0]
    assert value == len(set(base) & set(candidate)) / max(len(base), len(candidate))


@given(LISTS, LISTS)
def test_lists_are_identical_exactly_if_they_are_equal(base: Items, candidate: Items) -> None:
    assert identical(pair_of(base, candidate))[0] == (base == candidate)
    assert identical(pair_of(base, base))[0]


@given(st.lists(st.tuples(LISTS, LISTS), min_size=1, max_size=6), PERSISTENCE)
def test_many_users_at_once_are_each_user_alone(pairs: list[tuple[Items, Items]], p: float) -> None:
    pairing = pair(lists_of([base for base, _ in pairs]), lists_of([candidate for _, candidate in pairs]), p)
    assert rank_biased_overlap(pairing).tolist() == pytest.approx([rbo(*both, p) for both in pairs], abs=1e-12)
    assert kendall_tau(pairing).tolist() == pytest.approx([tau(*both) for both in pairs], nan_ok=True)


@pytest.mark.parametrize("length", [63, 64, 65, 130, 1000])
def test_long_lists_are_compared_to_their_end(length: int) -> None:
    """Longer than a word of bits, where the kernel keeps the ranks it has seen."""
    rng = np.random.default_rng(length)
    base, candidate = (rng.permutation(length + 20)[:length] for _ in range(2))
    one, other = (
        RankedLists.of_lengths(np.array([length]), x.astype(np.int32), length + 20) for x in (base, candidate)
    )
    pairing = pair(one, other, 0.99)
    shared = np.intersect1d(base, candidate)
    ranks = [np.argsort(side)[np.searchsorted(np.sort(side), shared)] for side in (base, candidate)]
    assert pairing.shared[0] == shared.size
    assert kendall_tau(pairing)[0] == pytest.approx(stats.kendalltau(*ranks).statistic, abs=1e-12)
    expected = naive_rbo(base.tolist(), candidate.tolist(), 0.99)
    assert rank_biased_overlap(pairing)[0] == pytest.approx(expected, abs=1e-9)


def test_more_users_than_a_thread_takes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    lists = [rng.permutation(N_ITEMS)[: rng.integers(1, N_ITEMS)].tolist() for _ in range(100)]
    base, candidate = lists_of(lists[:50]), lists_of(lists[50:])
    whole = pair(base, candidate, 0.9)
    monkeypatch.setattr(similarity, "over_users", partial(over_users, at_once=7))
    parts = pair(base, candidate, 0.9)
    assert all(np.array_equal(getattr(whole, field.name), getattr(parts, field.name)) for field in fields(Pairing))
