"""Content digests: the same bytes under the same names give the same digest, whatever the time or the machine."""

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

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


class HashingFile(io.RawIOBase):
    """A new file whose sha256 is known once it is written: from front to back, nothing is read again."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=1 << 20)
        self._sha256 = hashlib.sha256()
        self.bytes = 0

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hex."""
        return self._sha256.hexdigest()

    def writable(self) -> bool:
        """It is for nothing else."""
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        """Append bytes; all of them are taken."""
        self._sha256.update(data)
        self.bytes += memoryview(data).nbytes
        return self._file.write(data)

    def tell(self) -> int:
        """How many bytes there are."""
        return self.bytes

    def flush(self) -> None:
        """Give the operating system what was written so far."""
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
        super().close()


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
