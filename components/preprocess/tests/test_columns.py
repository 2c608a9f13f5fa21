import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_preprocess.columns import MISSING, Codes, as_text, constant
from machiya_preprocess.encoder import Encoder, encode

NAMES = st.one_of(st.none(), st.sampled_from(["", "a", "B", "é", "営業", "🏥", "007", "7"]))


def coded(*chunks: list[object]) -> Codes:
    return encode(as_text(pa.chunked_array(list(chunks))))


def test_codes_follow_the_order_of_the_values() -> None:
    column = coded(["b", "a"], ["b", "営業", "Z"])
    assert column.values.to_pylist() == ["Z", "a", "b", "営業"]
    assert column.codes.tolist() == [2, 1, 2, 3, 0]


def test_null_and_empty_text_have_no_code() -> None:
    column = coded(["a", None], ["", "a"])
    assert column.codes.tolist() == [0, MISSING, MISSING, 0]
    assert column.values.to_pylist() == ["a"]


def test_integers_of_64_bits_keep_every_digit() -> None:
    unsigned = encode(as_text(pa.chunked_array([pa.array([2**64 - 1, 7], pa.uint64())])))
    assert coded([2**62 + 1, -5]).values.to_pylist() == ["-5", "4611686018427387905"]
    assert unsigned.values.to_pylist() == ["18446744073709551615", "7"]


def test_integers_with_gaps_that_became_floats_are_integers_again() -> None:
    column = coded([12.0, None, float("nan"), 3.0])
    assert column.values.to_pylist() == ["12", "3"]
    assert column.codes.tolist() == [0, MISSING, MISSING, 1]


@pytest.mark.parametrize("values", [[1.5], [True], [[1]], [b"a"]])
def test_other_columns_are_no_names(values: list[object]) -> None:
    with pytest.raises(TypeError, match="not"):
        as_text(pa.chunked_array([values]))


def test_dictionaries_may_hold_unused_and_repeated_values_and_nulls() -> None:
    plain = pa.DictionaryArray.from_arrays(pa.array([2, 0, 1], pa.int8()), pa.array(["a", "a", "b", "unused"]))
    with_null = pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int8()), pa.array([None, "c"]))
    column = encode(as_text(pa.chunked_array([plain, with_null])))
    assert column.values.to_pylist() == ["a", "b", "c"]
    assert column.codes.tolist() == [1, 0, 0, MISSING, 2, MISSING]


def test_text_of_rows() -> None:
    column = coded(["b", None, "a"])
    assert column.text(pa.array([2, 1]).to_numpy()).to_pylist() == ["a", None]


def test_a_column_without_rows() -> None:
    column = encode(as_text(pa.chunked_array([], pa.string())))
    assert (len(column.codes), len(column.values)) == (0, 0)


def test_a_constant_column() -> None:
    assert constant("view", 2).text(pa.array([0, 1]).to_numpy()).to_pylist() == ["view", "view"]


@given(st.lists(st.lists(NAMES, max_size=6), min_size=1, max_size=4))
def test_codes_stand_for_the_values_however_rows_are_cut_up(chunks: list[list[str | None]]) -> None:
    rows = [value or None for chunk in chunks for value in chunk]
    column = encode(as_text(pa.chunked_array(chunks, pa.string())))
    assert [None if code == MISSING else column.values[code].as_py() for code in column.codes] == rows
    assert column.values.to_pylist() == sorted({value for value in rows if value}, key=str.encode)


BATCHES = st.lists(
    st.one_of(
        st.lists(NAMES, max_size=6).map(lambda values: pa.array(values, pa.string())),
        st.lists(NAMES, max_size=6).map(lambda values: pa.array(values, pa.string()).dictionary_encode()),
        st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(0, 9)), max_size=6).map(pa.array),
        st.lists(st.integers(0, 2**64 - 1), max_size=3).map(lambda values: pa.array(values, pa.uint64())),
        st.lists(st.one_of(st.none(), st.integers(0, 9).map(float)), max_size=4).map(
            lambda values: pa.array(values, pa.float64())
        ),
    ),
    max_size=6,
)


@given(BATCHES)
def test_a_column_may_come_in_batches_of_different_types(batches: list[pa.Array]) -> None:
    encoder = Encoder()
    codes = np.concatenate([np.empty(0, np.int32), *(encoder.add(pa.chunked_array([batch])) for batch in batches)])
    found = encoder.finish(codes)
    rows = [str(int(value) if isinstance(value, float) else value) for batch in batches for value in batch.to_pylist()]
    wanted = [None if row in ("", "None") else row for row in rows]
    assert [None if code == MISSING else found.values[code].as_py() for code in found.codes] == wanted
    assert found.values.to_pylist() == sorted({row for row in wanted if row}, key=str.encode)


@pytest.mark.parametrize("kind", [pa.int64(), pa.string()])
def test_tables_of_codes_grow(kind: pa.DataType) -> None:
    numbers = np.random.default_rng(3).integers(0, 2**60, 5000)
    batch = pa.array(np.repeat(numbers, 2)).cast(kind)
    encoder = Encoder()
    parts = [encoder.add(pa.chunked_array([batch.slice(start, 999)])) for start in range(0, len(batch), 999)]
    found = encoder.finish(np.concatenate(parts))
    assert found.text(np.arange(len(batch))).equals(batch.cast(pa.string()))


def test_long_texts_have_room() -> None:
    texts = ["x" * length for length in (1, 100_000, 50_000, 100_000)]
    encoder = Encoder()
    found = encoder.finish(encoder.add(pa.chunked_array([texts])))
    assert found.text(np.arange(4)).to_pylist() == texts
