"""What `compare` says of the accuracy metrics when the held-out interactions are given."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from machiya_component import DataError
from machiya_component.testing import Result, run_operation
from machiya_evaluation.coding import Vocabulary
from machiya_evaluation.component import component
from machiya_evaluation.sources import InMemory
from machiya_evaluation.truth import read_held_out

SAMPLE = Path(__file__).parents[1] / "sample"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(operation: str, inputs: Mapping[str, pa.Table | Path], **parameters: Any) -> Result:
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        return run_operation(component, operation, inputs=inputs, parameters=parameters, folder=folder)

    return call


def sample(*ports: str) -> dict[str, Path]:
    return {port: SAMPLE / port for port in ports}


def changes(result: Result) -> dict[tuple[str, str], dict[str, Any]]:
    rows = result.table("metric_changes").to_pylist()
    return {(row["metric"], row["segment"]): row for row in rows}


ALL = ("base", "candidate", "test", "train")


def test_without_ground_truth_nothing_is_said(run: Run) -> None:
    assert run("compare", sample("base", "candidate", "train")).table("metric_changes").num_rows == 0


def test_the_values_of_both_sides_are_those_of_evaluate(run: Run) -> None:
    found = changes(run("compare", sample(*ALL), bootstrap_samples=0))
    for side in ("base", "candidate"):
        inputs = {"recommendations": SAMPLE / side, **sample("test", "train")}
        for row in run("evaluate", inputs, ks=[10], bootstrap_samples=0).table("scores").to_pylist():
            if (row["metric"], row["segment"]) in found:
                change = found[row["metric"], row["segment"]]
                assert change[side] == (None if row["value"] is None else pytest.approx(row["value"]))
                assert change["users"] == row["users"]


def test_the_interval_is_around_the_difference_and_narrower_than_those_of_the_sides(run: Run) -> None:
    change = changes(run("compare", sample(*ALL)))["ndcg", "all"]
    assert change["difference"] == pytest.approx(change["candidate"] - change["base"])
    assert change["low"] < change["difference"] < change["high"]
    widths = []
    for side in ("base", "candidate"):
        inputs = {"recommendations": SAMPLE / side, **sample("test", "train")}
        scores = run("evaluate", inputs, ks=[10], metric_names=["ndcg"]).table("scores").to_pylist()
        widths += [row["high"] - row["low"] for row in scores if row["segment"] == "all"]
    assert change["high"] - change["low"] < np.hypot(*widths) * 1.02


def test_lists_that_are_equal_have_a_difference_of_nothing(run: Run) -> None:
    inputs = {"base": SAMPLE / "base", "candidate": SAMPLE / "base", **sample("test", "train")}
    for change in changes(run("compare", inputs)).values():
        known = change["users"] > 1
        assert [change[name] for name in ("low", "high")] == ([0, 0] if known else [None, None])
        assert change["difference"] in (0, None)


def test_a_user_without_a_list_scores_nothing_there(run: Run) -> None:
    rows = {"user_id": ["a", "b"], "item_id": ["x", "x"], "rank": [1, 1]}
    one = {"user_id": ["a"], "item_id": ["x"], "rank": [1]}
    test = pa.table({"user_id": ["a", "b"], "item_id": ["x", "x"]})
    inputs = {"base": pa.table(rows), "candidate": pa.table(one), "test": test}
    change = changes(run("compare", inputs))["hit_rate", "all"]
    assert (change["base"], change["candidate"], change["difference"], change["users"]) == (1, 0.5, -0.5, 2)


def test_the_same_seed_gives_the_same_intervals(run: Run) -> None:
    first, again, other = (run("compare", sample(*ALL), seed=seed).table("metric_changes") for seed in (1, 1, 2))
    assert first == again
    assert first["low"] != other["low"]
    assert first["difference"] == other["difference"]


@pytest.mark.parametrize("graded", [False, True])
def test_held_out_interactions_may_be_none(graded: bool) -> None:
    columns = {"user_id": pa.string(), "item_id": pa.string(), "weight": pa.float64()}
    nothing = InMemory(pa.schema(columns).empty_table())
    held_out = read_held_out(nothing, Vocabulary(), Vocabulary(), graded)
    assert held_out.truth(np.arange(2), 3).relevant().tolist() == [0, 0]


def test_ground_truth_of_other_users_is_refused(run: Run) -> None:
    stranger = pa.table({"user_id": ["nobody"], "item_id": ["x"]})
    with pytest.raises(DataError, match="test has no user in common"):
        run("compare", sample("base", "candidate") | {"test": stranger})
