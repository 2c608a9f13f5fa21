"""Files on the disk: walking artifacts, hashing, copying."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from machiya.engines.local.store.protocol import StoreError
from machiya.engines.local.store.records import stays_inside

CHUNK = 1 << 20
_FICLONE = 0x40049409  # linux/fs.h: share the blocks of a file until one of the two is written to


def sha256_of(path: Path) -> str:
    """In hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def known_sha256_of(path: Path) -> str:
    """As `sha256_of`, but read once as long as this process sees the same version of the file."""
    status = path.stat()
    version = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return _sha256_of_version(path, version)


@lru_cache(maxsize=1 << 16)
def _sha256_of_version(path: Path, version: tuple[int, ...]) -> str:  # noqa: ARG001 - it is part of the cache's key
    return sha256_of(path)


def stamp(path: Path) -> tuple[int, int, int]:
    """What changes when a file is replaced or written to."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def copy(source: Path, target: Path) -> str:
    """Copy a file; the sha256 of what was copied. File systems that can share the blocks do."""
    with source.open("rb") as reader, target.open("wb") as writer:
        try:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
        except OSError:
            digest = hashlib.sha256()
            while chunk := reader.read(CHUNK):
                digest.update(chunk)
                writer.write(chunk)
            return digest.hexdigest()
    return sha256_of(target)


def sync(path: Path) -> None:
    """Return when what was written to a file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def own_files(path: Path) -> Iterator[tuple[Path, str]]:
    """The files of an artifact that a step made, its links and empty folders, with their names inside it.

    Raises:
        StoreError: a link leads out of the artifact.
    """
    if not path.is_dir() or path.is_symlink():
        yield path, ""
        return
    for one in sorted(path.rglob("*")):
        name = one.relative_to(path).as_posix()
        if one.is_symlink() and not _leads_inside(one, path, name):
            raise StoreError(f"the link {name} -> {one.readlink()} leads out of its artifact.", "Write a file instead.")
        if one.is_symlink() or one.is_file() or (one.is_dir() and not any(one.iterdir())):
            yield one, name


def _leads_inside(link: Path, root: Path, name: str) -> bool:
    target = link.readlink()
    return stays_inside(name, str(target)) and (link.parent / target).resolve().is_relative_to(root.resolve())


def foreign_files(path: Path) -> Iterator[tuple[Path, str]]:
    """The files that somebody else's file or folder consists of; links are followed.

    Raises:
        StoreError: links go round in a circle.
    """
    if not path.is_dir():
        yield path, ""
        return
    for folder, folders, names in os.walk(path, followlinks=True, onerror=_raise):
        here = Path(folder)
        folders.sort()
        for inner in folders:
            if here.resolve().is_relative_to((here / inner).resolve()):
                raise StoreError(f"the link {here / inner} leads back to a folder that it is in.", "Remove the link.")
        for name in sorted(names):
            yield here / name, (here / name).relative_to(path).as_posix()


def _raise(error: OSError) -> None:
    raise error
