"""Data from outside: a file, a folder or a URL is taken into the store before a run starts.

What counts are the files that components see: those whose names begin with ``.`` or ``_`` are left out, as in the
component kit. So the key, which is the digest of the content, is the same whatever lies beside the data.
"""

import shutil
import stat
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from machiya.engines.local.store import ArtifactStore, StoreError, local_path
from machiya.engines.local.store.files import foreign_files, known_sha256_of
from machiya.engines.local.store.filesystems import protocol_of, shown
from machiya.engines.local.store.records import Record, StoredFile
from machiya.engines.local.store.url_folder import UrlFolder
from machiya.errors import MachiyaError

_THREADS = 8


class LocationError(MachiyaError):
    """Data from outside is not there, empty, or cannot be read."""

    exit_code = 66


@dataclass(frozen=True)
class Source:
    """Data from outside as runs know it: where it came from (without secrets), its key, and its content's digest."""

    location: str
    key: str
    digest: str


def take_in(location: str, store: ArtifactStore, scratch: Path) -> Source:
    """Keep what is at a location in the store; a single file becomes a folder that holds it.

    `scratch` is a folder for what is downloaded; nothing stays in it.

    Raises:
        LocationError: it is not there, empty, or cannot be read.
        StoreError: it cannot be reached, was written to while it was read, or the store refuses it.
    """
    folder = scratch / f"source-{uuid.uuid4().hex}"
    path = local_path(location)
    try:
        folder.mkdir(parents=True)
        if path is None:
            _download(location, folder)
        else:
            _gather(path.expanduser(), folder)
        digest = _digest(folder, location)
        key = f"inputs/{digest.removeprefix('sha256:')}"
        if path is None:
            store.put(folder, key)
        else:
            store.add(folder, key, digest)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Source(shown(location), key, digest)


def _digest(folder: Path, location: str) -> str:
    """The digest that the store and the component kit compute, too."""
    files = []
    with _reading(location):
        for path, name in foreign_files(folder):
            if not path.is_file() and path.exists():
                raise LocationError(
                    f"{shown(location)}: {name or path} is neither a file nor a folder.", "Leave it out."
                )
            files.append(StoredFile(name, known_sha256_of(path), path.stat().st_size))
    if not files:
        raise LocationError(
            f"{shown(location)} holds no data file.", "Names that begin with . or _ do not count; look at the path."
        )
    if not any(file.size for file in files):
        raise LocationError(f"{shown(location)} is empty.", "Look at what writes it.")
    return Record(tuple(files), directory=True).reference("").digest


def _is_data(name: str) -> bool:
    return not any(part.startswith((".", "_")) for part in PurePosixPath(name).parts)


def _checked_name(name: str, location: str) -> str:
    """The name that a single file has in its folder."""
    if not name or not _is_data(name):
        what = (
            "names no file" if not name else f"is a file that components do not see: {name!r} begins with {name[0]!r}"
        )
        raise LocationError(f"{shown(location)} {what}.", "Give a file by its name, without . or _ at the beginning.")
    return name


@contextmanager
def _reading(location: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = f" ({Path(error.filename).resolve()})" if error.filename else ""
        raise LocationError(
            f"{shown(location)} cannot be read: {error.strerror or error}{name}.", "Look at its rights and its links."
        ) from error


# On this machine: links to the files stand for them


def _gather(path: Path, folder: Path) -> None:
    with _reading(str(path)):
        if not path.exists():
            raise LocationError(f"there is no file or folder {path}.", "Look at the path; URLs begin like s3://.")
        for one, name in foreign_files(path):
            name = name or _checked_name(path.name, str(path))
            if _is_data(name):
                _stand_for(one, folder / name)


def _stand_for(file: Path, link: Path) -> None:
    if not stat.S_ISREG(file.stat().st_mode):
        raise LocationError(f"{file} is neither a file nor a folder.", "Leave it out.")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(file.resolve())


# At a URL


def _download(location: str, folder: Path) -> None:
    if protocol_of(location) in ("http", "https"):
        _checked_name(_file_name(location), location)
    there = UrlFolder(location)
    if there.stat("") is not None:
        _fetch(there, "", folder / _checked_name(_file_name(location), location))
        return
    names = [name for name in there.list("") if name and not name.endswith("/") and _is_data(name)]
    if not names:
        raise LocationError(f"there is no data file at {there.url}.", "Look at the URL and at the endpoint.")
    if any(".." in PurePosixPath(name).parts for name in names):
        raise LocationError(f"{there.url} holds names that lead out of it.", "Rename them.")
    with ThreadPoolExecutor(_THREADS) as pool:
        futures = [pool.submit(_fetch, there, name, folder / name) for name in names]
        try:
            for future in futures:
                future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _file_name(location: str) -> str:
    """Only addresses of the web have queries and escapes."""
    if protocol_of(location) in ("http", "https"):
        return unquote(urlsplit(location).path.rpartition("/")[2])
    return location.rpartition("/")[2]


def _fetch(there: UrlFolder, name: str, target: Path) -> None:
    """A large file comes in parts: they must all be of one version."""
    target.parent.mkdir(parents=True, exist_ok=True)
    before = there.stat(name)
    found, after = there.download(name, target), there.stat(name)
    if not found or before is None or after is None or (before.size, before.mark) != (after.size, after.mark):
        raise StoreError(f"{there.url}/{name} was written to while it was read.", "Wait until it is finished.")
