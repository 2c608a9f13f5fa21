"""A memory in a folder at a URL, which a team shares. Locks are those of this machine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

from machiya.engines.local.cache.directory import DirectoryMemo, FileLock
from machiya.engines.local.cache.entry import entry_path, entry_text, read_entry
from machiya.engines.local.cache.protocol import MemoEntry
from machiya.engines.local.store.url_folder import UrlFolder

_FOLDER = "memo"
_THREADS = 8


class FsspecMemo:
    """Implements `machiya.engines.local.cache.Memo`."""

    def __init__(self, folder: UrlFolder, here: DirectoryMemo) -> None:
        self._folder = folder
        self._here = here

    def lookup(self, cache: str, key: str) -> MemoEntry | None:
        """What anybody has remembered."""
        text = self._folder.read(_name(cache, key))
        return None if text is None else read_entry(text)

    def save(self, cache: str, key: str, entry: MemoEntry) -> None:
        """For everybody."""
        self._folder.write(_name(cache, key), entry_text(entry).encode())

    def try_lock(self, cache: str, key: str) -> FileLock | None:
        """Holds others on this machine only."""
        return self._here.try_lock(cache, key)

    def entries(self) -> Iterator[tuple[str, str, MemoEntry | None]]:
        """Keys as their files are called."""
        names = [PurePosixPath(name) for name in self._folder.list(_FOLDER) if name.endswith(".json")]
        keys = [(str(name.parent), name.name.removesuffix(".json")) for name in names]
        with ThreadPoolExecutor(_THREADS) as pool:
            for (cache, key), entry in zip(keys, pool.map(lambda one: self.lookup(*one), keys), strict=True):
                yield cache, key, entry

    def forget(self, cache: str, key: str) -> bool:
        """Those who hold it on other machines compute it; their entry will be a new one."""
        lock = self._here.try_lock(cache, key)
        if lock is None:
            return False
        try:
            self._folder.remove(_name(cache, key))
        finally:
            lock.release()
        return self._here.forget(cache, key)


def _name(cache: str, key: str) -> str:
    folder, name = entry_path(cache, key)
    return f"{_FOLDER}/{folder}/{name}.json"
