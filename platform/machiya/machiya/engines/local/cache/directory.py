"""A memory in a folder: one file of JSON for each key, and a lock file beside it."""

import fcntl
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from machiya.engines.local.cache.entry import entry_path, entry_text, read_entry
from machiya.engines.local.cache.protocol import MemoEntry


class FileLock:
    """A lock file that is held."""

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
            return read_entry(self._path(cache, key).read_bytes())
        except OSError:
            return None

    def save(self, cache: str, key: str, entry: MemoEntry) -> None:
        """Written beside, then renamed."""
        path = self._path(cache, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{uuid.uuid4().hex}")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(entry_text(entry))
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)

    def try_lock(self, cache: str, key: str) -> FileLock | None:
        """By flock: a process that dies holds nothing any more."""
        path = self._path(cache, key).with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                return None
            if _is_at(handle, path):
                return FileLock(handle)
            os.close(handle)  # `forget` has removed the file between the two calls

    def entries(self) -> Iterator[tuple[str, str, MemoEntry | None]]:
        """Keys as their files are called."""
        for path in sorted(self._root.glob("*/*.json")):
            yield path.parent.name, path.name.removesuffix(".json"), self.lookup(path.parent.name, path.stem)

    def forget(self, cache: str, key: str) -> bool:
        """With its lock file."""
        lock = self.try_lock(cache, key)
        if lock is None:
            return False
        path = self._path(cache, key)
        path.unlink(missing_ok=True)
        path.with_suffix(".lock").unlink(missing_ok=True)
        lock.release()
        return True

    def _path(self, cache: str, key: str) -> Path:
        folder, name = entry_path(cache, key)
        return self._root / folder / f"{name}.json"


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
