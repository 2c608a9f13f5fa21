"""The operations through the kit, checks of the contract included."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from machiya_component import ArgumentsError, DataError
from machiya_component.testing import Result, run_operation
from tensorboardX.proto.event_pb2 import Event

from machiya_recommender.component import component

Pairs = list[tuple[str, str, float]]
Table = Callable[[Pairs], pa.Table]

LONG = "u" * 5_000
PAIRS: Pairs = [
    *((user, item, 1.0) for user in ("a", "b", "ユーザー", LONG) for item in ("x", "y")),
    ("b", "求人", 2.0),
    ("c", "y", 1.0),
    ("c", "z z", 4.0),
]
FAST = {"factors": 2, "iterations": 4}


def trained(folder: Path, pairs: pa.Table, algorithm: str = "als", **parameters: Any) -> Result:
    return run_operation(
        component,
        "train",
        inputs={"interactions": pairs},
        parameters={"algorithm": algorithm} | FAST | parameters,
        folder=folder / "train",
    )


def predicted(
    folder: Path, model: Path, pairs: pa.Table, users: list[str] | pa.Array | None = None, **parameters: Any
) -> Result:
    inputs: dict[str, Any] = {"model": model, "interactions": pairs}
    if users is not None:
        inputs["users"] = pa.table({"user_id": pa.array(users, pa.string()) if isinstance(users, list) else users})
    return run_operation(component, "predict", inputs=inputs, parameters=parameters, folder=folder / "predict")


def lists(result: Result) -> dict[str, list[tuple[str, str]]]:
    """user -> [(item, source)] by rank; ranks must count from 1."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in result.table("recommendations").to_pylist():
        found.setdefault(row["user_id"], []).append((row["item_id"], row["source"]))
        assert row["rank"] == len(found[row["user_id"]])
    assert list(found) == sorted(found)
    return found


@pytest.mark.parametrize("algorithm", ["als", "bpr", "item-knn", "popularity"])
def test_every_algorithm_trains_and_predicts(tmp_path: Path, table: Table, algorithm: str) -> None:
    model = trained(tmp_path, table(PAIRS), algorithm)
    assert model.metrics()["users"] == 5
    assert model.metrics()["items"] == 4
    assert model.metrics()["interactions"] == len(PAIRS)
    result = predicted(tmp_path, model.path("model"), table(PAIRS), n=2)
    seen = {user: {item for other, item, _ in PAIRS if other == user} for user, _, _ in PAIRS}
    for user, items in lists(result).items():
        assert len(items) == min(2, 4 - len(seen[user]))
        assert seen[user].isdisjoint(item for item, _ in items)
    assert set(lists(result)) == set(seen)


@pytest.mark.parametrize("algorithm", ["als", "bpr"])
def test_the_curve_is_in_the_metrics_and_in_tensorboard(tmp_path: Path, table: Table, algorithm: str) -> None:
    result = trained(tmp_path, table(PAIRS), algorithm)
    metrics = result.metrics()
    curve = [metrics[f"loss/{step:03d}"] for step in (1, 2, 3, 4)]
    assert metrics["loss"] == curve[-1]
    assert scalars(result.out / "_tensorboard", "loss") == pytest.approx(dict(enumerate(curve, start=1)))


def scalars(folder: Path, tag: str) -> dict[int, float]:
    """step -> value of a curve, read from TFRecord files: length, its checksum, an Event, its checksum."""
    found: dict[int, float] = {}
    for path in folder.iterdir():
        data, place = path.read_bytes(), 0
        while place < len(data):
            (length,) = struct.unpack_from("<Q", data, place)
            event = Event.FromString(data[place + 12 : place + 12 + length])
            for value in event.summary.value:
                if value.tag == tag:
                    found[event.step] = value.simple_value
            place += length + 16
    return found


def test_no_curve_for_an_algorithm_without_iterations(tmp_path: Path, table: Table) -> None:
    result = trained(tmp_path, table(PAIRS), "popularity")
    assert set(result.metrics()) == {"users", "items", "interactions"}
    assert not (result.out / "_tensorboard").exists()


