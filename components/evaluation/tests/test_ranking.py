"""Accuracy metrics against ranx, an independent implementation, and against answers worked out by hand."""

import math
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import chain
from types import ModuleType

import numpy as np
import pytest

from machiya_evaluation.arrays import Floats
from machiya_evaluation.lists import RankedLists
from machiya_evaluation.ranking import RANKING_METRICS, tally
from machiya_evaluation.truth import ground_truth

Lists = Mapping[str, Sequence[str]]
Truth = Mapping[str, Mapping[str, int]]

EXACT = 1e-12


def scores(lists: Lists, truth: Truth, metric: str, k: int) -> dict[str, float]:
    """Every user's value; users of either side."""
    return scores_at(lists, truth, metric, [k])[0]


def scores_at(lists: Lists, truth: Truth, metric: str, ks: Sequence[int]) -> list[dict[str, float]]:
    """The same at several cutoffs at once."""
    users, items = ({word: code for code, word in enumerate(sorted(words))} for words in words_of(lists, truth))
    lengths = np.array([len(lists.get(user, ())) for user in users], np.int64)
    shown = np.array([items[item] for user in users for item in lists.get(user, ())], np.int32)
    held_out = [
        (users[user], items[item], float(gain)) for user, gains in truth.items() for item, gain in gains.items()
    ]
    user, item, gain = map(np.array, zip(*held_out, strict=True))
    known = ground_truth(user, item.astype(np.int32), gain, len(users), len(items))
    tallies = tally(RankedLists.of_lengths(lengths, shown, len(items)), known, ks)
    return [dict(zip(users, RANKING_METRICS[metric](one).tolist(), strict=True)) for one in tallies]


def words_of(lists: Lists, truth: Truth) -> tuple[set[str], set[str]]:
    """All users and all items."""
    return {*lists, *truth}, {*chain(*lists.values()), *chain(*truth.values())}


@pytest.fixture(scope="module")
def ranx() -> ModuleType:
    """ranx as plain Python: compiling it takes minutes, and there are only a few users here."""
    from numba import config

    compiled = config.DISABLE_JIT  # type: ignore[attr-defined]
    config.DISABLE_JIT = True  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ranx's own source has invalid escape sequences
        module = import_module("ranx")
    config.DISABLE_JIT = compiled  # type: ignore[attr-defined]
    return module


def ranx_scores(ranx: ModuleType, lists: Lists, truth: Truth, metric: str, k: int) -> dict[str, float]:
    """What ranx says of the same users (it knows users of the truth only); it takes ids as numbers, best item first."""
    codes = {item: code for code, item in enumerate(sorted({*chain(*lists.values()), *chain(*truth.values())}))}
    run = [as_pairs({codes[item]: 1 / rank for rank, item in enumerate(lists.get(user, ()), 1)}) for user in truth]
    qrels = [as_pairs({codes[item]: gain for item, gain in gains.items()}) for gains in truth.values()]
    names = [f"{name}@{k}" for name in RANKING_METRICS]  # a single name is looked up wrongly in ranx 0.3.21
    values = ranx.evaluate(qrels, run, names, return_mean=False)[f"{metric}@{k}"]
    return dict(zip(truth, map(float, values), strict=True))


def as_pairs(weights: Mapping[int, float]) -> Floats:
    """(code, weight) in descending order of weight: float64, shape (n, 2)."""
    return np.array(sorted(weights.items(), key=lambda pair: -pair[1]), dtype=np.float64).reshape(-1, 2)


def random_case(seed: int, *, graded: bool) -> tuple[Lists, Truth]:
    """Lists of 1 to 15 items of 30 and truths of 1 to 12, so that k is often greater than either.

    Some users have no list, and some no hit.
    """
    rng = np.random.default_rng(seed)
    items = [f"i{number}" for number in range(30)]
    lists: dict[str, list[str]] = {}
    truth: dict[str, dict[str, int]] = {}
    for number in range(60):
        user = f"u{number:02d}"
        relevant = rng.permutation(items)[: rng.integers(1, 13)]
        gains = rng.integers(1, 5, relevant.size) if graded else np.ones(relevant.size, int)
        truth[user] = {str(item): int(gain) for item, gain in zip(relevant, gains, strict=True)}
        shown = [str(item) for item in rng.permutation(items)[: rng.integers(1, 16)]]
        if number % 10 == 1:
            shown = [item for item in shown if item not in truth[user]] or ["elsewhere"]
        if number % 10 != 2:
            lists[user] = shown
    return lists, truth


