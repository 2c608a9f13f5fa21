"""The files of one view: in a local folder, an object store, or wherever else fsspec finds them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from machiya_viewer.view.model import ViewError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

# pyarrow reads these by itself: nothing more to install, no interpreter between the store and the pages.
_NATIVE = ("s3://", "gs://", "gcs://")


@dataclass(frozen=True)
class Files:
    """A folder ``path`` below ``root``: a local path or any fsspec URL.

    Credentials, endpoints and certificates are where each file system looks for them; those of ``s3://`` and
    ``gs://`` are pyarrow's, https://arrow.apache.org/docs/python/filesystems.html.
    """

    root: str
    path: str = ""

    def read(self, name: str) -> bytes:
        """A small file, whole; ``ViewError`` if it is not there."""
        with reading(name, not self.is_local):
            content: bytes = self.fs.cat_file(f"{self.place}/{name}")
            return content

    def open(self, name: str) -> "pa.NativeFile":
        """A file to read pieces of. Local files are read as they are asked for, so they take no memory."""
        import pyarrow as pa

        with reading(name, not self.is_local):
            path = f"{self.place}/{name}"
            if self.is_local:
                return pa.OSFile(path)
            if self.native:
                return self.native.open_input_file(path)
            return pa.PythonFile(self.fs.open(path, "rb", cache_type="none"), mode="r")

    @property
    def is_local(self) -> bool:
        """Whether pieces can be read without a request over a network."""
        from fsspec.implementations.local import LocalFileSystem

        return isinstance(self.fs, LocalFileSystem)

    @property
    def native(self) -> "FileSystem | None":
        """What reads it where that is pyarrow."""
        from fsspec.implementations.arrow import ArrowFSWrapper

        return self.fs.fs if isinstance(self.fs, ArrowFSWrapper) else None

    @property
    def fs(self) -> Any:
        """The file system."""
        return _opened(self.root)[0]

    @property
    def place(self) -> str:
        """The folder in the words of the file system."""
        folder = _opened(self.root)[1]
        return f"{folder}/{self.path}" if self.path else folder

    def below(self, path: str) -> "Files":
        """A folder below this one."""
        return Files(self.root, "/".join(part for part in (self.path, path) if part))


@lru_cache(maxsize=16)
def _opened(root: str) -> tuple[Any, str]:
    """The file system and the folder in its words. Kept, for a client of a store is expensive to make."""
    from fsspec.core import url_to_fs

    with reading(root, remote="://" in root):
        fs, folder = _arrow(root) if root.startswith(_NATIVE) else url_to_fs(root)
        return fs, str(folder).rstrip("/")


def _arrow(root: str) -> tuple[Any, str]:
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow.fs import FileSystem

    fs, folder = FileSystem.from_uri(root)
    return ArrowFSWrapper(fs), folder


@contextmanager
def reading(name: str, remote: bool = False) -> Iterator[None]:
    """Turns what goes wrong with a file into a ``ViewError`` that names it.

    Of a ``remote`` file that may be anything: every file system raises what its own library does.
    """
    import pyarrow as pa

    try:
        yield
    except FileNotFoundError as error:
        raise ViewError(name, "", "is gone") from error
    except (OSError, pa.ArrowException) as error:
        raise ViewError(name, "", _reason(error)) from error
    except ViewError:
        raise
    except (ValueError, OverflowError) as error:  # texts that are none, times beyond all calendars
        raise ViewError(name, "", f"holds what cannot be read ({type(error).__name__})") from error
    except Exception as error:
        if not remote:
            raise
        raise ViewError(name, "", f"could not be read ({cause(error)})") from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    return f"could not be read ({cause(error)})" if _STORE.search(str(error)) else "is not readable as Parquet"


# How pyarrow tells what a store has answered.
_STORE = re.compile(r"(?:AWS Error |Status\()([A-Z_]{3,})")


def cause(error: Exception) -> str:
    """What a store has answered, such as ``ACCESS_DENIED``; the kind of the error where that is not told."""
    told = _STORE.search(str(error))
    return told[1] if told else type(error).__name__
