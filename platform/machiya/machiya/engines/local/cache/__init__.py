"""Memoization: the outputs of steps under the keys that manifests give them."""

from pathlib import Path

from machiya.engines.local.cache.directory import DirectoryMemo
from machiya.engines.local.cache.protocol import Memo, MemoEntry, MemoLock
from machiya.engines.local.store import local_path

__all__ = ["DirectoryMemo", "Memo", "MemoEntry", "MemoLock", "open_memo"]


def open_memo(location: str, home: Path) -> Memo:
    """The memory that belongs to the store at a path or URL: it lies in the store, so that who shares that shares it.

    With an empty location it is below `home`.

    Raises:
        machiya.engines.local.store.StoreError: the URL cannot be used.
    """
    path = local_path(location) if location else None
    if path is not None:
        return DirectoryMemo(path / "memo")
    here = DirectoryMemo(home / "cache")
    if not location:
        return here
    from machiya.engines.local.cache.fsspec_memo import FsspecMemo
    from machiya.engines.local.store.url_folder import UrlFolder

    return FsspecMemo(UrlFolder(location), here)
