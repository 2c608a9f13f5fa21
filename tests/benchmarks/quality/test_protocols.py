"""The published protocol step by step in plain loops, and the split by time, against ours."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from tests.benchmarks.quality.logs import DataError, Log, read_log
from tests.benchmarks.quality.protocols import by_time, cut_in_time, positive_pairs, strong_generalization

HELDOUT = 40
Pair = tuple[set[int], set[int]]
"""Item ids that are told, and those that are held out."""


@dataclass
class Published:
    """columns: item ids in the order of their first appearance. train: item ids of each user, in the order of ids."""

    columns: list[int]
    train: list[set[int]]
    validation: list[Pair]
    test: list[Pair]


def published(log: Log, heldout: int) -> Published:
    """As the notebook of Liang et al. does it, user by user."""
    assert log.ratings is not None
    liked: dict[int, list[int]] = defaultdict(list)
    rows = zip(log.users.tolist(), log.items.tolist(), log.ratings.tolist(), strict=True)
    pairs = [(user, item) for user, item, rating in rows if rating > 3.5]
    for user, item in pairs:
        liked[user].append(item)
    users = sorted(user for user, items in liked.items() if len(items) >= 5)
    order = [users[place] for place in np.random.RandomState(98765).permutation(len(users))]
    train, validation, test = order[: -2 * heldout], order[-2 * heldout : -heldout], order[-heldout:]
    columns = list(dict.fromkeys(item for user, item in pairs if user in train))
    asked = []
    for group in (validation, test):
        rng = np.random.RandomState(98765)
        folded = []
        for user in sorted(group):
            items = [item for item in liked[user] if item in columns]
            if len(items) >= 5:
                held = {items[place] for place in rng.choice(len(items), size=int(0.2 * len(items)), replace=False)}
                folded.append((set(items) - held, held))
        asked.append(folded)
    return Published(columns, [set(liked[user]) for user in sorted(train)], *asked)


def ids(matrix: csr_matrix, columns: list[int]) -> list[set[int]]:
    return [{columns[place] for place in row.indices} for row in matrix]


def test_strong_generalization_is_that_of_the_paper(ratings_csv: Path) -> None:
    log = read_log(ratings_csv)
    split, expected = strong_generalization(log, HELDOUT), published(log, HELDOUT)
    assert split.test.train is split.validation.train
    assert ids(split.test.train, expected.columns) == expected.train
    for stage, pairs in ((split.validation, expected.validation), (split.test, expected.test)):
        told, held = ids(stage.history, expected.columns), ids(stage.truth, expected.columns)
        assert list(zip(told, held, strict=True)) == pairs
    assert split.facts["users asked about"] == len(expected.test) > HELDOUT / 2


def test_the_fixture_has_what_the_protocol_leaves_out(ratings_csv: Path) -> None:
    log = read_log(ratings_csv)
    assert log.ratings is not None
    assert (log.ratings == 3.5).any()
    assert (np.unique(log.users[log.ratings > 3.5], return_counts=True)[1] < 5).any()


def log_of(rows: list[tuple[int, int, int]]) -> Log:
    """Of user, item, time."""
    users, items, times = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Log("made up", users, items, None, times)


def test_too_few_users_are_refused_with_a_number_that_fits(ratings_csv: Path) -> None:
    log = read_log(ratings_csv)
    with pytest.raises(DataError, match="--heldout 2") as raised:
        strong_generalization(log, 10_000)
    strong_generalization(log, int(str(raised.value).split()[-1].rstrip(".")))


def test_a_log_in_which_nobody_held_out_shares_enough_items_is_refused() -> None:
    rows = [(user, 5 * user + item, 0) for user in range(8) for item in range(5)]
    with pytest.raises(DataError, match="of 2 users held out nobody has 5 items that those trained on have"):
        strong_generalization(log_of(rows), 2)


def test_a_log_without_good_ratings_is_refused() -> None:
    log = Log("bad films", np.array([1]), np.array([1]), np.array([3.5]), np.array([0]))
    with pytest.raises(DataError, match=r"bad films has no rating above 3\.5"):
        positive_pairs(log)


def test_a_pair_counts_once_where_it_comes_first() -> None:
    log = log_of([(5, 1, 30), (4, 2, 20), (5, 1, 10), (4, 1, 40), (4, 2, 20)])
    in_file, in_time = positive_pairs(log), positive_pairs(log, in_time=True)
    assert list(zip(in_file.users, in_file.items, in_file.times, strict=True)) == [(1, 0, 30), (0, 1, 20), (0, 0, 40)]
    assert list(zip(in_time.users, in_time.items, in_time.times, strict=True)) == [(1, 0, 10), (0, 1, 20), (0, 0, 40)]


def test_a_cut_in_time_asks_for_what_is_new_to_a_user() -> None:
    before = [(user, item, user * 10 + item) for user in (1, 2) for item in (1, 2)]
    rows = [*before, (2, 3, 25), (1, 2, 50), (1, 3, 60), (3, 1, 70), (2, 9, 80), (1, 9, 99)]
    stage = cut_in_time(positive_pairs(log_of(rows), in_time=True), cut=50, end=99, min_items=1, min_users=1)
    assert stage.train.toarray().tolist() == [[1, 1, 0], [1, 1, 1]], "user 3 and item 9 are not known yet"
    assert stage.history.toarray().tolist() == [[1, 1, 0]], "user 2 gets nothing new that is known"
    assert stage.truth.toarray().tolist() == [[0, 0, 1]], "not item 2, which user 1 had before"


def test_rare_items_and_then_users_with_few_items_are_left_out_before_the_cut() -> None:
    common = [(user, item, 1) for user in range(4) for item in (1, 2)]
    rare = [(0, 7, 2), (8, 7, 2), (8, 1, 2)]  # item 7 has too few users, and without it user 8 too few items
    rows = [*common, *rare, (1, 3, 3), (2, 3, 3), (3, 3, 3), (0, 3, 9), (1, 7, 9), (8, 2, 9)]
    stage = cut_in_time(positive_pairs(log_of(rows), in_time=True), cut=9, end=10, min_items=2, min_users=3)
    assert stage.train.toarray().tolist() == [[1, 1, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1]]
    assert stage.history.toarray().tolist() == [[1, 1, 0]]
    assert stage.truth.toarray().tolist() == [[0, 0, 1]]


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 30)), min_size=1, max_size=120))
def test_nothing_of_the_future_is_told_and_nothing_told_is_asked_for(rows: list[tuple[int, int, int]]) -> None:
    log = log_of(rows)
    try:
        split = by_time(log, min_items=1, min_users=1)
    except DataError:
        return
    times: dict[tuple[int, int], int] = {}
    for user, item, time in rows:
        times[user, item] = min(time, times.get((user, item), time))
    ordered = sorted(times.values())
    cuts = [ordered[int(share * len(ordered))] for share in (0.8, 0.9)]
    for stage, cut in zip((split.validation, split.test), cuts, strict=True):
        assert stage.train.nnz == sum(time < cut for time in times.values())
        assert stage.history.multiply(stage.truth).nnz == 0
        assert (np.diff(stage.truth.indptr) > 0).all()
        assert (np.diff(stage.history.indptr) > 0).all()
        assert stage.train.shape[1] == stage.history.shape[1] == stage.truth.shape[1]


def test_a_log_in_which_everybody_is_new_after_the_cut_is_refused() -> None:
    with pytest.raises(DataError, match="Try the other protocol"):
        by_time(log_of([(user, 1, user) for user in range(20)]), min_items=1, min_users=1)
