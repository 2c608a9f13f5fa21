"""Training curves as TensorBoard events."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.summary import scalar


class CurveWriter:
    """Writes scalars to one event file, at once and in this thread.

    tensorboardX's own ``SummaryWriter`` hands events to a thread through a queue, in which a stopped process leaves its
    last values.
    """

    def __init__(self, folder: Path) -> None:
        self._writer = EventsWriter(str(folder / "events"))
        # TensorBoard then hides what an earlier, stopped attempt wrote from step 0 on: the whole curve comes again.
        self._write(Event(step=0, session_log=SessionLog(status=SessionLog.START)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(self, values: Mapping[str, float], step: int) -> None:
        """Add one point to each of the named curves."""
        for name, value in values.items():
            self._write(Event(step=step, summary=scalar(name, value)))
        self._writer.flush()

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        self._writer.write_event(event)
