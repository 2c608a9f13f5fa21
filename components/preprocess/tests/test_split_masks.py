from operator import itemgetter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_preprocess import split_masks

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=40).map(
    lambda rows: sorted(rows, key=itemgetter(0))
)
SEEDS = st.integers(0, 5)


def columns(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, dtype=np.int64)
    return table[:, 0].astype(np.int32), table[:, 1]


def test_the_cut_meets_the_share_as_nearly_as_the_times_allow() -> None:
    times = np.array([10, 20, 30, 40, 50])
    assert split_masks.cut_for_share(times, 0.2) == 50
    assert split_masks.cut_for_share(times, 0.5) == 30
    assert split_masks.cut_for_share(np.array([10, 20, 20, 20, 20]), 0.2) == 20


def test_times_that_are_all_one_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="at one time"):
        split_masks.cut_for_share(np.array([7, 7]), 0.5)


@given(ROWS, st.floats(0.01, 0.99))
def test_a_cut_leaves_rows_on_both_sides_and_divides_no_time(rows: list[tuple[int, int]], share: float) -> None:
    _, times = columns(rows)
    if len(set(times.tolist())) == 1:
        return
    cut = split_masks.cut_for_share(times, share)
    test = times >= cut
    assert test.any()
    assert times[~test].max() < times[test].min()


def test_the_last_rows_of_each_user_with_enough_rows_are_the_test() -> None:
    user, times = columns([(0, 3), (0, 1), (0, 2), (1, 5), (1, 4), (2, 9)])
    rng = np.random.default_rng(0)
    mask = split_masks.last_of_each_user(user, times, test_items=1, min_train_items=1, rng=rng)
    assert mask.tolist() == [True, False, False, True, False, False]
    mask = split_masks.last_of_each_user(user, times, test_items=2, min_train_items=1, rng=rng)
    assert mask.tolist() == [True, False, True, False, False, False]


@given(ROWS, st.integers(1, 3), st.integers(1, 3), SEEDS)
def test_no_training_row_is_later_than_a_test_row_of_its_user(
    rows: list[tuple[int, int]], test_items: int, min_train_items: int, seed: int
) -> None:
    user, times = columns(rows)
    mask = split_masks.last_of_each_user(user, times, test_items, min_train_items, np.random.default_rng(seed))
    for one in set(user.tolist()):
        mine, test = times[user == one], mask[user == one]
        assert test.sum() == (test_items if len(mine) >= test_items + min_train_items else 0)
        if test.any():
            assert mine[~test].max() <= mine[test].min()


def test_chance_decides_between_rows_at_one_time() -> None:
    user, times = columns([(0, 1)] * 8)
    chosen = {
        int(np.argmax(split_masks.last_of_each_user(user, times, 1, 1, np.random.default_rng(seed))))
        for seed in range(40)
    }
    assert len(chosen) > 4


@given(ROWS, st.integers(2, 6), SEEDS)
def test_folds_spread_each_user_evenly_and_depend_on_the_seed_alone(
    rows: list[tuple[int, int]], count: int, seed: int
) -> None:
    user, _ = columns(rows)
    fold = split_masks.folds(user, count, np.random.default_rng(seed))
    assert set(fold.tolist()) <= set(range(count))
    for one in set(user.tolist()):
        sizes = np.bincount(fold[user == one], minlength=count)
        assert sizes.max() - sizes.min() <= 1
    assert (fold == split_masks.folds(user, count, np.random.default_rng(seed))).all()


def test_another_seed_makes_other_folds() -> None:
    user = np.zeros(50, dtype=np.int32)
    first, second = (split_masks.folds(user, 5, np.random.default_rng(seed)) for seed in (1, 2))
    assert (first != second).any()


def test_occurring_marks_the_codes_that_some_row_has() -> None:
    assert split_masks.occurring(np.array([2, 0, 2], dtype=np.int32), 4).tolist() == [True, False, True, False]


@given(ROWS, st.floats(0.01, 0.99))
def test_the_cut_is_the_first_of_those_that_come_nearest(rows: list[tuple[int, int]], share: float) -> None:
    _, times = columns(rows)
    cuts = sorted(set(times.tolist()))[1:]
    if cuts:
        nearest = min(cuts, key=lambda cut: abs(int((times >= cut).sum()) - share * len(times)))
        assert split_masks.cut_for_share(times, share) == nearest


@given(ROWS, st.integers(1, 4), st.integers(1, 3), SEEDS)
def test_the_last_rows_are_those_of_a_sort_by_time_and_chance(
    rows: list[tuple[int, int]], test_items: int, min_train_items: int, seed: int
) -> None:
    user, times = columns(rows)
    chance = np.random.default_rng(seed).permutation(len(rows))
    expected = np.zeros(len(rows), dtype=np.bool_)
    for one in set(user.tolist()):
        mine = sorted(np.flatnonzero(user == one), key=lambda row: (times[row], chance[row]))
        if len(mine) >= test_items + min_train_items:
            expected[mine[-test_items:]] = True
    mask = split_masks.last_of_each_user(user, times, test_items, min_train_items, np.random.default_rng(seed))
    assert mask.tolist() == expected.tolist()


@given(ROWS, st.integers(2, 6), SEEDS)
def test_folds_are_dealt_in_the_order_of_chance(rows: list[tuple[int, int]], count: int, seed: int) -> None:
    user, _ = columns(rows)
    rng = np.random.default_rng(seed)
    chance, first = rng.permutation(len(rows)), rng.integers(count, size=int(user.max()) + 1)
    expected = np.empty(len(rows), dtype=np.int64)
    for one in set(user.tolist()):
        for place, row in enumerate(sorted(np.flatnonzero(user == one), key=lambda row: chance[row])):
            expected[row] = (first[one] + place) % count
    assert split_masks.folds(user, count, np.random.default_rng(seed)).tolist() == expected.tolist()
