"""Memos: outputs by cache and key, held by one at a time."""

from pathlib import Path

from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Outputs
from machiya.engines.local.cache import DirectoryMemo, MemoEntry


def test_memory_keeps_outputs_and_a_key_is_held_by_one(tmp_path: Path) -> None:
    memo = DirectoryMemo(tmp_path)
    outputs = Outputs({"o": "1"}, {"a": ArtifactValue("k", digest="d")}, "r", 0)
    assert memo.lookup("cache", "key") is None
    memo.save("cache", "key", MemoEntry(outputs, 5.0, "run", "node"))
    assert memo.lookup("cache", "key") == MemoEntry(outputs, 5.0, "run", "node")
    assert memo.lookup("other", "key") is None
    lock = memo.try_lock("cache", "key")
    assert lock is not None
    assert memo.try_lock("cache", "key") is None
    lock.release()
    again = memo.try_lock("cache", "key")
    assert again is not None
    again.release()
