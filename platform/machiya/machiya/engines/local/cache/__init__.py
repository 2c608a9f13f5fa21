"""Memoization: the outputs of steps under the keys that manifests give them."""

from machiya.engines.local.cache.directory import DirectoryMemo
from machiya.engines.local.cache.protocol import Memo, MemoEntry, MemoLock

__all__ = ["DirectoryMemo", "Memo", "MemoEntry", "MemoLock"]
