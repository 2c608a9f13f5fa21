"""Which runs there are. Only the first line of an event log is read here: there may be many runs, and long ones."""

import json
from collections.abc import Iterator
from pathlib import Path

from machiya.engines.local.runs import RunFolder, open_run
from machiya.errors import NotFoundError
from machiya.records.place import RunPlace

LATEST = "latest"


def recent_runs(home: Path) -> Iterator[RunFolder]:
    """All runs, the newest first."""
    folders = [RunFolder(home, path.name) for path in _folders(home)]
    yield from (folder for _, folder in sorted(((created(one), one) for one in folders), key=_newest, reverse=True))


def _newest(dated: tuple[float, RunFolder]) -> tuple[float, str]:
    return dated[0], dated[1].name


def _folders(home: Path) -> Iterator[Path]:
    folder = home / "runs"
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def created(folder: RunPlace) -> float:
    """When a run was made, in seconds since 1970; where its log does not say, when its folder was last changed."""
    try:
        with folder.events.open("rb") as file:
            return float(json.loads(file.readline())["time"])
    except (OSError, ValueError, KeyError, TypeError):
        return _changed(folder.path)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def find_run(home: Path, name: str = "") -> RunFolder:
    """The run called `name`, of which the beginning is enough; `latest`, or nothing, is the newest.

    Raises:
        NotFoundError: there is none, or there are several.
    """
    if name not in ("", LATEST):
        return open_run(home, name)
    newest = next(recent_runs(home), None)
    if newest is None:
        raise NotFoundError(f"there are no runs in {home / 'runs'}.", "Start one with `machiya run`, or name --home.")
    return newest
