"""A program in a terminal, as somebody sees it who sits there."""

import os
import pty
import re
import select
import signal
import subprocess
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 60.0
"""Seconds without a sign before a test gives up."""

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal:
    """What a program shows on a terminal of 100 columns."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self._process, self._master = process, master
        self.shown = ""

    def until(self, text: str) -> None:
        """Read on until a text has been shown since the last time."""
        start = len(self.shown)
        while text not in self.shown[start:]:
            assert self._more(), f"{text!r} was not shown:\n{self.shown}"

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Its exit code, when it has ended."""
        while self._more():
            pass
        return self._process.wait(_PATIENCE)

    def _more(self) -> bool:
        """Wait for output; False when there will be none."""
        ready, _, _ = select.select([self._master], [], [], _PATIENCE)
        assert ready, f"nothing for {_PATIENCE} s after:\n{self.shown}"
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that nobody has the other side open any more
            return False
        self.shown += _CONTROL.sub("", data.decode(errors="replace"))
        return bool(data)


@contextmanager
def terminal(command: Sequence[str | Path], folder: Path) -> Iterator[Terminal]:
    """Start a program in a terminal; it is gone afterwards."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (40, 100))
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    for name in ("NO_COLOR", "CI"):
        environment.pop(name, None)
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(master)
