"""Which views there are below a root: a view in the root itself, RUN/view.json, or RUN/VIEW/view.json."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machiya_viewer.view.files import Files, cause
from machiya_viewer.view.model import HEAD, ViewError

_FOLDERS = 2


@dataclass(frozen=True)
class Found:
    """A view: its folder below the root (empty: the root itself), and what changes when its head is written again.

    ``written`` is when that was, in RFC 3339 and UTC (empty: the file system does not say).
    """

    path: str
    stamp: str
    written: str = ""

    @property
    def run(self) -> str:
        """The folder of its run."""
        return self.path.partition("/")[0]


def views_below(root: str) -> list[Found]:
    """All views, by path. ``ViewError`` when the root is not there."""
    files = Files(root)
    return sorted(_local(files) if files.is_local else _remote(files), key=lambda one: one.path)


def _local(files: Files) -> Iterator[Found]:
    root = Path(files.place or "/")
    if not root.is_dir():
        raise ViewError(files.root, "", "is not a folder")
    runs = _folders(root)
    views = [(view, f"{name}/{inner}") for run, name in runs for view, inner in _folders(run)]
    for folder, path in [(root, ""), *runs, *views]:
        try:
            status = (folder / HEAD).stat()
        except OSError:
            continue  # there is none, or it went away since it was listed
        written = datetime.fromtimestamp(status.st_mtime, UTC).isoformat()
        yield Found(path, f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}", written)


def _folders(parent: Path) -> list[tuple[Path, str]]:
    """The folders in one, with their names; none where it went away, and none whose name is no text."""
    try:
        with os.scandir(parent) as entries:
            names = [entry.name for entry in entries if entry.is_dir()]
    except OSError:
        return []
    return [(parent / name, name) for name in names if _is_text(name)]


def _is_text(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _remote(files: Files) -> Iterator[Found]:
    try:
        found = _native(files) if files.native else _any(files)
    except Exception as error:  # every file system raises what its own library does
        raise ViewError(files.root, "", f"cannot be listed ({cause(error)})") from error
    for path, stamp, written in found:
        folder, _, name = path.removeprefix(files.place).lstrip("/").rpartition("/")
        if name == HEAD and folder.count("/") < _FOLDERS:
            yield Found(folder, stamp, written)


# Object stores list a thousand keys at a time below a prefix, but folders only one by one. So all is asked for at once.
def _native(files: Files) -> list[tuple[str, str, str]]:
    from pyarrow.fs import FileSelector

    assert files.native
    found = files.native.get_file_info(FileSelector(files.place, recursive=True))
    return [(one.path, f"{one.mtime_ns}-{one.size}", _written(one.mtime)) for one in found if one.is_file]


def _any(files: Files) -> list[tuple[str, str, str]]:
    files.fs.invalidate_cache()
    found: dict[str, dict[str, Any]] = files.fs.find(files.place, detail=True)
    return [(path, _stamp(info), _written(_moment(info))) for path, info in found.items()]


def _stamp(info: Mapping[str, Any]) -> str:
    told = [info.get(key) for key in ("ETag", "etag", "md5Hash", "mtime", "LastModified", "created", "size")]
    return "-".join(str(one) for one in told if one is not None)


def _moment(info: Mapping[str, Any]) -> object:
    return next((info[key] for key in ("LastModified", "mtime", "created") if key in info), None)


def _written(found: object) -> str:
    return moment(found.isoformat()) if isinstance(found, datetime) else ""


def moment(text: str) -> str:
    """A time of RFC 3339 in UTC, so that texts compare as times do; empty for what is no time."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):  # the first and last moments there are have none in UTC
        return ""
