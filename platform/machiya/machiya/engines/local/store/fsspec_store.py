"""A store at any URL that fsspec knows, laid out like the directory store, with one on this machine as its cache.

Contents go there once, and come here once: steps get hard links as ever. The record is written last, so an artifact is
there whole or not at all. What comes from there is held against its sha256; what was found to be right has its mark
remembered, so that a change there is noticed without reading it again.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TypeVar

from machiya.engines.local.store.contents import Held
from machiya.engines.local.store.directory import DirectoryStore, disk_failing, hold, hold_copies, place_all
from machiya.engines.local.store.files import own_files, sha256_of
from machiya.engines.local.store.protocol import Reference, StoreError, Swept
from machiya.engines.local.store.records import (
    Record,
    StoredFile,
    absent,
    gather,
    key_path,
    object_path,
    part_of,
    read_record,
)
from machiya.engines.local.store.url_folder import Stat, UrlFolder

KEPT_SECONDS = 30 * 86_400
"""A sweep takes away nothing younger: others share the store, and their runs are not known here."""

_THREADS = 8
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


class DamagedError(StoreError):
    """Content in the store is not what its digest says."""


class FsspecStore:
    """Implements `machiya.engines.local.store.ArtifactStore`."""

    def __init__(self, folder: UrlFolder, here: DirectoryStore) -> None:
        self._folder = folder
        self._here = here
        self._contents = here.contents
        self._marks = here.contents.folder("marks") / sha256(folder.url.encode()).hexdigest()[:16]
        self._marks.mkdir(exist_ok=True)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="machiya-store")
        self._locks = [Lock() for _ in range(64)]

    def put(self, path: Path, key: str) -> Reference:
        """Kept here, then there."""
        name = _record_name(key)
        directory = path.is_dir() and not path.is_symlink()
        with disk_failing(key, self._contents.root):
            held = hold(self._contents, own_files(path), self._contents.take)
            return self._commit(name, held, directory=directory).reference(key)

    def add(self, path: Path, key: str, digest: str = "") -> Reference:
        """Copied here, then kept there."""
        name = _record_name(key)
        with disk_failing(key, self._contents.root):
            held = hold_copies(self._contents, path, digest)
            return self._commit(name, held, directory=path.is_dir()).reference(key)

    def _commit(self, name: str, held: list[Held], *, directory: bool) -> Record:
        record = Record(tuple(one.file for one in held), directory)
        try:
            for one in held:
                self._contents.keep(one)
        finally:
            self._contents.release(held)
        self._each(self._upload, record.contents.items())
        self._folder.write(name, record.to_text().encode())
        return record

    def find(self, key: str) -> Reference | None:
        """What is kept there."""
        record = self._record(key)
        return None if record is None else record.reference(key)

    def link(self, key: str, target: Path, sub_path: str = "") -> Reference:
        """What is not here yet is fetched."""
        record = self._record(key)
        if record is None:
            raise absent(key)
        part = part_of(record, key, sub_path)
        self._each(self._fetch, part.contents.items())
        place_all(self._contents, part, target)
        return part.reference(key)

    def verify(self, key: str, digest: str) -> bool:
        """Reads what changed there since it was last found to be right, and all that is here."""
        record = self._record(key)
        if record is None or (digest and record.reference(key).digest != digest):
            return False
        return all(self._each(self._sound, record.contents.items()))

    def intact(self, key: str, digest: str) -> bool:
        """Looks at the record and at sizes there."""
        record = self._record(key)
        if record is None or (digest and record.reference(key).digest != digest):
            return False
        return all(self._each(self._there, record.contents.items()))

    def _record(self, key: str) -> Record | None:
        data = self._folder.read(_record_name(key))
        if data is not None:
            return read_record(data)
        folder = f"keys/{key_path(key)}"
        return gather(self._read_all(folder, self._folder.list(folder)))

    def _read_all(self, folder: str, names: Iterable[str]) -> dict[str, Record]:
        """The sound records below a folder, by key."""
        names = [name for name in names if name.endswith(".json")]
        texts = self._each(lambda name: self._folder.read(f"{folder}/{name}"), names)
        found = {name.removesuffix(".json"): read_record(text or "") for name, text in zip(names, texts, strict=True)}
        return {key: record for key, record in found.items() if record is not None}

    # One content

    def _there(self, content: tuple[str, int]) -> bool:
        digest, size = content
        stat = self._folder.stat(object_path(digest))
        return stat is not None and stat.size == size

    def _upload(self, content: tuple[str, int]) -> None:
        """Only what is missing; what has been there for long counts as missing, so that no sweep takes it now."""
        digest, size = content
        name = object_path(digest)
        stat = self._folder.stat(name)
        if stat is not None and stat.size == size and stat.modified > time.time() - KEPT_SECONDS / 2:
            return
        self._folder.upload(self._contents.path(digest), name)
        self._remember(digest, self._folder.stat(name))

    def _fetch(self, content: tuple[str, int]) -> None:
        digest, size = content
        with self._locks[int(digest[:2], 16) % len(self._locks)]:  # steps that start together read the same model
            if not self._contents.use(digest, size):
                self._download(digest, size)

    def _download(self, digest: str, size: int) -> None:
        name = object_path(digest)
        stat = self._folder.stat(name)
        waiting = self._contents.temporary()
        try:
            if stat is None or not self._folder.download(name, waiting):
                raise DamagedError(
                    f"the content {digest[:12]} is gone from {self._folder.url}.", "Run the step that makes it again."
                )
            if sha256_of(waiting) != digest:
                self._folder.remove(name)
                raise DamagedError(
                    f"the content {digest[:12]} in {self._folder.url} was altered; it has been removed.",
                    "Run the step that makes it again.",
                )
            self._contents.keep(Held(StoredFile("", digest, size), waiting))
            self._remember(digest, stat)
        finally:
            waiting.unlink(missing_ok=True)

    def _sound(self, content: tuple[str, int]) -> bool:
        digest, size = content
        stat = self._folder.stat(object_path(digest))
        if stat is None:
            return False
        if stat.size == size and stat.mark and self._remembered(digest) == stat.mark:
            if self._contents.has(digest, size) and not self._contents.sound(digest):
                self._contents.discard(digest)
            return True
        try:
            self._download(digest, size)
        except DamagedError:
            return False
        return True

    def _remember(self, digest: str, stat: Stat | None) -> None:
        if stat is not None:
            (self._marks / digest).write_text(stat.mark, "utf-8")

    def _remembered(self, digest: str) -> str:
        try:
            return (self._marks / digest).read_text("utf-8")
        except FileNotFoundError:
            return ""

    def _each(self, work: Callable[[_Item], _Answer], items: Iterable[_Item]) -> list[_Answer]:
        """A few at a time; after an error nothing more is begun."""
        futures = [self._pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    # Clearing up

    def sweep(self, keep: Callable[[str], bool], unused_since: float, *, dry_run: bool = False) -> Swept:
        """There, nothing younger than `KEPT_SECONDS`; and what is here as a cache."""
        before = min(unused_since, time.time() - KEPT_SECONDS)
        records, contents = self._folder.list("keys"), self._folder.list("objects")
        gone = {
            name: stat
            for name, stat in records.items()
            if stat.modified < before and not keep(name.removesuffix(".json"))
        }
        left = self._read_all("keys", [name for name in records if name not in gone]).values()
        named = {digest for record in left for digest in record.contents}
        unused = {
            name: stat
            for name, stat in contents.items()
            if stat.modified < before and name.replace("/", "") not in named
        }
        if not dry_run:
            self._each(self._folder.remove, [f"keys/{name}" for name in gone])
            self._each(self._folder.remove, [f"objects/{name}" for name in unused])
            self._forget(contents.keys() - unused.keys())
        here = self._here.sweep(lambda _: True, unused_since, dry_run=dry_run)
        return _sum(here, gone, unused)

    def _forget(self, left: set[str]) -> None:
        """Marks of what is not there any more."""
        digests = {name.replace("/", "") for name in left}
        for mark in self._marks.iterdir():
            if mark.name not in digests:
                mark.unlink()


def _record_name(key: str) -> str:
    return f"keys/{key_path(key)}.json"


def _sum(here: Swept, records: Mapping[str, Stat], contents: Mapping[str, Stat]) -> Swept:
    size = sum(stat.size for stat in contents.values())
    return replace(here, records=len(records), contents=here.contents + len(contents), bytes=here.bytes + size)
