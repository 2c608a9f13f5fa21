"""The model folder: what is written is what is read, and nothing else is accepted."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy.sparse import csr_matrix

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors
from machiya_recommender.model import ALGORITHMS, FORMAT_VERSION, Algorithm, Model, load_model, save_model

IDS = ["", "a", "長い" * 200, "😀"]


def made(algorithm: Algorithm) -> Model:
    rng = np.random.default_rng(0)
    factors = neighbours = None
    if algorithm in ("als", "bpr"):
        items = rng.random((4, 5), dtype=np.float32)
        factors = Factors(rng.random((2, 5), dtype=np.float32), items, bias=algorithm == "bpr")
    if algorithm == "item-knn":
        neighbours = csr_matrix(np.array([[0, 0.5, 0, 0], [0.5, 0, 0.25, 0], [0, 0.25, 0, 0], [0] * 4], np.float32))
    users, items_ = pa.array(["u", "v"]), pa.array(IDS)
    return Model(algorithm, {"factors": 5, "alpha": 0.5}, users, items_, np.array([1, 2, 2, 1]), factors, neighbours)


@pytest.fixture(params=ALGORITHMS)
def model(request: pytest.FixtureRequest) -> Model:
    return made(request.param)


def test_a_model_comes_back_as_it_was(model: Model, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    back = load_model(tmp_path)
    assert (back.algorithm, back.parameters) == (model.algorithm, model.parameters)
    assert back.users.equals(model.users)
    assert back.items.equals(model.items)
    assert back.popularity.tolist() == model.popularity.tolist()
    if model.factors is not None and back.factors is not None:
        assert back.factors.bias == model.factors.bias
        assert back.factors.users.tobytes() == model.factors.users.tobytes()
        assert back.factors.items.tobytes() == model.factors.items.tobytes()
    if model.neighbours is not None and back.neighbours is not None:
        assert (back.neighbours.toarray() == model.neighbours.toarray()).all()
    assert (back.factors is None, back.neighbours is None) == (model.factors is None, model.neighbours is None)


def test_arrays_are_memory_mapped(tmp_path: Path) -> None:
    save_model(made("als"), tmp_path)
    factors = load_model(tmp_path).factors
    assert factors is not None
    assert isinstance(factors.items.base, np.memmap)
    assert not factors.items.flags.writeable


def test_equal_models_give_equal_bytes(model: Model, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
        save_model(model, folder)
    one, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == other


def test_nothing_is_pickled(model: Model, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} <= {".json", ".arrow", ".npy"}
    for path in tmp_path.glob("*.npy"):
        np.load(path, allow_pickle=False)


def test_a_pickle_in_place_of_an_array_is_refused(tmp_path: Path) -> None:
    save_model(made("als"), tmp_path)
    np.save(tmp_path / "item_factors.npy", np.array([{"code": "here"}], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidInputError, match="damaged"):
        load_model(tmp_path)


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, 0, "1", None])
def test_another_format_version_is_refused(tmp_path: Path, version: object) -> None:
    save_model(made("popularity"), tmp_path)
    edit(tmp_path, formatVersion=version)
    with pytest.raises(InvalidInputError, match=f"format version {version}; this component reads version 1") as caught:
        load_model(tmp_path)
    assert "Train it again" in caught.value.remedy


def edit(folder: Path, **changes: object) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "does not describe a model"),
        ('{"format": "another"}', "does not describe a model"),
        ('{"format": "machiya-recommender", "formatVersion": 1, "algorithm": "magic"}', "unknown algorithm 'magic'"),
    ],
)
def test_a_strange_description_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    save_model(made("popularity"), tmp_path)
    (tmp_path / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError, match=problem):
        load_model(tmp_path)


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"model\.json is missing"):
        load_model(tmp_path)


def test_a_file_that_is_missing_or_cut_off_is_refused(model: Model, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        for damaged in (whole[: len(whole) // 2], b"", None):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            with pytest.raises(InvalidInputError):
                load_model(tmp_path)
            path.write_bytes(whole)
    load_model(tmp_path)


def shorter_users(model: Model) -> Model:
    return replace(model, users=model.users[:1])


def shorter_items(model: Model) -> Model:
    return replace(model, items=model.items[:3], popularity=model.popularity[:3])


def doubles(model: Model) -> Model:
    assert model.factors is not None
    return replace(model, factors=Factors(model.factors.users.astype(np.float64), model.factors.items))


def unsorted(model: Model) -> Model:
    return replace(model, items=model.items.take(pa.array([1, 0, 2, 3])))


def repeated(model: Model) -> Model:
    return replace(model, users=pa.array(["u", "u"]))


def nobody(model: Model) -> Model:
    return replace(model, users=model.users[:0], factors=Factors(np.empty((0, 5), np.float32), model.factors.items))  # type: ignore[union-attr]


@pytest.mark.parametrize("change", [shorter_users, shorter_items, doubles, unsorted, repeated, nobody])
def test_files_that_disagree_are_refused(tmp_path: Path, change: Callable[[Model], Model]) -> None:
    save_model(change(made("als")), tmp_path)
    with pytest.raises(InvalidInputError, match="damaged"):
        load_model(tmp_path)


def test_neighbours_out_of_range_are_refused(tmp_path: Path) -> None:
    save_model(made("item-knn"), tmp_path)
    np.save(tmp_path / "neighbours_indices.npy", np.array([1, 0, 2, 99], dtype=np.int32))
    with pytest.raises(InvalidInputError, match="damaged"):
        load_model(tmp_path)


def test_a_model_without_any_neighbours_is_one(tmp_path: Path) -> None:
    save_model(replace(made("item-knn"), neighbours=csr_matrix(np.zeros((4, 4), np.float32))), tmp_path)
    neighbours = load_model(tmp_path).neighbours
    assert neighbours is not None
    assert neighbours.nnz == 0
