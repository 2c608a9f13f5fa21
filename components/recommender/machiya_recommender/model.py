"""A trained model, and the folder it is kept in.

::

    model.json          format, formatVersion, algorithm, parameters, hasBias
    users.arrow         column id: sorted user ids        (Arrow IPC, uncompressed)
    items.arrow         column id: sorted item ids, column users: how many users the item has (its popularity)
    user_factors.npy    float32 (users, dimensions)       als, bpr
    item_factors.npy    float32 (items, dimensions)       als, bpr
    neighbours_{indptr,indices,similarity}.npy            item-knn: CSR (items, items), indices sorted

Everything is memory-mapped when it is loaded, and nothing is pickled: loading a model cannot run code.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors

Algorithm = Literal["als", "bpr", "item-knn", "popularity"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)

FORMAT = "machiya-recommender"
FORMAT_VERSION = 1

_NEIGHBOURS = {"indptr": np.integer, "indices": np.integer, "similarity": np.float32}


@dataclass(frozen=True)
class Model:
    """users, items: sorted unique ids (Arrow strings). popularity: int64 (items,), users per item, at least 1.

    factors: for als and bpr. neighbours: for item-knn, CSR (items, items) float32 without a diagonal.
    """

    algorithm: Algorithm
    parameters: Mapping[str, int | float | str]
    users: pa.Array
    items: pa.Array
    popularity: NDArray[np.int64]
    factors: Factors | None = None
    neighbours: csr_matrix | None = None


def save_model(model: Model, folder: Path) -> None:
    """Write the model into an existing folder. Equal models give equal bytes."""
    description = {
        "format": FORMAT,
        "formatVersion": FORMAT_VERSION,
        "algorithm": model.algorithm,
        "parameters": dict(model.parameters),
        "hasBias": model.factors is not None and model.factors.bias,
    }
    text = json.dumps(description, indent=2, ensure_ascii=False, allow_nan=False, sort_keys=True)
    (folder / "model.json").write_text(text + "\n", encoding="utf-8")
    _write_arrow(folder / "users.arrow", pa.table({"id": model.users}))
    _write_arrow(folder / "items.arrow", pa.table({"id": model.items, "users": pa.array(model.popularity)}))
    if model.factors is not None:
        _write_array(folder / "user_factors.npy", model.factors.users)
        _write_array(folder / "item_factors.npy", model.factors.items)
    if model.neighbours is not None:
        _write_array(folder / "neighbours_indptr.npy", model.neighbours.indptr)
        _write_array(folder / "neighbours_indices.npy", model.neighbours.indices)
        _write_array(folder / "neighbours_similarity.npy", model.neighbours.data)


def load_model(folder: Path) -> Model:
    """Map a model from its folder.

    Raises InvalidInputError: no model, one of another format or version, or one whose files are damaged or disagree.
    """
    description = _read_description(folder / "model.json")
    try:
        return _load(folder, description)
    except InvalidInputError:
        raise
    except (OSError, EOFError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InvalidInputError(
            f"The model in {folder} is damaged: {reason}.", "Train it again, or copy it again."
        ) from error


def _load(folder: Path, description: Mapping[str, Any]) -> Model:
    users, items = _read_arrow(folder / "users.arrow"), _read_arrow(folder / "items.arrow")
    algorithm, popularity = description["algorithm"], items["users"].to_numpy()
    factors = neighbours = None
    if algorithm in ("als", "bpr"):
        factors = _load_factors(folder, users.num_rows, items.num_rows, bool(description["hasBias"]))
    elif algorithm == "item-knn":
        neighbours = _load_neighbours(folder, items.num_rows)
    _require(users.num_rows > 0 and items.num_rows > 0, "it has no users or no items")
    _require(popularity.dtype == np.int64, "the popularity is not int64")
    return Model(algorithm, description["parameters"], _ids(users), _ids(items), popularity, factors, neighbours)


def _ids(table: pa.Table) -> pa.Array:
    ids = table["id"].combine_chunks()
    _require(pc.all(pc.less(ids[:-1], ids[1:]), min_count=0).as_py(), "its ids are not sorted, or not unique")
    return ids


def _load_factors(folder: Path, users: int, items: int, bias: bool) -> Factors:
    factors = Factors(_read_array(folder / "user_factors.npy"), _read_array(folder / "item_factors.npy"), bias)
    dimensions = factors.users.shape[-1]
    _require(factors.users.shape == (users, dimensions), "user_factors.npy and users.arrow disagree")
    _require(factors.items.shape == (items, dimensions), "item_factors.npy, items.arrow and user_factors.npy disagree")
    _require(factors.users.dtype == factors.items.dtype == np.float32, "the factors are not float32")
    return factors


def _load_neighbours(folder: Path, items: int) -> csr_matrix:
    parts = {name: _read_array(folder / f"neighbours_{name}.npy") for name in _NEIGHBOURS}
    for name, kind in _NEIGHBOURS.items():
        _require(np.issubdtype(parts[name].dtype, kind), f"neighbours_{name}.npy is not {kind.__name__}")
    matrix = csr_matrix((parts["similarity"], parts["indices"], parts["indptr"]), shape=(items, items))
    matrix.check_format(full_check=True)  # an index out of range would be read by compiled code without a check
    return matrix


def _read_description(path: Path) -> Mapping[str, Any]:
    remedy = f"Give a model that this component trained (format version {FORMAT_VERSION})."
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInputError(f"There is no model: {path} is missing.", remedy) from None
    except ValueError as error:
        raise InvalidInputError(f"{path} is not JSON: {error}.", remedy) from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise InvalidInputError(f"{path} does not describe a model of this component.", remedy)
    version = description.get("formatVersion")
    if version != FORMAT_VERSION:
        raise InvalidInputError(
            f"The model has format version {version}; this component reads version {FORMAT_VERSION}.",
            "Train it again with this version of the component, or use the version that trained it.",
        )
    if description.get("algorithm") not in ALGORITHMS:
        raise InvalidInputError(f"The model has the unknown algorithm {description.get('algorithm')!r}.", remedy)
    return description


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise ValueError(problem)


def _write_arrow(path: Path, table: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def _read_arrow(path: Path) -> pa.Table:
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    table.validate(full=True)
    return table


def _write_array(path: Path, array: NDArray[Any]) -> None:
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)


def _read_array(path: Path) -> NDArray[Any]:
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
