from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_preprocess import kernels

EVENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), max_size=30)
PAIRS = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30)


def columns(rows: Sequence[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return table[:, 0].astype(np.int32), table[:, 1]


def test_a_window_slides_over_the_hour() -> None:
    half_past = [(0, 1800 + second) for second in range(3)]
    next_hour = [(0, 3600 + second) for second in range(3)]
    user, time = columns([*half_past, *next_hour, (1, 0), (1, 10_000)])
    assert kernels.crowded_users(user, time, most=5, span=3600).tolist() == [0]
    assert kernels.crowded_users(user, time, most=6, span=3600).tolist() == []


def test_a_window_is_open_at_its_end() -> None:
    user, time = columns([(0, 0), (0, 60)])
    assert kernels.crowded_users(user, time, most=1, span=60).tolist() == []
    assert kernels.crowded_users(user, time, most=1, span=61).tolist() == [0]


def test_no_user_can_break_a_rule_for_another() -> None:
    user, time = columns([(0, 5), (1, 5), (2, 5)])
    assert kernels.crowded_users(user, time, most=1, span=60).tolist() == []


def test_a_rule_needs_at_least_one_event() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        kernels.crowded_users(*columns([(0, 0)]), most=0, span=1)


@given(EVENTS, st.integers(1, 5), st.integers(1, 10))
def test_crowded_users_are_those_of_a_search_through_all_windows(
    events: list[tuple[int, int]], most: int, span: int
) -> None:
    user, time = columns(sorted(events))
    wanted = {
        one
        for one, start in events
        if sum(other == one and start <= moment < start + span for other, moment in events) > most
    }
    assert kernels.crowded_users(user, time, most, span).tolist() == sorted(wanted)


def test_the_first_of_a_chain_of_repeats_stays() -> None:
    key = np.array([7, 8, 7, 7, 7], dtype=np.int64)
    time = np.array([100, 100, 130, 0, 161], dtype=np.int64)
    assert kernels.repeats(key, time, span=30).tolist() == [False, False, True, False, False]
    assert kernels.repeats(key, time, span=31).tolist() == [False, False, True, False, True]


def test_of_repeats_at_one_time_the_first_row_stays() -> None:
    assert kernels.repeats(np.array([1, 1, 1]), np.array([5, 5, 5]), span=0).tolist() == [False, True, True]


@given(EVENTS, st.integers(0, 5))
def test_repeats_are_rows_with_a_near_one_before_them(events: list[tuple[int, int]], span: int) -> None:
    key, time = columns(events)
    wanted = [
        any(
            other == mine and (0 < at - moment <= span or (moment == at and position < row))
            for position, (other, moment) in enumerate(events)
        )
        for row, (mine, at) in enumerate(events)
    ]
    assert kernels.repeats(key.astype(np.int64), time, span).tolist() == wanted


def test_groups_gather_rows_by_key() -> None:
    groups = kernels.group(np.array([5, 3, 5, 5]))
    assert groups.sizes().tolist() == [1, 3]
    assert groups.total(np.array([1.0, 2.0, 4.0, 8.0])).tolist() == [2.0, 13.0]
    assert groups.latest(np.array([1, 9, 7, 3])).tolist() == [9, 7]
    assert groups.first(np.array([10, 20, 30, 40])).tolist() == [20, 10]
    assert groups.spread(np.array([True, False])).tolist() == [False, True, False, False]


def test_a_core_falls_like_dominoes() -> None:
    # 0-0, 0-1, 1-1, 1-2, 2-2: taking away the ends of the chain takes away the next ends.
    user, item = np.array([0, 0, 1, 1, 2], dtype=np.int32), np.array([0, 1, 1, 2, 2], dtype=np.int32)
    mask, rounds = kernels.core(user, item, min_user_items=2, min_item_users=2)
    assert (mask.tolist(), rounds) == ([False] * 5, 3)


def test_a_core_keeps_what_holds_together() -> None:
    user, item = np.array([0, 0, 1, 1, 2], dtype=np.int32), np.array([0, 1, 0, 1, 1], dtype=np.int32)
    mask, rounds = kernels.core(user, item, min_user_items=2, min_item_users=2)
    assert (mask.tolist(), rounds) == ([True, True, True, True, False], 1)


def test_a_minimum_of_one_takes_nothing_away() -> None:
    mask, rounds = kernels.core(np.array([3], dtype=np.int32), np.array([0], dtype=np.int32), 1, 1)
    assert (mask.tolist(), rounds) == ([True], 0)


@given(PAIRS, st.integers(1, 4), st.integers(1, 4))
def test_the_core_is_the_one_that_taking_away_one_by_one_leaves(
    pairs: set[tuple[int, int]], min_user_items: int, min_item_users: int
) -> None:
    ordered = sorted(pairs)
    left = set(ordered)
    while True:
        users, items = Counter(user for user, _ in left), Counter(item for _, item in left)
        weak = [pair for pair in left if users[pair[0]] < min_user_items or items[pair[1]] < min_item_users]
        if not weak:
            break
        left.remove(weak[0])
    user, item = columns(ordered)
    mask, _ = kernels.core(user, item.astype(np.int32), min_user_items, min_item_users)
    assert {pair for pair, stays in zip(ordered, mask, strict=True) if stays} == left


def test_decay_halves_with_every_half_life() -> None:
    assert kernels.decay(np.array([100, 90, 80]), end=100, half_life=10).tolist() == [1.0, 0.5, 0.25]
