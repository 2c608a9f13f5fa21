"""A folder at a URL: small things read and written at once, large ones streamed, everything told as `StoreError`."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from machiya.engines.local.store.filesystems import (
    OBJECT_STORES,
    failing,
    means_absent,
    open_filesystem,
    protocol_of,
    shown,
    upload_options,
)

_Answer = TypeVar("_Answer")

# What file systems tell of a file that changes when it is written to
_MARKS = ("ETag", "etag", "generation", "md5Hash", "content_md5", "LastModified", "last_modified", "updated")
_LOCAL_MARKS = ("mtime", "created", "ino")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")


@dataclass(frozen=True)
class Stat:
    """A file there: its size, a mark that changes when it is written to, when that was (seconds since 1970)."""

    size: int
    mark: str
    modified: float


class UrlFolder:
    """All names are relative; an empty one is the URL itself. All methods may be called from any thread."""

    def __init__(self, url: str) -> None:
        self.url = shown(url).rstrip("/")
        self._protocol = protocol_of(url)
        self._fs, root = open_filesystem(url)
        self._root = root.rstrip("/")

    def check(self) -> None:
        """Whether it can be read.

        Raises:
            StoreError: it cannot, and why.
        """
        with suppress(FileNotFoundError), failing(self.url):  # nothing has been written yet
            self._fs.ls(self._root)

    def read(self, name: str) -> bytes | None:
        """The whole of a file."""
        data: bytes | None = self._if_there(lambda: self._fs.cat_file(self._path(name)))
        return data

    def write(self, name: str, data: bytes) -> None:
        """Whole or not at all, where the file system can."""
        self._make(name, lambda: self._fs.pipe_file(self._path(name), data))

    def upload(self, source: Path, name: str) -> None:
        """Stream a file there."""
        options = upload_options(self._protocol, source.stat().st_size)
        self._make(name, lambda: self._fs.put_file(str(source), self._path(name), **options))

    def download(self, name: str, target: Path) -> bool:
        """Stream a file here; whether it was there."""

        def fetch() -> bool:
            self._fs.get_file(self._path(name), str(target))
            return True

        return self._if_there(fetch) is not None

    def stat(self, name: str) -> Stat | None:
        """What is known of a file without reading it."""
        info = self._if_there(lambda: self._fs.info(self._path(name)))
        return None if info is None or info["type"] != "file" else _stat(info)

    def list(self, name: str) -> dict[str, Stat]:
        """All files below a folder, by their names below it."""
        prefix = self._path(name).rstrip("/") + "/"
        found = self._if_there(lambda: self._fs.find(prefix, detail=True)) or {}
        return {
            path.removeprefix(prefix): _stat(info) for path, info in sorted(found.items()) if path.startswith(prefix)
        }

    def remove(self, name: str) -> None:
        """It need not be there."""
        self._if_there(lambda: self._fs.rm_file(self._path(name)))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    def _if_there(self, work: Callable[[], _Answer]) -> _Answer | None:
        with failing(self.url):
            try:
                return work()
            except FileNotFoundError as error:
                if not means_absent(error):
                    raise
                return None

    def _make(self, name: str, work: Callable[[], object]) -> None:
        with failing(self.url):
            try:
                work()
            except FileNotFoundError:
                if self._protocol in OBJECT_STORES:
                    raise
                self._fs.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
                work()


def _stat(info: Mapping[str, Any]) -> Stat:
    marks = [name for name in _MARKS if info.get(name)] or [name for name in _LOCAL_MARKS if info.get(name)]
    mark = " ".join(f"{name}={info[name]}" for name in marks)
    return Stat(int(info["size"] or 0), mark, _seconds(info))


def _seconds(info: Mapping[str, Any]) -> float:
    """A time that is not told is now: then nothing is old."""
    time = next((info[name] for name in _TIMES if info.get(name)), None)
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    if isinstance(time, datetime):
        return time.timestamp()
    return float(time) if isinstance(time, int | float) else datetime.now().timestamp()
