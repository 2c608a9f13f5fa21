"""SIGTERM: a ``Stopped`` in the main thread, and an end within the grace time even if that thread is busy in C code.

A handler written in Python runs only between bytecodes. A long call into compiled code would hold it back, so a thread
waits on the wake-up descriptor (written by the C-level handler at once) and ends the process when the grace is over.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from machiya_component.errors import ExitCode, Stopped

GRACE_SECONDS = 7.0
"""Under the 10 s that a container gets between SIGTERM and SIGKILL."""

_deferring = threading.Event()


def install() -> None:
    """Take over SIGTERM and SIGINT. Call it first: process 1 of a container ignores signals that have no handler."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_end_after_grace, args=(reader,), name="stop", daemon=True).start()


def _on_signal(_number: int, _frame: object) -> None:
    if not _deferring.is_set():
        raise Stopped


@contextmanager
def deferred() -> Iterator[None]:
    """A short part at the end that must not be cut in two: putting outputs in place. A signal during it has no effect,
    since the work is done.
    """
    _deferring.set()
    try:
        yield
    finally:
        _deferring.clear()


def _end_after_grace(reader: int) -> None:
    stops = {int(signal.SIGTERM), int(signal.SIGINT)}
    while os.read(reader, 1)[0] not in stops:
        pass
    threading.Event().wait(GRACE_SECONDS)
    print("stopped (143): the operation did not come to an end in time; nothing was published.", file=sys.stderr)
    sys.stderr.flush()
    os._exit(ExitCode.STOPPED)
