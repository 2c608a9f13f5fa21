"""Ids as integers, against a dictionary of Python, and tables read in pieces."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_evaluation import sources
from machiya_evaluation.coding import Vocabulary, ascending, count_words, examples, rows_of
from machiya_evaluation.sources import InMemory, Parts

WORDS = st.lists(st.text(max_size=4), max_size=40)
KINDS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.large_string())]


@given(st.lists(WORDS, max_size=5), WORDS)
def test_codes_are_those_of_a_dictionary(columns: list[list[str]], others: list[str]) -> None:
    vocabulary, naive = Vocabulary(), dict[str, int]()
    for words in columns:
        expected = [naive.setdefault(word, len(naive)) for word in words]
        assert vocabulary.add(pa.array(words, pa.string())).tolist() == expected
    assert vocabulary.find(pa.array(others, pa.string())).tolist() == [naive.get(word, -1) for word in others]
    assert vocabulary.words().to_pylist() == list(naive)


def test_many_and_long_words() -> None:
    words = [f"{number}" * 9 for number in range(5000)]
    vocabulary = Vocabulary()
    assert vocabulary.add(pa.array(words)).tolist() == list(range(5000))
    assert vocabulary.find(pa.array(words[::-1])).tolist() == list(range(5000))[::-1]


def test_words_of_equal_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash that is the same for all words is slow and not wrong."""
    monkeypatch.setattr("machiya_evaluation.coding.hash_words", lambda *arrays: arrays[2].fill(7))
    vocabulary = Vocabulary()
    assert vocabulary.add(pa.array(["a", "b", "a", "ab", "b", ""])).tolist() == [0, 1, 0, 2, 1, 3]
    assert vocabulary.find(pa.array(["ba", "ab", ""])).tolist() == [-1, 2, 3]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_encoding_of_strings_is_read(kind: pa.DataType, tmp_path: Path) -> None:
    column = pa.chunked_array([pa.array(["b", "ä"]), pa.array(["b"])]).cast(kind)
    table = pa.table({"word": column.combine_chunks().slice(1)})
    pq.write_table(pa.table({"word": column}), tmp_path / "all.parquet")
    for source, expected in (
        (Parts([tmp_path / "all.parquet"]), {"b": 2, "ä": 1}),
        (InMemory(table), {"b": 1, "ä": 1}),
    ):
        vocabulary = Vocabulary()
        counts = count_words(source, "word", vocabulary)
        assert dict(zip(vocabulary.words().to_pylist(), counts.tolist(), strict=True)) == expected


def test_row_groups_and_parts_are_read_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a row group that is larger than what is read at once."""
    monkeypatch.setattr(sources, "BATCH_ROWS", 4)
    table = pa.table({"id": [f"{row % 7}" for row in range(50)], "row": range(50), "more": [0.5] * 50})
    pq.write_table(table[:20], tmp_path / "a.parquet", row_group_size=3)
    pq.write_table(table[20:], tmp_path / "b.parquet", row_group_size=11)
    found = list(Parts([tmp_path / "a.parquet", tmp_path / "b.parquet"]).batches("row", "id"))
    assert {batch.schema.names == ["row", "id"] for batch in found} == {True}
    assert [row for batch in found for row in batch.column(0).to_pylist()] == list(range(50))
    assert [word for batch in found for word in batch.column(1).to_pylist()] == table["id"].to_pylist()


def test_words_of_a_dictionary_that_no_row_has_do_not_count() -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([2, 2, 0], pa.int8()), pa.array(["a", "unused", "b"]))
    vocabulary = Vocabulary()
    counts = count_words(InMemory(pa.table({"word": column})), "word", vocabulary)
    assert rows_of(pa.array(["b", "unused", "other"], pa.large_string()), vocabulary, counts).tolist() == [2, 0, 0]


@given(st.lists(st.text(max_size=3), unique=True, max_size=20))
def test_ascending_is_by_the_bytes_of_the_words(words: list[str]) -> None:
    chosen = np.array([len(word) != 1 for word in words], np.bool_)
    order = ascending(pa.array(words, pa.large_string()), chosen)
    assert [words[code] for code in order] == sorted((word for word in words if len(word) != 1), key=str.encode)


def test_a_message_shows_only_a_few_ids() -> None:
    words = pa.array(list("abcde"))
    assert examples(words, np.arange(5)) == "'a', 'b', 'c', ..."
    assert examples(words, np.array([3, 1])) == "'d', 'b'"
