"""Memos: outputs by cache and key, held by one at a time, in folders and at URLs."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest

from machiya.engines.local.argo.interpreter.commands import Recall, Remember
from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Outputs
from machiya.engines.local.cache import DirectoryMemo, Memo, MemoEntry, MemoLock, open_memo
from machiya.engines.local.memory import Memory
from machiya.engines.local.store import DirectoryStore, StoreError

OUTPUTS = Outputs({"o": "1"}, {"a": ArtifactValue("k", digest="d")}, "r", 0)
ENTRY = MemoEntry(OUTPUTS, 5.0, "run", "node")
Open = Callable[[str], Memo]


@pytest.fixture(params=["directory", "memory"])
def open_home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the memo of one place from the home of that name."""
    location = str(tmp_path / "team") if request.param == "directory" else "memory://memos/team"
    yield lambda home: open_memo(location, tmp_path / home)
    fsspec.filesystem("memory").store.clear()


def test_what_one_home_remembers_another_looks_up(open_home: Open) -> None:
    memo, other = open_home("one"), open_home("other")
    assert memo.lookup("cache", "key") is None
    memo.save("cache", "key", ENTRY)
    assert other.lookup("cache", "key") == ENTRY
    assert other.lookup("other", "key") is None


def test_a_key_is_held_by_one_until_it_is_given_free(open_home: Open) -> None:
    memo, other = open_home("one"), open_home("one")
    lock = memo.try_lock("cache", "key")
    assert lock is not None
    assert other.try_lock("cache", "key") is None
    lock.release()
    again = other.try_lock("cache", "key")
    assert again is not None
    again.release()


def test_all_entries_are_listed_and_forgotten_unless_they_are_held(open_home: Open) -> None:
    memo = open_home("one")
    memo.save("a", "k-1", ENTRY)
    memo.save("b", "k.2", ENTRY)
    assert list(memo.entries()) == [("a", "k-1", ENTRY), ("b", "k.2", ENTRY)]
    lock = memo.try_lock("a", "k-1")
    assert lock is not None
    for cache, key, _ in list(memo.entries()):
        memo.forget(cache, key)
    assert list(memo.entries()) == [("a", "k-1", ENTRY)]
    lock.release()
    memo.forget("a", "k-1")
    assert list(memo.entries()) == []
    memo.forget("a", "k-1")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"outputs": {}}', '{"outputs": [], "created": "x"}'])
def test_an_entry_that_cannot_be_understood_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "key.json").write_text(text)
    memo = DirectoryMemo(tmp_path)
    assert memo.lookup("cache", "key") is None
    assert list(memo.entries()) == [("cache", "key", None)]


def test_a_forgotten_key_can_be_held_by_one_only(tmp_path: Path) -> None:
    memo = DirectoryMemo(tmp_path)
    memo.save("cache", "key", ENTRY)
    memo.forget("cache", "key")
    lock = memo.try_lock("cache", "key")
    assert lock is not None
    assert memo.try_lock("cache", "key") is None
    lock.release()


def test_nothing_named_means_below_home(tmp_path: Path) -> None:
    open_memo("", tmp_path).save("cache", "key", ENTRY)
    assert DirectoryMemo(tmp_path / "cache").lookup("cache", "key") == ENTRY


class Unreachable(DirectoryMemo):
    """Can be locked, and neither read nor written."""

    def lookup(self, cache: str, key: str) -> MemoEntry | None:
        raise StoreError("s3://bucket cannot be reached.")

    def save(self, cache: str, key: str, entry: MemoEntry) -> None:
        raise StoreError("s3://bucket cannot be reached.")


def test_no_step_fails_by_a_memory_that_cannot_be_reached(tmp_path: Path) -> None:
    memo, notes = Unreachable(tmp_path / "memo"), list[str]()
    memory = Memory(memo, DirectoryStore(tmp_path / "store"), "run", lambda: False, notes.append)

    async def recall_and_remember() -> tuple[Outputs | None, MemoLock | None, MemoLock | None]:
        outputs = await memory.recall(Recall("node", "key", "cache", None))
        during = memo.try_lock("cache", "key")
        await memory.remember(Remember("node", "key", "cache", OUTPUTS))
        return outputs, during, memo.try_lock("cache", "key")

    outputs, during, after = asyncio.run(recall_and_remember())
    assert (outputs, during) == (None, None)
    assert after is not None
    after.release()
    assert [note.split(":")[0] for note in notes] == [
        "the cache could not be asked for key, so it is computed",
        "the outputs of node could not be kept in the cache",
    ]
