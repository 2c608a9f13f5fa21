"""The same effort for every model, the best of it, and the same again from the same seed."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tests.benchmarks.quality.als import Training
from tests.benchmarks.quality.models import Model, models
from tests.benchmarks.quality.protocols import Stage
from tests.benchmarks.quality.ranking import Scorer, Scores
from tests.benchmarks.quality.tuning import around, described, spread, tune

SPACE = {"a": (0.01, 100.0), "b": (1.0, 1000.0)}
WIDER = {**SPACE, "c": (0.1, 1.0)}
ITEMS = 400
STAGE = Stage(csr_matrix((3, ITEMS)), csr_matrix((1, ITEMS)), csr_matrix(([1], ([0], [0])), shape=(1, ITEMS)))


def peaked(parameters: Mapping[str, float]) -> Scorer:
    """Ranks the one relevant item the better the nearer parameters are to a = 2, b = 30 (on a scale of logarithms)."""
    distance = math.hypot(*(math.log(parameters[name] / peak) for name, peak in {"a": 2, "b": 30}.items()))

    def score(_: csr_matrix) -> Scores:
        row = -np.linspace(0, 10, ITEMS)
        row[0] = -distance - 1e-9
        return row[None]

    return score


def test_what_is_best_in_validation_is_chosen_and_the_second_half_looks_closer() -> None:
    lines: list[str] = []
    chosen = tune(Model("peaked", lambda _: peaked, SPACE), STAGE, 32, seed=4, say=lines.append)
    assert chosen.parameters["a"] == pytest.approx(2, rel=0.5)
    assert chosen.parameters["b"] == pytest.approx(30, rel=0.5)
    gains = [float(line.split()[-1]) for line in lines]
    assert len(gains) == 32
    assert max(gains) == pytest.approx(chosen.ndcg, abs=1e-4)
    assert np.mean(gains[16:]) > np.mean(gains[:16])


def test_the_same_seed_tries_the_same() -> None:
    told: list[list[str]] = [[], [], []]
    for lines, seed in zip(told, (1, 1, 2), strict=True):
        tune(Model("peaked", lambda _: peaked, SPACE), STAGE, 6, seed, lines.append)
    assert told[0] == told[1] != told[2]


@pytest.mark.parametrize(
    ("names", "trials", "expected"), [("", 8, 1), ("a", 8, 4), ("ab", 8, 8), ("ab", 5, 5), ("abc", 8, 12), ("a", 1, 2)]
)
def test_trials_follow_the_number_of_parameters(names: str, trials: int, expected: int) -> None:
    lines: list[str] = []
    model = Model("flat", lambda _: lambda _: lambda _: np.zeros((1, ITEMS)), {name: WIDER[name] for name in names})
    first = tune(model, STAGE, trials, 0, lines.append)
    assert len(lines) == expected
    assert set(first.parameters) == set(names)
    assert lines[0].startswith("flat 1/")


def test_points_are_spread_over_the_decades() -> None:
    points = spread(SPACE, 40, np.random.default_rng(0))
    decades = np.floor(np.log10([point["a"] for point in points])).astype(int)
    assert np.bincount(decades + 2).tolist() == [10, 10, 10, 10]


@pytest.mark.parametrize("centre", [0.01, 0.5, 100.0])
def test_the_smaller_box_holds_the_centre_and_stays_in_the_space(centre: float) -> None:
    low, high = around({"a": SPACE["a"]}, {"a": centre})["a"]
    assert low * 1.0001 >= 0.01
    assert high <= 100.0001
    assert low / 1.0001 <= centre <= high * 1.0001
    assert math.log(high / low) == pytest.approx(math.log(10_000) / 4)


def test_parameters_are_told_as_a_person_reads_them() -> None:
    assert described({"l2": 3.0, "alpha": 0.25}) == "l2 3, alpha 0.25"
    assert described({}) == "-"


def test_every_model_has_a_name_of_its_own() -> None:
    names = [model.name for model in models(Training(4, 1, 0, 1))]
    assert len(set(names)) == 4