@pytest.mark.parametrize("algorithm", ["als", "bpr", "item-knn", "popularity"])
def test_the_same_call_gives_the_same_digests(tmp_path: Path, table: Table, algorithm: str) -> None:
    one, other = (trained(tmp_path / name, table(PAIRS), algorithm) for name in ("one", "other"))
    for port in ("model", "metrics"):
        assert one.sidecar(port).digest == other.sidecar(port).digest


@pytest.mark.parametrize("algorithm", ["als", "bpr"])
def test_another_seed_gives_another_model(tmp_path: Path, table: Table, algorithm: str) -> None:
    one, other = (trained(tmp_path / str(seed), table(PAIRS), algorithm, seed=seed) for seed in (1, 2))
    assert one.sidecar("model").digest != other.sidecar("model").digest


def test_the_model_names_the_parameters_that_made_it(tmp_path: Path, table: Table) -> None:
    model = trained(tmp_path, table(PAIRS), "item-knn", neighbours=3).path("model")
    description = json.loads((model / "model.json").read_text(encoding="utf-8"))
    assert description["algorithm"] == "item-knn"
    assert description["parameters"] == {"neighbours": 3, "similarity": "cosine"}


def test_users_without_history_get_the_popular_items_as_fallback(tmp_path: Path, table: Table) -> None:
    model = trained(tmp_path, table(PAIRS)).path("model")
    result = predicted(tmp_path, model, table(PAIRS), users=["a", "new"], n=3)
    assert lists(result)["new"] == [("y", "fallback"), ("x", "fallback"), ("z z", "fallback")]
    assert {source for _, source in lists(result)["a"]} == {"model"}
    assert set(lists(result)) == {"a", "new"}, "users, where given, are exactly whom to recommend for"
    assert result.metrics() == {"users": 2, "fallback_users": 1, "short_users": 1, "rows": 5}


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_users_may_be_stored_as_any_kind_of_text(tmp_path: Path, table: Table, kind: pa.DataType) -> None:
    model = trained(tmp_path, table(PAIRS), "popularity").path("model")
    plain = predicted(tmp_path / "plain", model, table(PAIRS), users=["a", "new"])
    other = predicted(tmp_path / "other", model, table(PAIRS), users=pa.array(["new", "a"], pa.string()).cast(kind))
    assert lists(other) == lists(plain)


def test_the_fallback_leaves_out_what_a_user_unknown_to_the_model_has_seen(tmp_path: Path, table: Table) -> None:
    model = trained(tmp_path, table(PAIRS)).path("model")
    later = table([*PAIRS, ("new", "y", 1.0), ("new", "a posting the model does not know", 1.0)])
    assert lists(predicted(tmp_path, model, later, n=1))["new"] == [("x", "fallback")]


def test_n_beyond_the_catalogue_and_seen_items_on_request(tmp_path: Path, table: Table) -> None:
    model = trained(tmp_path, table(PAIRS)).path("model")
    result = predicted(tmp_path, model, table(PAIRS), n=1000, filter_seen=False)
    assert all(sorted(item for item, _ in items) == ["x", "y", "z z", "求人"] for items in lists(result).values())


def test_a_user_who_has_seen_everything_gets_no_rows(tmp_path: Path, table: Table) -> None:
    pairs = table([("a", "x", 1.0), ("b", "x", 1.0), ("b", "y", 1.0)])
    model = trained(tmp_path, pairs).path("model")
    result = predicted(tmp_path, model, pairs)
    assert lists(result) == {"a": [("y", "model")]}
    assert result.metrics()["short_users"] == 2


@pytest.mark.parametrize("algorithm", ["als", "bpr", "item-knn", "popularity"])
def test_one_user_and_one_item(tmp_path: Path, table: Table, algorithm: str) -> None:
    pairs = table([("a", "x", 1.0)])
    model = trained(tmp_path, pairs, algorithm).path("model")
    assert predicted(tmp_path, model, pairs).table("recommendations").num_rows == 0
    everything = predicted(tmp_path, model, pairs, users=["a", "new"], filter_seen=False)
    assert [item for item, _ in lists(everything)["a"]] == ["x"]
    assert lists(everything)["new"] == [("x", "fallback")]


def test_items_and_users_without_weight_are_not_in_the_model(tmp_path: Path, table: Table) -> None:
    model = trained(tmp_path, table([*PAIRS, ("a", "unloved", 0.0), ("idle", "x", 0.0)])).path("model")
    found = lists(predicted(tmp_path, model, table([*PAIRS, ("idle", "x", 0.0)]), n=10))
    assert all(item != "unloved" for items in found.values() for item, _ in items)
    assert found["idle"][0] == ("y", "fallback"), "x was seen, if without weight"


