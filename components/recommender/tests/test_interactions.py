"""From columns to matrices."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.interactions import Interactions, build_interactions

Build = Callable[[list[tuple[str, str, float]]], Interactions]

AWKWARD = ["", " ", "A", "Z", "a", "é", "ü" * 300, "ユーザー", "😀", "𠮷"]


def column(values: list[object], type_: pa.DataType) -> pa.ChunkedArray:
    """The values in chunks of two, as Parquet gives them."""
    chunks = [pa.array(values[start : start + 2], type_) for start in range(0, len(values), 2)]
    return pa.chunked_array(chunks, type_)


def test_the_matrix_holds_the_weights_at_sorted_ids(interactions: Build) -> None:
    data = interactions([("b", "y", 2.0), ("a", "z", 3.0), ("b", "x", 0.5)])
    assert data.users.to_pylist() == ["a", "b"]
    assert data.items.to_pylist() == ["x", "y", "z"]
    assert data.weights.toarray().tolist() == [[0, 0, 3], [0.5, 2, 0]]
    assert data.weights.dtype == np.float32
    assert data.weights.indices.dtype == np.int32, "implicit's compiled code needs 32 bits"


def test_ids_of_any_script_and_length_are_sorted_by_code_points(interactions: Build) -> None:
    data = interactions([(name, name, 1.0) for name in reversed(AWKWARD)])
    assert data.users.to_pylist() == data.items.to_pylist() == sorted(AWKWARD)
    assert (data.weights.toarray() == np.eye(len(AWKWARD))).all()


def test_the_order_of_rows_does_not_matter(interactions: Build) -> None:
    rng = np.random.default_rng(3)
    pairs = [(f"u{user}", f"i{item}", float(rng.integers(1, 9))) for user in range(9) for item in range(7)]
    shuffled = [pairs[place] for place in rng.permutation(len(pairs))]
    one, other = interactions(pairs), interactions(shuffled)
    for name in ("data", "indices", "indptr"):
        assert getattr(one.weights, name).tobytes() == getattr(other.weights, name).tobytes()


def test_chunks_and_large_strings_and_whole_numbers_are_welcome() -> None:
    data = build_interactions(
        column(["a", "b", "a"], pa.large_string()), column(["x", "x", "y"], pa.string()), column([1, 2, 3], pa.int64())
    )
    assert data.weights.toarray().tolist() == [[1, 3], [2, 0]]


def test_a_pair_without_weight_is_left_out_with_who_has_nothing_else(interactions: Build) -> None:
    data = interactions([("a", "x", 1.0), ("a", "nobody", 0.0), ("idle", "x", 0.0), ("tiny", "x", 1e-300)])
    assert data.users.to_pylist() == ["a"]
    assert data.items.to_pylist() == ["x"]
    assert data.weights.nnz == 1


@pytest.mark.parametrize("weight", [float("nan"), -1.0, float("inf"), float("-inf"), 1e39])
def test_a_weight_that_is_no_weight_is_refused_with_its_row(interactions: Build, weight: float) -> None:
    with pytest.raises(InvalidInputError, match=r"1 weight.* the first in row 1") as caught:
        interactions([("a", "x", 1.0), ("a", "y", weight)])
    assert "0 to 3.4e38" in caught.value.remedy


def test_a_missing_weight_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="'weight' of the interactions misses 1"):
        build_interactions(
            column(["a", "b"], pa.string()), column(["x", "x"], pa.string()), column([1.0, None], pa.float64())
        )


@pytest.mark.parametrize("name", ["user_id", "item_id"])
def test_a_missing_id_is_refused(name: str) -> None:
    columns = {other: column(["a", "b"], pa.string()) for other in ("user_id", "item_id")}
    columns[name] = column(["a", None], pa.string())
    with pytest.raises(InvalidInputError, match=f"'{name}' of the interactions misses 1"):
        build_interactions(columns["user_id"], columns["item_id"], column([1.0, 1.0], pa.float64()))


def test_a_repeated_pair_is_refused(interactions: Build) -> None:
    with pytest.raises(InvalidInputError, match=r"2 row\(s\) of the interactions repeat a pair"):
        interactions([("a", "x", 1.0), ("b", "x", 1.0), ("a", "x", 2.0), ("a", "x", 1.0)])


def test_no_positive_weight_is_refused(interactions: Build) -> None:
    with pytest.raises(InvalidInputError, match="no positive weight"):
        interactions([("a", "x", 0.0)])
