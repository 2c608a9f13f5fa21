"""Content digests: the same bytes under the same names give the same digest, whatever the time or the machine."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class FileDigest(BaseModel):
    """One file of an artifact: its path below the folder (with ``/``), its size in bytes, and its sha256 in hex."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    bytes: int
    sha256: str


def data_files(folder: Path) -> list[Path]:
    """The files that make up an artifact: everything below the folder but names that start with ``_`` or ``.``."""
    return sorted(
        (path for path in folder.rglob("*") if path.is_file() and not _hidden(path.relative_to(folder))),
        key=lambda path: path.relative_to(folder).as_posix(),
    )


def _hidden(relative: Path) -> bool:
    return any(part.startswith((".", "_")) for part in relative.parts)


def file_digest(path: Path, folder: Path) -> FileDigest:
    """Hash one file, a megabyte at a time."""
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileDigest(path=path.relative_to(folder).as_posix(), bytes=path.stat().st_size, sha256=sha256)


def combined_digest(files: Iterable[FileDigest]) -> str:
    """``sha256:<hex>`` over the lines ``<sha256>  <path>`` in the order of the paths (bytes, not locale).

    A shell computes the same, inside the folder, as long as no name holds white space::

        find * -type f ! -name '_*' ! -name '.*' | LC_ALL=C sort | xargs sha256sum | sha256sum
    """
    whole = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path.encode()):
        whole.update(f"{file.sha256}  {file.path}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def content_digest(folder: Path) -> str:
    """The digest of what is in an artifact's folder now, sidecar left aside."""
    return combined_digest(file_digest(path, folder) for path in data_files(folder))
