"""A store in a folder: contents once, read-only (`contents`), records in ``keys/KEY.json``; hard links come out."""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from machiya.engines.local.store.contents import WRITTEN_TO, Contents, Held
from machiya.engines.local.store.files import foreign_files, own_files
from machiya.engines.local.store.protocol import Reference, StoreError, Swept
from machiya.engines.local.store.records import Record, absent, gather, key_path, part_of, read_record


class DirectoryStore:
    """Implements `machiya.engines.local.store.ArtifactStore`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._keys = root / "keys"
        self._keys.mkdir(parents=True, exist_ok=True)
        self.contents = Contents(root)

    def put(self, path: Path, key: str) -> Reference:
        """Keep a file or folder; its files are moved where they can be."""
        name = key_path(key)
        directory = path.is_dir() and not path.is_symlink()
        with disk_failing(key, self._root):
            held = hold(self.contents, own_files(path), self.contents.take)
            return self._commit(name, key, held, directory=directory)

    def add(self, path: Path, key: str, digest: str = "") -> Reference:
        """Keep a copy of a file or folder that belongs to somebody else."""
        name = key_path(key)
        with disk_failing(key, self._root):
            held = hold_copies(self.contents, path, digest)
            return self._commit(name, key, held, directory=path.is_dir())

    def _commit(self, name: str, key: str, held: list[Held], *, directory: bool) -> Reference:
        record = Record(tuple(one.file for one in held), directory)
        try:
            with self._locked(fcntl.LOCK_SH):  # no sweep comes between the contents and the record
                for one in held:
                    self.contents.keep(one)
                self._write(self._path(name), record.to_text())
        finally:
            self.contents.release(held)
        return record.reference(key)

    def _write(self, path: Path, text: str) -> None:
        temporary = self.contents.temporary()
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(path)

    def find(self, key: str) -> Reference | None:
        """What is kept under `key`, or below it."""
        record = self._record(key)
        return None if record is None else record.reference(key)

    def link(self, key: str, target: Path, sub_path: str = "") -> Reference:
        """Hard links where the file system can, else copies."""
        record = self._record(key)
        if record is None:
            raise absent(key)
        part = part_of(record, key, sub_path)
        place_all(self.contents, part, target)
        return part.reference(key)

    def verify(self, key: str, digest: str) -> bool:
        """Reads every byte. The record counts as used."""
        record = self._record(key)
        if record is None or (digest and record.reference(key).digest != digest):
            return False
        with suppress(FileNotFoundError):
            os.utime(self._path(key_path(key)))
        unsound = [one for one in record.contents if not self.contents.sound(one)]
        for one in unsound:
            with self._locked(fcntl.LOCK_EX):
                if not self.contents.sound(one):  # nobody has restored it meanwhile
                    self.contents.discard(one)
        return not unsound

    def intact(self, key: str, digest: str) -> bool:
        """Looks at the record and at sizes."""
        record = self._record(key)
        if record is None or (digest and record.reference(key).digest != digest):
            return False
        return all(self.contents.has(one, size) for one, size in record.contents.items())

    def sweep(self, keep: Callable[[str], bool], unused_since: float, *, dry_run: bool = False) -> Swept:
        """Nobody puts anything meanwhile."""
        with self._locked(fcntl.LOCK_EX):
            named: set[str] = set()
            removed = 0
            for path in _records(self._keys):
                record = self._read(path)
                if keep(self._name(path)) or path.stat().st_mtime >= unused_since:
                    named |= set() if record is None else record.contents.keys()
                    continue
                removed += 1
                if not dry_run:
                    self._remove(path)
            return replace(self.contents.sweep(named, unused_since, dry_run=dry_run), records=removed)

    def _remove(self, path: Path) -> None:
        path.unlink()
        for folder in path.parents:
            if folder == self._keys or any(folder.iterdir()):
                return
            folder.rmdir()

    def _record(self, key: str) -> Record | None:
        name = key_path(key)
        path = self._path(name)
        if path.is_file():
            return self._read(path)
        folder = self._keys / name
        records = {one.relative_to(folder).as_posix()[: -len(".json")]: self._read(one) for one in _records(folder)}
        return gather({name: one for name, one in records.items() if one is not None})

    def _read(self, path: Path) -> Record | None:
        try:
            return read_record(path.read_bytes())
        except FileNotFoundError:
            return None

    def _path(self, name: str) -> Path:
        return self._keys / f"{name}.json"

    def _name(self, path: Path) -> str:
        return path.relative_to(self._keys).as_posix()[: -len(".json")]

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        handle = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, kind)
            yield
        finally:
            os.close(handle)


@contextmanager
def disk_failing(key: str, root: Path) -> Iterator[None]:
    """What the disk refuses while an artifact is kept is a `StoreError`."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the artifact {key!r} cannot be kept in {root}: {error.strerror or error}.",
            "Look at the free space (`machiya cache gc` makes some) and at the rights of that folder.",
        ) from error


def _records(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.json") if path.is_file()]


def hold(contents: Contents, files: Iterable[tuple[Path, str]], take: Callable[[Path, str], Held]) -> list[Held]:
    """All files of an artifact, ready to be kept; after an error nothing is left behind."""
    held: list[Held] = []
    try:
        for path, name in files:
            held.append(take(path, name))
    except BaseException:
        contents.release(held)
        raise
    return held


def hold_copies(contents: Contents, path: Path, digest: str) -> list[Held]:
    """All files of somebody else's file or folder, if they have the digest (where one is given)."""
    held = hold(contents, foreign_files(path), contents.copy_in)
    record = Record(tuple(one.file for one in held), path.is_dir())
    if digest and record.reference("").digest != digest:
        contents.release(held)
        raise StoreError(f"{path} was written to while it was read.", WRITTEN_TO)
    return held


def place_all(contents: Contents, record: Record, target: Path) -> None:
    """An artifact appears at a path."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if record.directory:
        target.mkdir(exist_ok=True)
    for file in record.files:
        contents.place(file, target / file.path if file.path else target)
