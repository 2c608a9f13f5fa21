"""Contents in a folder: every one once, read-only, under its sha256: ``objects/ab/cdef...``."""

import os
import shutil
import stat
import uuid
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from machiya.engines.local.store.files import copy, known_sha256_of, sha256_of, stamp, sync
from machiya.engines.local.store.protocol import StoreError, Swept
from machiya.engines.local.store.records import StoredFile, object_path

WRITTEN_TO = "Wait until it is finished, or make a copy and give that."
"""What to do about a file that changes."""


@dataclass(frozen=True)
class Held:
    """A file that is about to be kept; ``path`` is where its content waits, None if that is in the store already."""

    file: StoredFile
    path: Path | None = None


class Contents:
    """The contents below a folder. All methods may be called from any thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("objects", "tmp"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where a content is, or would be."""
        return self.root / object_path(digest)

    def folder(self, name: str) -> Path:
        """A folder beside the contents, made if it is not there."""
        path = self.root / name
        path.mkdir(exist_ok=True)
        return path

    def temporary(self) -> Path:
        """A path for something that is not whole yet; it is on the same file system."""
        return self.root / "tmp" / uuid.uuid4().hex

    def has(self, digest: str, size: int) -> bool:
        """Whether it is there with this size. Nothing is read."""
        try:
            return self.path(digest).stat().st_size == size
        except OSError:
            return False

    def use(self, digest: str, size: int) -> bool:
        """As `has`; the content also counts as used now. (Its ctime says so: the mtime is for finding out writers.)"""
        if not self.has(digest, size):
            return False
        with suppress(FileNotFoundError):
            content = self.path(digest)
            content.chmod(stat.S_IMODE(content.stat().st_mode))
            return True
        return False

    def sound(self, digest: str) -> bool:
        """Whether it is there and unharmed: every byte is read."""
        try:
            return sha256_of(self.path(digest)) == digest
        except OSError:
            return False

    def discard(self, digest: str) -> None:
        """Remove a content."""
        self.path(digest).unlink(missing_ok=True)

    # Taking in: first hold all files of an artifact, then keep them

    def take(self, source: Path, name: str) -> Held:
        """Move a file out of the way and look at it. Links and empty folders have no content."""
        if source.is_symlink():
            return Held(StoredFile(name, target=str(source.readlink())))
        if source.is_dir():
            return Held(StoredFile(name, folder=True))
        held = self.temporary()
        executable = bool(source.stat().st_mode & stat.S_IXUSR)
        try:
            source.rename(held)
        except OSError:
            copy(source, held)
        digest, size = sha256_of(held), held.stat().st_size
        if held.stat().st_nlink > 1 and not self.has(digest, size):
            held = self._alone(held)  # whoever has the other name could write to it
        return Held(StoredFile(name, digest, size, executable), held)

    def _alone(self, held: Path) -> Path:
        other = self.temporary()
        copy(held, other)
        held.unlink()
        return other

    def copy_in(self, source: Path, name: str) -> Held:
        """Look at a file, and copy it if its content is not there yet.

        Raises:
            StoreError: it was written to meanwhile.
        """
        before = stamp(source)
        digest, executable = known_sha256_of(source), bool(source.stat().st_mode & stat.S_IXUSR)
        file = StoredFile(name, digest, before[1], executable)
        held = None if self.use(digest, file.size) else self.temporary()
        try:
            if (held is not None and copy(source, held) != digest) or stamp(source) != before:
                raise StoreError(f"{source} was written to while it was read.", WRITTEN_TO)
        except (OSError, StoreError):
            self.release([Held(file, held)])
            raise
        return Held(file, held)

    def keep(self, held: Held) -> None:
        """The content is there from now on."""
        file, waiting = held.file, held.path
        if waiting is None:
            return
        if self.use(file.sha256, file.size):
            waiting.unlink()
            return
        if os.geteuid() == 0:
            os.chown(waiting, 0, 0)
        waiting.chmod(0o555 if file.executable else 0o444)
        sync(waiting)
        content = self.path(file.sha256)
        content.parent.mkdir(exist_ok=True)
        waiting.rename(content)

    def release(self, held: list[Held]) -> None:
        """Something went wrong: nothing of these is left behind."""
        for one in held:
            if one.path is not None:
                one.path.unlink(missing_ok=True)

    # Giving out

    def place(self, file: StoredFile, target: Path) -> None:
        """A file, link or empty folder of an artifact appears at a path; a hard link where the file system can."""
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.folder:
            target.mkdir(exist_ok=True)
        elif file.target:
            target.symlink_to(file.target)
        else:
            self._link(file, target)

    def _link(self, file: StoredFile, target: Path) -> None:
        content = self.path(file.sha256)
        try:
            os.link(content, target)
        except FileExistsError:
            raise
        except OSError as error:
            if not content.exists():
                raise StoreError(
                    f"the content of {file.path or 'an artifact'} ({file.sha256[:12]}) is gone from the store.",
                    "Run the step that makes it again.",
                ) from error
            shutil.copyfile(content, target)
            target.chmod(0o555 if file.executable else 0o444)

    # Clearing up

    def sweep(self, named: Container[str], unused_since: float, *, dry_run: bool) -> Swept:
        """Remove contents that are not named, and leftovers."""
        freed = count = 0
        for content in (self.root / "objects").glob("*/*"):
            status = content.stat()
            if f"{content.parent.name}{content.name}" in named or _last_use(status) >= unused_since:
                continue
            count, freed = count + 1, freed + status.st_size
            if not dry_run:
                content.unlink()
        leftovers = [one for one in (self.root / "tmp").iterdir() if _last_use(one.lstat()) < unused_since]
        for one in leftovers:
            freed += one.lstat().st_size
            if not dry_run:
                shutil.rmtree(one) if one.is_dir() else one.unlink()
        return Swept(0, count, len(leftovers), freed)


def _last_use(status: os.stat_result) -> float:
    """Linking, unlinking and `Contents.use` change the ctime."""
    return max(status.st_mtime, status.st_ctime)
