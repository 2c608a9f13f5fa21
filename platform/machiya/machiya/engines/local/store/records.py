"""Records: which files make up the artifact under a key, and the digest over them. Text in, values out."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath

from machiya.engines.local.store.protocol import Reference, StoreError

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredFile:
    """One file of an artifact; for a single file the path is empty. ``target`` is that of a symbolic link."""

    path: str
    sha256: str = ""
    size: int = 0
    executable: bool = False
    target: str = ""
    folder: bool = False

    @property
    def has_content(self) -> bool:
        """Whether it is neither a link nor an empty folder."""
        return not self.target and not self.folder


@dataclass(frozen=True)
class Record:
    """What an artifact consists of."""

    files: tuple[StoredFile, ...]
    directory: bool

    @property
    def contents(self) -> dict[str, int]:
        """The sizes of its contents by sha256."""
        return {file.sha256: file.size for file in self.files if file.has_content}

    def to_text(self) -> str:
        """As it is written down."""
        return json.dumps({"directory": self.directory, "files": [asdict(one) for one in self.files]})

    def reference(self, key: str) -> Reference:
        """The digest is that of the component kit: sha256 over the lines of sha256sum, sorted by path."""
        ordered = sorted(self.files, key=lambda one: one.path)
        lines = "".join(f"{file.sha256 or file.target or '-'}  {file.path}\n" for file in ordered)
        digest = hashlib.sha256(lines.encode()).hexdigest()
        return Reference(key, f"sha256:{digest}", sum(file.size for file in self.files), self.directory)

    def below(self, sub_path: str) -> "Record | None":
        """The part at a path inside it."""
        for file in self.files:
            if file.path == sub_path:
                return Record((replace(file, path=""),), file.folder)
        prefix = f"{sub_path}/"
        inside = tuple(
            replace(file, path=file.path.removeprefix(prefix)) for file in self.files if file.path.startswith(prefix)
        )
        return Record(inside, directory=True) if inside else None


def read_record(text: str | bytes) -> Record | None:
    """A record that is damaged, or that would lead out of its folder, counts as none."""
    try:
        data = json.loads(text)
        files = tuple(StoredFile(**one) for one in data["files"])
        return Record(files, data["directory"]) if all(_harmless(file) for file in files) else None
    except (ValueError, KeyError, TypeError):
        return None


def _harmless(file: StoredFile) -> bool:
    if _climbs(file.path) or (file.has_content and not _HEX.fullmatch(file.sha256)):
        return False
    return not file.target or stays_inside(file.path, file.target)


def stays_inside(link: str, target: str) -> bool:
    """Whether a symbolic link (a path inside an artifact) leads to something inside the artifact."""
    if target.startswith("/"):
        return False
    depth = len(PurePosixPath(link).parts) - 1
    for part in PurePosixPath(target).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return False
    return True


def _climbs(path: str) -> bool:
    return path.startswith("/") or ".." in PurePosixPath(path).parts


def gather(records: Mapping[str, Record]) -> Record | None:
    """The folder of these artifacts, each below its name."""
    if not records:
        return None
    files = [
        replace(file, path=f"{name}/{file.path}".rstrip("/"))
        for name in sorted(records)
        for file in records[name].files
    ]
    return Record(tuple(files), directory=True)


def key_path(key: str) -> str:
    """A key in its one form.

    Raises:
        StoreError: it is no relative path, or climbs out.
    """
    parts = PurePosixPath(key).parts
    if not parts or _climbs(key):
        raise StoreError(f"{key!r} is no key of the artifact store.", "A key is a relative path without `..`.")
    return "/".join(parts)


def object_path(digest: str) -> str:
    """Where a content is kept, below the root of a store."""
    return f"objects/{digest[:2]}/{digest[2:]}"


def absent(key: str) -> StoreError:
    """That nothing is kept under a key."""
    return StoreError(f"the artifact {key!r} is not in the store.", "Run the step that makes it again.")


def part_of(record: Record, key: str, sub_path: str) -> Record:
    """The part of an artifact that is asked for.

    Raises:
        StoreError: there is nothing.
    """
    part = record.below(sub_path.strip("/")) if sub_path.strip("/") else record
    if part is None:
        raise StoreError(f"the artifact {key!r} has nothing at {sub_path!r}.", "Look at its files, or at subPath.")
    return part
