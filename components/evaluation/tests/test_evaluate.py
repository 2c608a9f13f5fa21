"""The operation `evaluate`, with every check of the contract."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from machiya_component import DataError
from machiya_component.testing import Result, run_operation
from machiya_evaluation.component import component

SAMPLE = Path(__file__).parents[1] / "sample"
Evaluate = Callable[..., Result]


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    def run(inputs: Mapping[str, pa.Table | Path], **parameters: Any) -> Result:
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        return run_operation(component, "evaluate", inputs=inputs, parameters=parameters, folder=folder)

    return run


def sample(recommendations: str, *optional: str) -> dict[str, Path]:
    ports = ("test", "train", *optional)
    return {"recommendations": SAMPLE / recommendations, **{port: SAMPLE / port for port in ports}}


def recommendations(lists: Mapping[str, Sequence[str]]) -> pa.Table:
    rows = [(user, item, rank) for user, items in lists.items() for rank, item in enumerate(items, 1)]
    return pa.table(dict(zip(("user_id", "item_id", "rank"), map(list, zip(*rows, strict=True)), strict=True)))


def interactions(seen: Mapping[str, Sequence[str]], weight: float = 1.0) -> pa.Table:
    users = [user for user, items in seen.items() for _ in items]
    items = [item for items in seen.values() for item in items]
    return pa.table({"user_id": users, "item_id": items, "weight": [weight] * len(users)})


def small(**changed: pa.Table) -> dict[str, pa.Table]:
    """Two users with a list; `hit` gets what was held out, `miss` does not."""
    tables = {
        "recommendations": recommendations({"hit": ["a", "b"], "miss": ["a", "b"]}),
        "test": interactions({"hit": ["a"], "miss": ["c"]}),
        "train": interactions({"hit": ["c"], "miss": ["d"], "third": ["a", "b", "c", "d"]}),
    }
    return tables | changed


def test_what_the_contract_exposes_is_told_beside_the_outputs(evaluate: Evaluate) -> None:
    result = evaluate(sample("base"))

    told = {path.name: float(path.read_text()) for path in (result.out / "_numbers" / "values").iterdir()}
    metrics = result.metrics()
    assert told == {f"metrics-{name}-10": metrics[f"{name}@10"] for name in ("ndcg", "recall", "coverage")}


def test_the_planted_better_candidate_is_better(evaluate: Evaluate) -> None:
    """By wide margins, and with intervals that do not touch."""
    base, candidate = (evaluate(sample(name)).table("scores").to_pylist() for name in ("base", "candidate"))
    assert [(row["metric"], row["k"], row["segment"]) for row in base] == [
        (row["metric"], row["k"], row["segment"]) for row in candidate
    ]
    for before, after in zip(base, candidate, strict=True):
        if before["segment"] != "all":
            continue
        if before["metric"] == "gini":
            assert after["value"] < before["value"] - 0.3
        elif before["low"] is None:
            assert after["value"] > before["value"] + 0.3
        else:
            assert after["low"] > before["high"]


def test_metrics_hold_the_same_values_as_scores(evaluate: Evaluate) -> None:
    result = evaluate(sample("candidate", "segments"), ks=[10])
    metrics = result.metrics()
    for row in result.table("scores").to_pylist():
        name = f"{row['metric']}@10" + ("" if row["segment"] == "all" else f"/{row['segment']}")
        assert metrics[name] == row["value"]
    assert {"ndcg@10", "ndcg@10/heavy", "gini@10/unassigned"} <= metrics.keys()


def test_who_has_no_recommendations_counts_as_0(evaluate: Evaluate) -> None:
    test = interactions({"hit": ["a"], "miss": ["c"], "forgotten": ["a"], "unlucky": ["b"]})
    metrics = evaluate(small(test=test), ks=[2]).metrics()
    assert metrics["hit_rate@2"] == 1 / 4
    assert metrics["users"] == 4
    assert metrics["users_without_recommendations"] == 2


def test_who_has_no_held_out_items_counts_for_the_catalogue_only(evaluate: Evaluate) -> None:
    more = recommendations({"hit": ["a", "b"], "miss": ["a", "b"], "guest": ["d", "c"]})
    before, after = evaluate(small(), ks=[2]), evaluate(small(recommendations=more), ks=[2])
    assert after.metrics()["hit_rate@2"] == before.metrics()["hit_rate@2"] == 1 / 2
    assert (before.metrics()["coverage@2"], after.metrics()["coverage@2"]) == (0.5, 1.0)
    assert after.metrics()["users_without_test"] == 1


def test_novelty_is_the_self_information_in_train(evaluate: Evaluate) -> None:
    """Three users in train; one of them knows a, one knows b."""
    assert evaluate(small(), ks=[2]).metrics()["novelty@2"] == pytest.approx(math.log2(3))


def test_items_are_the_catalogue_if_given(evaluate: Evaluate) -> None:
    items = pa.table({"item_id": list("abcdefgh")})
    assert evaluate(small(items=items), ks=[2]).metrics()["coverage@2"] == 2 / 8
    lacking = evaluate(small(items=pa.table({"item_id": ["a", "z"]})), ks=[2]).metrics()
    assert lacking["coverage@2"] == 1 / 2
    assert lacking["items_outside_catalogue"] == 1


def test_weights_are_gains_if_asked_for(evaluate: Evaluate) -> None:
    test = pa.table({"user_id": ["hit", "hit"], "item_id": ["a", "b"], "weight": [1.0, 3.0]})
    binary = evaluate(small(test=test), ks=[2]).metrics()
    weighted = evaluate(small(test=test), ks=[2], relevance="weight").metrics()
    assert binary["ndcg@2"] == 1
    assert weighted["ndcg@2"] == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))
    assert weighted["recall@2"] == binary["recall@2"] == 1


def test_a_value_that_cannot_be_computed_is_null_and_not_in_metrics(evaluate: Evaluate) -> None:
    """Segment `guest` has a list and no ground truth; segment `absent` has neither."""
    lists = recommendations({"hit": ["a", "b"], "miss": ["a", "b"], "guest": ["d", "c"]})
    segments = pa.table({"user_id": ["hit", "miss", "guest", "nobody"], "segment": ["x", "x", "guest", "absent"]})
    result = evaluate(small(recommendations=lists, segments=segments), ks=[2])
    rows = {(row["metric"], row["segment"]): row for row in result.table("scores").to_pylist()}
    assert rows["ndcg", "guest"] | {"value": None, "low": None, "high": None, "users": 0} == rows["ndcg", "guest"]
    assert rows["coverage", "guest"]["value"] == 0.5
    assert rows["coverage", "absent"]["value"] is rows["novelty", "absent"]["value"] is None
    assert not {"ndcg@2/guest", "coverage@2/absent", "novelty@2/absent"} & result.metrics().keys()


def test_a_single_user_and_a_set_of_lists_have_no_interval(evaluate: Evaluate) -> None:
    table = evaluate(small(test=interactions({"hit": ["a"]})), ks=[2]).table("scores").to_pylist()
    without = {row["metric"] for row in table if row["segment"] == "all" and row["low"] is None}
    assert without == {"ndcg", "recall", "precision", "map", "mrr", "hit_rate", "coverage", "gini"}


def test_no_bootstrap_no_intervals(evaluate: Evaluate) -> None:
    table = evaluate(sample("base"), bootstrap_samples=0).table("scores")
    assert table["low"].null_count == table["high"].null_count == table.num_rows
    assert table["value"].null_count == 0


def test_same_seed_same_result(evaluate: Evaluate) -> None:
    digests = [evaluate(sample("base"), seed=seed).sidecar("scores").digest for seed in (3, 3, 4)]
    assert digests[0] == digests[1] != digests[2]


def test_the_order_of_rows_does_not_matter(evaluate: Evaluate) -> None:
    table = small()["recommendations"]
    shuffled = table.take([3, 0, 2, 1])
    assert (
        evaluate(small()).sidecar("scores").digest == evaluate(small(recommendations=shuffled)).sidecar("scores").digest
    )


@pytest.mark.parametrize("chosen", [["novelty"], ["map", "gini"]])
def test_a_subset_of_metrics_has_the_same_values_and_intervals(evaluate: Evaluate, chosen: list[str]) -> None:
    whole = evaluate(sample("base"), ks=[5]).table("scores").to_pylist()
    subset = evaluate(sample("base"), ks=[5], metric_names=chosen).table("scores").to_pylist()
    expected = [row for row in whole if row["metric"] in chosen]
    assert [(row["metric"], row["segment"], row["users"]) for row in subset] == [
        (row["metric"], row["segment"], row["users"]) for row in expected
    ]
    assert [row["value"] for row in subset] == [row["value"] for row in expected]
    for column in ("low", "high"):
        for row, wanted in zip(subset, expected, strict=True):
            assert row[column] == (wanted[column] and pytest.approx(wanted[column], abs=1e-12))


def test_segments_by_history(evaluate: Evaluate) -> None:
    segments = evaluate(sample("base"), segment_edges=[8], ks=[5]).table("scores")["segment"].unique().to_pylist()
    assert segments == ["all", "history-0-7", "history-8+"]
    assert evaluate(sample("base"), segment_edges=[]).table("scores")["segment"].unique().to_pylist() == ["all"]


def test_users_of_segments_add_up(evaluate: Evaluate) -> None:
    rows = evaluate(sample("base", "segments"), ks=[5]).table("scores").to_pylist()
    for metric in ("ndcg", "coverage"):
        users = {row["segment"]: row["users"] for row in rows if row["metric"] == metric}
        assert users.pop("all") == sum(users.values()) == 280


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"test": interactions({"stranger": ["a"]})}, "no user in common"),
        ({"recommendations": recommendations({"hit": ["X1", "X2"]})}, "no recommended item is in"),
        ({"test": interactions({"hit": ["a"]}, weight=0.0)}, "every weight is 0"),
        ({"recommendations": recommendations({"hit": ["a", "b", "a"]})}, "more than once"),
        ({"segments": pa.table({"user_id": ["hit"], "segment": ["all"]})}, "'all' cannot be the name"),
    ],
)
def test_data_without_a_meaning_is_refused(evaluate: Evaluate, changed: dict[str, pa.Table], message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate(small(**changed), relevance="weight")


@pytest.mark.parametrize("ranks", [[1, 1], [1, 3], [0, 1], [1, None]])
def test_ranks_that_are_no_ranking_are_refused(evaluate: Evaluate, ranks: list[int | None]) -> None:
    table = pa.table({"user_id": ["hit", "hit"], "item_id": ["a", "b"], "rank": pa.array(ranks, pa.int64())})
    with pytest.raises(DataError, match="rank"):
        evaluate(small(recommendations=table))
