"""A store in a folder: every content once, read-only, under its digest; what is taken out is a hard link.

``objects/ab/cdef...`` are contents by sha256; ``keys/KEY.json`` lists the files of an artifact.
"""

import hashlib
import json
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from machiya.engines.local.store.protocol import Reference, StoreError

_CHUNK = 1 << 20


@dataclass(frozen=True)
class _File:
    """One file of an artifact; for a single file the path is empty. ``target`` is that of a symbolic link."""

    path: str
    sha256: str = ""
    size: int = 0
    executable: bool = False
    target: str = ""
    folder: bool = False


class DirectoryStore:
    """Implements `machiya.engines.local.store.ArtifactStore`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        for name in ("objects", "keys", "tmp"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def put(self, path: Path, key: str) -> Reference:
        """Keep a file or folder; its files are moved where they can be."""
        record = self._record(key)
        directory = path.is_dir() and not path.is_symlink()
        files = [self._take(one, name) for one, name in _walk(path, directory=directory)]
        data = {"directory": directory, "files": [asdict(one) for one in files]}
        record.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._root / "tmp" / uuid.uuid4().hex
        with temporary.open("w") as file:
            json.dump(data, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(record)
        return _reference(key, files, directory=directory)

    def find(self, key: str) -> Reference | None:
        """What is kept under `key`, or below it."""
        found = self._files(key)
        return None if found is None else _reference(key, found[0], directory=found[1])

    def link(self, key: str, target: Path, sub_path: str = "") -> Reference:
        """Hard links where the file system can, else copies."""
        found = self._files(key)
        if found is None:
            raise StoreError(f"the artifact {key!r} is not in the store.", "Run the step that makes it again.")
        files, directory = found
        if sub_path:
            files, directory = _below(files, sub_path.strip("/"))
            if not files:
                raise StoreError(
                    f"the artifact {key!r} has nothing at {sub_path!r}.", "Look at its files, or at subPath."
                )
        target.parent.mkdir(parents=True, exist_ok=True)
        if directory:
            target.mkdir(exist_ok=True)
        for file in files:
            self._place(file, target / file.path if file.path else target)
        return _reference(key, files, directory=directory)

    def verify(self, key: str, digest: str) -> bool:
        """Reads every byte."""
        found = self._files(key)
        if found is None or (digest and _reference(key, found[0], directory=found[1]).digest != digest):
            return False
        return all(self._sound(file) for file in found[0])

    def _sound(self, file: _File) -> bool:
        if file.target or file.folder:
            return True
        try:
            return _sha256(self._object(file.sha256)) == file.sha256
        except OSError:
            return False

    def _record(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or ".." in parts:
            raise StoreError(f"{key!r} is no key of the artifact store.", "A key is a relative path without `..`.")
        return self._root.joinpath("keys", *parts[:-1], parts[-1] + ".json")

    def _files(self, key: str) -> tuple[list[_File], bool] | None:
        record = self._record(key.rstrip("/"))
        if record.is_file():
            data = json.loads(record.read_text())
            return [_File(**one) for one in data["files"]], data["directory"]
        folder = record.with_suffix("")
        records = sorted(folder.rglob("*.json")) if folder.is_dir() else []
        if not records:
            return None
        files = []
        for one in records:
            prefix = str(one.relative_to(folder).with_suffix(""))
            listed = json.loads(one.read_text())["files"]
            files += [_File(**{**file, "path": f"{prefix}/{file['path']}".rstrip("/")}) for file in listed]
        return files, True

    def _object(self, digest: str) -> Path:
        return self._root / "objects" / digest[:2] / digest[2:]

    def _take(self, source: Path, name: str) -> _File:
        """Move one file into the store."""
        if source.is_symlink():
            return _File(name, target=str(source.readlink()))
        if source.is_dir():
            return _File(name, folder=True)
        held = self._root / "tmp" / uuid.uuid4().hex
        executable = bool(source.stat().st_mode & stat.S_IXUSR)
        try:
            source.rename(held)
        except OSError:
            shutil.copyfile(source, held)
        if held.stat().st_nlink == 1:
            if os.geteuid() == 0:
                os.chown(held, 0, 0)
            held.chmod(0o555 if executable else 0o444)
        digest = _sha256(held)
        size = held.stat().st_size
        content = self._object(digest)
        if content.exists() and content.stat().st_size == size:
            held.unlink()
        else:
            with held.open("rb") as file:
                os.fsync(file.fileno())
            content.parent.mkdir(exist_ok=True)
            held.rename(content)
        return _File(name, digest, size, executable)

    def _place(self, file: _File, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.folder:
            target.mkdir(exist_ok=True)
        elif file.target:
            target.symlink_to(file.target)
        else:
            try:
                os.link(self._object(file.sha256), target)
            except FileNotFoundError as error:
                raise StoreError(
                    f"the content of {file.path or 'an artifact'} ({file.sha256[:12]}) is gone from the store.",
                    "Run the step that makes it again.",
                ) from error
            except OSError:
                shutil.copyfile(self._object(file.sha256), target)
                target.chmod(0o555 if file.executable else 0o444)


def _walk(path: Path, *, directory: bool) -> Iterator[tuple[Path, str]]:
    """The files of an artifact, links and empty folders, with their names inside it."""
    if not directory:
        yield path, ""
        return
    for one in sorted(path.rglob("*")):
        if one.is_symlink() and not _stays_inside(one, path):
            raise StoreError(
                f"the link {one.relative_to(path)} -> {one.readlink()} leads out of its artifact.",
                "Write a file instead.",
            )
        if one.is_symlink() or one.is_file() or (one.is_dir() and not any(one.iterdir())):
            yield one, one.relative_to(path).as_posix()


def _stays_inside(link: Path, root: Path) -> bool:
    target = link.readlink()
    return not target.is_absolute() and (link.parent / target).resolve().is_relative_to(root.resolve())


def _below(files: list[_File], sub_path: str) -> tuple[list[_File], bool]:
    for file in files:
        if file.path == sub_path:
            return [_File(**{**asdict(file), "path": ""})], file.folder
    prefix = sub_path + "/"
    return [
        _File(**{**asdict(f), "path": f.path.removeprefix(prefix)}) for f in files if f.path.startswith(prefix)
    ], True


def _reference(key: str, files: list[_File], *, directory: bool) -> Reference:
    """The digest is that of the component kit: sha256 over the lines of sha256sum, sorted by path."""
    lines = [f"{file.sha256 or file.target or '-'}  {file.path}\n" for file in sorted(files, key=lambda one: one.path)]
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    return Reference(key, f"sha256:{digest}", sum(file.size for file in files), directory)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