@pytest.mark.parametrize("shards", [2, 3, 5, 9])
@pytest.mark.parametrize("algorithm", ["als", "item-knn"])
def test_the_shards_in_their_order_equal_the_whole_table(
    tmp_path: Path, table: Table, algorithm: str, shards: int
) -> None:
    model = trained(tmp_path, table(PAIRS), algorithm).path("model")
    whole = predicted(tmp_path / "whole", model, table(PAIRS))
    parts = [
        predicted(tmp_path / str(shard), model, table(PAIRS), shard=shard, shards=shards) for shard in range(shards)
    ]
    assert pa.concat_tables([part.table("recommendations") for part in parts]).equals(whole.table("recommendations"))
    assert sum(part.metrics()["rows"] for part in parts) == whole.metrics()["rows"]


def test_a_shard_beyond_the_last_is_refused(tmp_path: Path, table: Table) -> None:
    model = trained(tmp_path, table(PAIRS)).path("model")
    with pytest.raises(ArgumentsError, match=r"no shard 3 of 3.*--shard 0 to 2"):
        predicted(tmp_path, model, table(PAIRS), shard=3, shards=3)


@pytest.mark.parametrize("algorithm", ["als", "bpr", "item-knn"])
def test_similar_lists_other_items_by_rank(tmp_path: Path, table: Table, algorithm: str) -> None:
    model = trained(tmp_path, table(PAIRS), algorithm).path("model")
    result = run_operation(component, "similar", inputs={"model": model}, parameters={"n": 2}, folder=tmp_path)
    rows = result.table("similar").to_pylist()
    assert {row["item_id"] for row in rows} == {"x", "y", "z z", "求人"}
    assert all(row["item_id"] != row["similar_item_id"] for row in rows)
    assert [row for row in rows if row["rank"] > 2] == []
    assert result.metrics() == {"items": 4, "items_alone": 0, "rows": len(rows)}


def test_similar_refuses_a_popularity_model(tmp_path: Path, table: Table) -> None:
    model = trained(tmp_path, table(PAIRS), "popularity").path("model")
    with pytest.raises(DataError, match="knows no similarity"):
        run_operation(component, "similar", inputs={"model": model}, folder=tmp_path)


@pytest.mark.parametrize(
    "bad",
    [
        [*PAIRS, PAIRS[0]],
        [("a", "x", float("nan"))],
        [("a", "x", -1.0)],
        [("a", "x", float("inf"))],
        [("a", "x", 0.0)],
        [],
    ],
    ids=["repeated pair", "NaN", "negative", "infinite", "no weight", "empty"],
)
def test_bad_interactions_are_refused_as_data(tmp_path: Path, table: Table, bad: Pairs) -> None:
    with pytest.raises(DataError) as caught:
        trained(tmp_path, table(bad))
    assert caught.value.remedy
    assert not (tmp_path / "train" / "out" / "model").exists()


def test_repeated_users_are_refused_as_data(tmp_path: Path, table: Table) -> None:
    model = trained(tmp_path, table(PAIRS)).path("model")
    with pytest.raises(DataError, match="user_id"):
        predicted(tmp_path, model, table(PAIRS), users=["a", "a"])


@pytest.mark.parametrize("operation", ["predict", "similar"])
def test_a_model_of_another_format_version_is_refused_as_data(tmp_path: Path, table: Table, operation: str) -> None:
    model = trained(tmp_path, table(PAIRS)).path("model")
    (model / "_artifact.json").unlink()
    path = model / "model.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"formatVersion": 1', '"formatVersion": 2'))
    inputs: dict[str, Any] = {"model": model} | ({"interactions": table(PAIRS)} if operation == "predict" else {})
    with pytest.raises(DataError, match="format version 2"):
        run_operation(component, operation, inputs=inputs, folder=tmp_path)


def test_a_training_that_diverges_is_refused_as_data(tmp_path: Path, table: Table) -> None:
    with pytest.raises(DataError, match="diverged"):
        trained(tmp_path, table([(user, item, 1e37) for user, item, _ in PAIRS]), iterations=30)
