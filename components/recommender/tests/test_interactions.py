"""From columns to matrices."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pytest

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.interactions import Interactions, build_interactions

Build = Callable[[list[tuple[str, str, float]]], Interactions]
NAMES = ["user_id", "item_id", "weight"]

AWKWARD = ["", " ", "A", "Z", "a", "é", "ü" * 300, "ユーザー", "😀", "𠮷"]


def column(values: list[object], type_: pa.DataType) -> pa.ChunkedArray:
    """The values in chunks of two, as Parquet gives them."""
    chunks = [pa.array(values[start : start + 2], type_) for start in range(0, len(values), 2)]
    return pa.chunked_array(chunks, type_)


def rows(users: Sequence[str | None], items: Sequence[str | None], weights: Sequence[float | None]) -> pa.Table:
    """A batch of rows."""
    types = (pa.string(), pa.string(), pa.float64())
    return pa.table(
        [column(list(each), type_) for each, type_ in zip((users, items, weights), types, strict=True)], NAMES
    )


def same(one: Interactions, other: Interactions) -> bool:
    """Whether both are equal to the last bit."""
    arrays = [(getattr(one.weights, name), getattr(other.weights, name)) for name in ("data", "indices", "indptr")]
    equal = all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in arrays)
    return equal and one.users.equals(other.users) and one.items.equals(other.items)


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
    only_users_in_order = sorted(shuffled, key=lambda pair: pair[0])
    for other in (shuffled, only_users_in_order):
        assert same(interactions(pairs), interactions(other))


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("order", [sorted, lambda pairs: pairs])
def test_batches_do_not_matter(
    interactions: Build, size: int, order: Callable[..., list[tuple[str, str, float]]]
) -> None:
    rng = np.random.default_rng(4)
    pairs = [(user, item, float(rng.integers(0, 3))) for user in AWKWARD for item in AWKWARD if rng.random() < 0.5]
    pairs = order([pairs[place] for place in rng.permutation(len(pairs))])
    plain = [rows(*zip(*pairs[start : start + size], strict=True)) for start in range(0, len(pairs), size)]
    encoded = [
        batch.set_column(0, "user_id", batch["user_id"].dictionary_encode()).set_column(
            1, "item_id", batch["item_id"].dictionary_encode()
        )
        for batch in plain
    ]
    whole = interactions(pairs)
    assert {
        (whole.users[user].as_py(), whole.items[item].as_py(), float(weight))
        for user, item, weight in zip(*whole.weights.nonzero(), whole.weights.data, strict=True)
    } == {pair for pair in pairs if pair[2] > 0}
    for batches in (plain, [rows([], [], []), *plain], encoded):
        assert same(build_interactions(iter(batches)), whole)


def test_ids_with_small_codes_may_be_many() -> None:
    def encoded(first: int) -> pa.Table:
        names = pa.array([f"u{number:03d}" for number in range(first, first + 100)])
        plain = rows(names.to_pylist(), ["x"] * 100, [1.0] * 100)
        return plain.set_column(0, "user_id", names.cast(pa.dictionary(pa.int8(), pa.string())))

    data = build_interactions([encoded(0), encoded(100)])
    assert data.users.to_pylist() == [f"u{number:03d}" for number in range(200)]
    assert data.weights.sum() == 200


def test_a_dictionary_may_hold_ids_that_do_not_occur(interactions: Build) -> None:
    users = pa.DictionaryArray.from_arrays(pa.array([2, 0], pa.int32()), ["b", "nobody", "a"])
    batch = pa.table([users, pa.array(["x", "y"]), pa.array([1.0, 2.0])], NAMES)
    assert same(build_interactions([batch]), interactions([("a", "x", 1.0), ("b", "y", 2.0)]))


def test_chunks_and_large_strings_and_whole_numbers_are_welcome() -> None:
    columns = column(["a", "b", "a"], pa.large_string()), column(["x", "x", "y"], pa.string())
    data = build_interactions([pa.table([*columns, column([1, 2, 3], pa.int64())], NAMES)])
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


def test_rows_are_counted_over_all_batches() -> None:
    batches = [rows(["a", "a"], ["x", "y"], [1.0, 1.0]), rows(["a", "b"], ["z", "x"], [1.0, float("inf")])]
    with pytest.raises(InvalidInputError, match="the first in row 3: inf"):
        build_interactions(batches)


def test_a_missing_weight_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="'weight' of the interactions misses 1"):
        build_interactions([rows(["a", "b"], ["x", "x"], [1.0, None])])


@pytest.mark.parametrize("name", ["user_id", "item_id"])
def test_a_missing_id_is_refused(name: str) -> None:
    columns: dict[str, list[str | None]] = {other: ["a", "b"] for other in ("user_id", "item_id")}
    columns[name] = ["a", None]
    with pytest.raises(InvalidInputError, match=f"'{name}' of the interactions misses 1"):
        build_interactions([rows(columns["user_id"], columns["item_id"], [1.0, 1.0])])


def test_a_repeated_pair_is_refused(interactions: Build) -> None:
    with pytest.raises(InvalidInputError, match=r"2 row\(s\) of the interactions repeat a pair"):
        interactions([("a", "x", 1.0), ("b", "x", 1.0), ("a", "x", 2.0), ("a", "x", 1.0)])


def test_no_positive_weight_is_refused(interactions: Build) -> None:
    with pytest.raises(InvalidInputError, match="no positive weight"):
        interactions([("a", "x", 0.0)])


def test_no_rows_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="no positive weight"):
        build_interactions([])
