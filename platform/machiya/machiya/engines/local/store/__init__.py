"""The artifact store: what steps give to each other."""

from pathlib import Path

from machiya.engines.local.store.directory import DirectoryStore
from machiya.engines.local.store.protocol import ArtifactStore, Reference, StoreError, Swept

__all__ = ["ArtifactStore", "DirectoryStore", "Reference", "StoreError", "Swept", "local_path", "open_store"]


def local_path(location: str) -> Path | None:
    """The path that a location on this machine names, None for a URL of another kind."""
    if location.startswith("file://"):
        return Path(location.removeprefix("file://"))
    return None if "://" in location else Path(location)


def open_store(location: str, home: Path) -> ArtifactStore:
    """The store at a path or URL; with an empty one that below `home`, which is also the cache of the others.

    Raises:
        StoreError: it cannot be reached, read or made.
    """
    path = local_path(location) if location else home / "store"
    if path is not None:
        return _directory(path)
    from machiya.engines.local.store.fsspec_store import FsspecStore
    from machiya.engines.local.store.url_folder import UrlFolder

    if location.startswith(("http://", "https://")):
        raise StoreError(f"{location} cannot be a store: it can only be read.", "Name a folder, or a URL like s3://...")
    folder = UrlFolder(location)
    folder.check()
    return FsspecStore(folder, _directory(home / "store"))


def _directory(path: Path) -> DirectoryStore:
    try:
        return DirectoryStore(path)
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be made: {error.strerror}.", "Look at its rights, or name another."
        ) from error