@pytest.mark.parametrize("metric", RANKING_METRICS)
@pytest.mark.parametrize("k", [1, 3, 10, 40])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_agrees_with_ranx_for_binary_relevance(ranx: ModuleType, metric: str, k: int, seed: int) -> None:
    lists, truth = random_case(seed, graded=False)
    assert scores(lists, truth, metric, k) == pytest.approx(ranx_scores(ranx, lists, truth, metric, k), abs=EXACT)


@pytest.mark.parametrize("k", [1, 3, 10, 40])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_graded_ndcg_agrees_with_ranx_when_gains_tie(ranx: ModuleType, k: int, seed: int) -> None:
    lists, truth = random_case(seed, graded=True)
    assert scores(lists, truth, "ndcg", k) == pytest.approx(ranx_scores(ranx, lists, truth, "ndcg", k), abs=EXACT)


STRUCTURED: dict[str, tuple[Lists, Truth]] = {
    "all relevant": ({"u": ["a", "b", "c"]}, {"u": {"a": 1, "b": 1, "c": 1}}),
    "none relevant": ({"u": ["a", "b", "c"]}, {"u": {"d": 1}}),
    "last place": ({"u": ["a", "b", "c", "d"]}, {"u": {"d": 1}}),
    "shorter than k": ({"u": ["a", "b"]}, {"u": {"b": 1, "x": 1, "y": 1, "z": 1}}),
    "more relevant than k": ({"u": list("abcdefgh")}, {"u": dict.fromkeys("abcdefgh", 1)}),
    "gains in reverse": ({"u": ["a", "b", "c"]}, {"u": {"a": 1, "b": 2, "c": 3}}),
    "equal gains": ({"u": ["a", "b", "c"]}, {"u": {"c": 2, "b": 2, "x": 2}}),
}


@pytest.mark.parametrize("metric", RANKING_METRICS)
@pytest.mark.parametrize("case", STRUCTURED)
def test_agrees_with_ranx_on_structured_lists(ranx: ModuleType, metric: str, case: str) -> None:
    lists, truth = STRUCTURED[case]
    for k in (1, 2, 5):
        assert scores(lists, truth, metric, k) == pytest.approx(ranx_scores(ranx, lists, truth, metric, k), abs=EXACT)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("ndcg", (1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3) + 1 / math.log2(4))),
        ("recall", 2 / 3),
        ("precision", 2 / 4),
        ("map", (1 / 1 + 2 / 3) / 3),
        ("mrr", 1.0),
        ("hit_rate", 1.0),
    ],
)
def test_by_hand(metric: str, expected: float) -> None:
    """Hits in places 1 and 3 of 4, three relevant items in all."""
    assert scores({"u": list("abcd")}, {"u": {"a": 1, "c": 1, "z": 1}}, metric, 4)["u"] == pytest.approx(expected)


@pytest.mark.parametrize("metric", RANKING_METRICS)
def test_a_user_without_a_list_has_0_and_one_without_truth_has_no_value(metric: str) -> None:
    values = scores({"listed": ["a"], "both": ["a"]}, {"both": {"a": 1}, "known": {"a": 1}}, metric, 5)
    assert values["known"] == 0
    assert values["both"] > 0
    assert math.isnan(values["listed"])


@pytest.mark.parametrize("metric", RANKING_METRICS)
def test_all_cutoffs_at_once_are_each_cutoff_alone(metric: str) -> None:
    lists, truth = random_case(6, graded=True)
    ks = [1, 2, 3, 10, 40]
    for k, values in zip(ks, scores_at(lists, truth, metric, ks), strict=True):
        assert values == pytest.approx(scores(lists, truth, metric, k), abs=0, nan_ok=True)


@pytest.mark.parametrize(("k", "published"), [(1, [0, 1, 1, 1]), (3, [0, 0.46927873, 0.70391809, 1])])
def test_ndcg_of_rectools_is_ours_times_the_ratio_of_ideals(k: int, published: list[float]) -> None:
    """The example in RecTools' documentation of NDCG; the README states the relation."""
    lists = {"1": ["7", "8"], "2": ["1", "2"], "3": ["1", "2", "3", "4"], "4": ["1", "2", "3"]}
    relevant = {"1": ["1", "2"], "2": ["1"], "3": ["1", "3", "4"], "4": ["1", "2", "3"]}
    ours = scores(lists, {user: dict.fromkeys(items, 1) for user, items in relevant.items()}, "ndcg", k)
    ideal = np.cumsum(1 / np.log2(np.arange(1, k + 1) + 1))
    theirs = [ours[user] * ideal[min(k, len(items)) - 1] / ideal[-1] for user, items in relevant.items()]
    assert theirs == pytest.approx(published, abs=1e-8)
