"""The stores that runs put their artifacts into, and what the artifacts there say of themselves."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count
from pathlib import Path

from machiya.engines.local.cache import Memo, open_memo
from machiya.engines.local.store import ArtifactStore, StoreError, open_store
from machiya.manifest.names import SHARD_FORMAT
from machiya.records.record import RunRecord
from machiya_component.artifacts import SIDECAR, Artifact, read_sidecar
from machiya_component.errors import DataError


def store_url(record: RunRecord) -> str:
    """Where the run keeps its artifacts; empty for the folder below the runs' home."""
    return str(record.options.get("store") or "")


def store_of(record: RunRecord) -> ArtifactStore:
    """The store of a run."""
    return _store(store_url(record), record.folder.home)


def memo_of(record: RunRecord) -> Memo:
    """Where the run looks for remembered outputs."""
    return _memo(store_url(record), record.folder.home)


@lru_cache(maxsize=8)
def _store(url: str, home: Path) -> ArtifactStore:
    """Opened once: that of a URL is asked whether it answers."""
    return open_store(url, home)


@lru_cache(maxsize=8)
def _memo(url: str, home: Path) -> Memo:
    return open_memo(url, home)


@contextmanager
def scratch(home: Path) -> Iterator[Path]:
    """A folder that is gone afterwards, in the file system of the store, so that links work; else anywhere.

    What a killed program leaves there, `machiya cache gc` removes.
    """
    try:
        (home / "tmp").mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="look-", dir=home / "tmp", ignore_cleanup_errors=True)
    except OSError:  # what is only looked at may be on a disk that cannot be written to
        folder = tempfile.TemporaryDirectory(prefix="machiya-", ignore_cleanup_errors=True)
    with folder as name:
        yield Path(name)


def sidecar_of(store: ArtifactStore, key: str, folder: Path) -> Artifact | None:
    """The sidecar of an artifact, None if it has none that can be read; `folder` is empty or not there."""
    with suppress(StoreError, DataError, OSError):
        store.link(key, folder / SIDECAR, SIDECAR)
        return read_sidecar(folder)
    return None


def shard_keys(store: ArtifactStore, key: str) -> Iterator[str]:
    """The keys below one under which the turns of a fan-out put something, counted as they were made."""
    for number in count():
        shard = f"{key}/{SHARD_FORMAT % number}"
        if store.find(shard) is None:
            return
        yield shard
