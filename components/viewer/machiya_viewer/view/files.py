"""The files of one view, wherever fsspec finds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from machiya_viewer.view.model import ViewError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Files:
    """A folder: a local path or any fsspec URL (whose credentials are where its file system looks for them)."""

    root: str

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
            return pa.PythonFile(self.fs.open(path, "rb", cache_type="none"), mode="r")

    @property
    def is_local(self) -> bool:
        """Whether pieces can be read without a request over a network."""
        from fsspec.implementations.local import LocalFileSystem

        return isinstance(self.fs, LocalFileSystem)

    @property
    def fs(self) -> Any:
        """The file system."""
        return self._opened[0]

    @property
    def place(self) -> str:
        """The folder in the words of the file system."""
        return self._opened[1]

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        fs, folder = url_to_fs(self.root)
        return fs, str(folder).rstrip("/")

    def below(self, path: str) -> "Files":
        """A folder below this one."""
        return Files(f"{self.root.rstrip('/')}/{path}" if path else self.root)


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
        known = isinstance(error, OSError) and error.strerror
        raise ViewError(name, "", str(known) if known else "is not readable as Parquet") from error
    except ViewError:
        raise
    except Exception as error:
        if not remote:
            raise
        raise ViewError(name, "", f"could not be read ({type(error).__name__})") from error
