"""SIGTERM: a ``Stopped`` in the main thread, and an end within the grace time even if that thread is busy in C code.

A handler written in Python runs only between bytecodes, and what it raises is lost where Python swallows exceptions
(in the callbacks of weak references, during some imports). So a thread waits on the wake-up descriptor, which the
C-level handler writes at once; it sends the signal again while nothing comes of it, and ends the process when the grace
is over.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from machiya_component.errors import ExitCode, Stopped

GRACE_SECONDS = 7.0
"""Under the 10 s that a container gets between SIGTERM and SIGKILL."""
REPEAT_SECONDS = 0.5

_deferring = threading.Event()
_requested = threading.Event()


def install() -> None:
    """Take over SIGTERM and SIGINT. Call it first: process 1 of a container ignores signals that have no handler."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_end_after_grace, args=(reader,), name="stop", daemon=True).start()


def _on_signal(_number: int, _frame: object) -> None:
    if not _deferring.is_set() and not _stopping():
        _requested.set()
        raise Stopped


def requested() -> bool:
    """Whether a signal asked for the end. What is raised from then on is how the work came apart, not what is wrong:
    an extension module that is being imported, for instance, turns ``Stopped`` into its own ``ImportError``.
    """
    return _requested.is_set()


def _stopping() -> bool:
    """Whether an earlier ``Stopped`` is on its way out, through ``finally`` blocks that are not to be cut short."""
    error = sys.exception()
    while error is not None and not isinstance(error, Stopped):
        error = error.__context__
    return error is not None


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


def ignore() -> None:
    """From here on nothing is left to stop: the process is about to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _end_after_grace(reader: int) -> None:
    stops = {int(signal.SIGTERM), int(signal.SIGINT)}
    while os.read(reader, 1)[0] not in stops:
        pass
    grace_over = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < grace_over:
        time.sleep(REPEAT_SECONDS)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    print("stopped (143): the operation did not come to an end in time; nothing was published.", file=sys.stderr)
    sys.stderr.flush()
    os._exit(ExitCode.STOPPED)
