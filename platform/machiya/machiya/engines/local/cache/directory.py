"""A memory in a folder: one file of JSON for each key, and a lock file beside it."""

import fcntl
import json
import os
import re
import uuid
from pathlib import Path

from machiya.engines.local.argo.interpreter.nodes import Outputs
from machiya.engines.local.cache.protocol import MemoEntry

_UNSAFE = re.compile(r"[^-A-Za-z0-9_.]")


class _FileLock:
    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def release(self) -> None:
        """Closing the file gives the lock free."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class DirectoryMemo:
    """Implements `machiya.engines.local.cache.Memo`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def lookup(self, cache: str, key: str) -> MemoEntry | None:
        """A file that cannot be read counts as none."""
        try:
            data = json.loads(self._path(cache, key).read_text("utf-8"))
            return MemoEntry(Outputs.from_json(data["outputs"]), data["created"], data["run"], data["node"])
        except (OSError, ValueError, KeyError):
            return None

    def save(self, cache: str, key: str, entry: MemoEntry) -> None:
        """Written beside, then renamed."""
        path = self._path(cache, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        data = {"outputs": entry.outputs.to_json(), "created": entry.created, "run": entry.run, "node": entry.node}
        temporary = path.with_name(f".{uuid.uuid4().hex}")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)

    def try_lock(self, cache: str, key: str) -> _FileLock | None:
        """By flock: a process that dies holds nothing any more."""
        path = self._path(cache, key).with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return _FileLock(handle)

    def _path(self, cache: str, key: str) -> Path:
        return self._root / (_UNSAFE.sub("_", cache) or "default") / f"{_UNSAFE.sub('_', key)}.json"
