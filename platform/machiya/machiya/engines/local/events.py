"""The event log of a run: what happened, in order, and nothing else; the run's state is a fold of it (`state`).

One event is one line of JSON whose last field is a checksum of the line. Lines are only ever appended. A line that is
torn or altered ends the log: what comes from there on is moved aside, and reported.
"""

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from machiya.engines.local.argo.interpreter.nodes import Node
from machiya.errors import OutputError


@dataclass(frozen=True)
class RunCreated:
    """The run was made. ``facts`` are those of the interpreter, ``options`` those of the engine."""

    facts: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SessionStarted:
    """An engine began (again) to work on the run; ``forgotten`` are the ids of nodes that do not count any more."""

    pid: int
    host: str
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeChanged:
    """A node as it now is."""

    node: Mapping[str, Any]


@dataclass(frozen=True)
class PodLaunched:
    """The program of a node runs; ``handle`` is how to find it again when the engine is gone."""

    node: str
    handle: Mapping[str, Any]


@dataclass(frozen=True)
class Stopping:
    """The run is being stopped: gracefully, or (``kill``) at once."""

    kill: bool = False


@dataclass(frozen=True)
class Noted:
    """Something that whoever reads the run should know."""

    text: str


@dataclass(frozen=True)
class RunEnded:
    """The run is over."""

    phase: str
    message: str = ""


Event = RunCreated | SessionStarted | NodeChanged | PodLaunched | Stopping | Noted | RunEnded
_TYPES: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (RunCreated, SessionStarted, NodeChanged, PodLaunched, Stopping, Noted, RunEnded)
}


@dataclass(frozen=True)
class Entry:
    """An event with its number, from 1, and its time in seconds since 1970, UTC."""

    number: int
    time: float
    event: Event


@dataclass(frozen=True)
class Log:
    """What could be read: the entries, how many bytes they take, and what is wrong with what follows, if anything."""

    entries: tuple[Entry, ...]
    length: int
    problem: str = ""


def node_event(node: Node) -> NodeChanged:
    """The event that a node changed."""
    return NodeChanged(node.to_json())


def read_log(path: Path) -> Log:
    """Read a log as far as it is sound. A log that is not there is empty."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Log((), 0)
    entries: list[Entry] = []
    length = 0
    for line in data.splitlines(keepends=True):
        entry = _parse(line, len(entries) + 1)
        if entry is None:
            what = "is torn" if not line.endswith(b"\n") else "does not agree with its checksum"
            lost = len(data) - length
            return Log(
                tuple(entries), length, f"event {len(entries) + 1} {what}; {lost} bytes from there on do not count"
            )
        entries.append(entry)
        length += len(line)
    return Log(tuple(entries), length)


def _parse(line: bytes, number: int) -> Entry | None:
    body, mark, sum_ = line.rstrip(b"\n").rpartition(b',"sum":"')
    if not line.endswith(b'"}\n') or not mark or sum_ != f'{zlib.crc32(body):08x}"}}'.encode():
        return None
    data = json.loads(body + b"}")
    if data["number"] != number or data["type"] not in _TYPES:
        return None
    values = {name: tuple(one) if isinstance(one, list) else one for name, one in data["data"].items()}
    return Entry(number, data["time"], _TYPES[data["type"]](**values))


def _line(entry: Entry) -> bytes:
    data = {
        "number": entry.number,
        "time": round(entry.time, 6),
        "type": type(entry.event).__name__,
        "data": vars(entry.event),
    }
    body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()[:-1]
    return body + f',"sum":"{zlib.crc32(body):08x}"}}\n'.encode()


class EventLog:
    """A log that is open for appending. Only one may be open at a time: see `runs.RunFolder.lock`.

    ``entries`` are those that were there when it was opened, ``problem`` what was wrong with what followed them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        log = read_log(path)
        self.entries = log.entries
        self.problem = log.problem
        if log.problem:
            self._set_aside(log.length)
        self._number, self._length = len(log.entries), log.length
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def _set_aside(self, length: int) -> None:
        """Move what does not count to a file beside the log, then cut it off."""
        data = self.path.read_bytes()
        aside = next(self._free_names())
        aside.write_bytes(data[length:])
        with self.path.open("r+b") as file:
            file.truncate(length)
            os.fsync(file.fileno())

    def _free_names(self) -> Iterator[Path]:
        number = 1
        while (path := self.path.with_name(f"{self.path.name}.cut-{number}")).exists():
            number += 1
        yield path

    def append(self, event: Event, time: float) -> Entry:
        """Add an event; it outlives this process, and after `sync` the machine.

        Raises:
            OutputError: it could not be written, and the log is as it was.
        """
        entry = Entry(self._number + 1, time, event)
        line = _line(entry)
        self._check_place()
        try:
            self._write(line)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self._length)
            raise self._failed(error) from error
        self._number, self._length = entry.number, self._length + len(line)
        return entry

    def _write(self, line: bytes) -> None:
        written = 0
        while written < len(line):
            written += os.write(self._file, line[written:])

    def _check_place(self) -> None:
        """Whoever deletes a run while it runs must not be told in the end that all is well."""
        if os.fstat(self._file).st_nlink == 0:
            raise OutputError(
                f"the folder {self.path.parent} was deleted while the run worked in it.",
                "What the run had done cannot be continued. Start it again: machiya run",
            )

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(
            f"the event log {self.path} cannot be written: {error.strerror}.",
            f"Free some space, then continue: machiya retry {self.path.parent.name}",
        )

    def sync(self) -> None:
        """Return when everything is on the disk."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Sync and close."""
        try:
            self.sync()
        finally:
            os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(*(() if error is None else (OutputError,))):
            self.close()
