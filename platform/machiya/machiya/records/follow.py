"""Logs that are followed while they are written."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from machiya.engines.local.runs import RunFolder
from machiya.records.logs import log_files, parts, read_from, read_log
from machiya.records.record import RunRecord, load_record
from machiya.records.steps import Step

INTERVAL = 0.3
"""Seconds between two looks; longer for a run whose log takes long to read."""
_SHARE = 5
"""At most one part in so many of the time goes into reading the run's events."""

Piece = tuple[Step, bytes]


class Follower:
    """What steps write, as they write it, until they or the run have ended, or the engine is gone.

    Whatever a log holds at the first look counts as written, or its last `tail` lines.
    """

    def __init__(
        self,
        folder: RunFolder,
        step: str = "",
        *,
        tail: int | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._step = step
        self._tail = tail
        self._pause = pause
        self._interval = INTERVAL
        self._read: dict[int, int] = {}
        self._closed: set[str] = set()
        self._size = -1
        self._record = self._load()

    @property
    def one(self) -> bool:
        """Whether a single step is followed."""
        return bool(self._step) and len(self._steps(self._record)) == 1

    def _load(self) -> RunRecord:
        began = time.monotonic()
        self._size = self._events_size()
        record = load_record(self._folder)
        self._interval = max(INTERVAL, _SHARE * (time.monotonic() - began))
        return record

    def _events_size(self) -> int:
        try:
            return self._folder.events.stat().st_size
        except FileNotFoundError:
            return -1

    def pieces(self) -> Iterator[Piece]:
        """Pieces of what was written, each with its step."""
        first = True
        while True:
            record = self._record
            steps = self._steps(record)
            for step in steps:
                yield from self._news(record, step, self._tail if first else None)
            if not record.alive or (self._step and all(step.node.phase.fulfilled for step in steps)):
                return
            first = False
            self._pause(self._interval)
            if self._events_size() != self._size or self._folder.holder() is None:
                self._record = self._load()

    def _steps(self, record: RunRecord) -> list[Step]:
        """Those that are followed; NotFoundError if the run has none of that name."""
        if not self._step:
            return record.steps
        return [leaf for step in record.find_steps(self._step) for leaf in step.leaves()]

    def _news(self, record: RunRecord, step: Step, tail: int | None) -> Iterator[Piece]:
        """What a step wrote since the last look. One that had ended at that look writes no more."""
        key = f"{step.node.id} {record.state.sessions}"
        if key in self._closed:
            return
        for path in log_files(record, step):
            yield from ((step, piece) for piece in self._more(path, tail))
        if step.node.phase.fulfilled:
            self._closed.add(key)

    def _more(self, path: Path, tail: int | None) -> Iterator[bytes]:
        """What came to a file. A file is known by its number: a later session gives its log another name."""
        try:
            status = path.stat()
        except FileNotFoundError:
            return
        offset = self._read.get(status.st_ino, 0)
        if tail is not None and len(parts(path)) == 1:
            self._read[status.st_ino] = status.st_size
            yield from read_log(path, tail)
            return
        for piece in read_from(path, offset):
            offset += len(piece)
            self._read[status.st_ino] = offset
            yield piece
