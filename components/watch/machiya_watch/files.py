"""The files that steps hand to each other: the statistics of one run, and those of the good ones."""

from pathlib import Path

from machiya_component.errors import DataError
from machiya_component.watch.history import History, Snapshot, read_history
from pydantic import ValidationError

HISTORY = "history.json"
SNAPSHOT = "snapshot.json"


def read_good_runs(folder: Path) -> History:
    """The history in a folder."""
    return read_history(read_text(folder, HISTORY, "Wire the file that remember keeps."), HISTORY)


def write_good_runs(history: History, folder: Path) -> None:
    """Write the history."""
    (folder / HISTORY).write_text(history.to_text(), encoding="utf-8")


def read_snapshot(folder: Path) -> Snapshot:
    """The statistics of one run."""
    remedy = "Wire the output snapshot of compare."
    try:
        return Snapshot.model_validate_json(read_text(folder, SNAPSHOT, remedy))
    except ValidationError as error:
        raise DataError(f"snapshot: {SNAPSHOT} is not what compare writes.", remedy) from error


def write_snapshot(snapshot: Snapshot, folder: Path) -> None:
    """Write the statistics of one run."""
    (folder / SNAPSHOT).write_text(snapshot.model_dump_json() + "\n", encoding="utf-8")


def read_text(folder: Path, name: str, remedy: str) -> str:
    """A file of a port, or a ``DataError`` where it is not there."""
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        raise DataError(f"{folder.name}: there is no {name} in UTF-8.", remedy) from None
