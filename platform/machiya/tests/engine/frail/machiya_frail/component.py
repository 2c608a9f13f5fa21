"""Fails in every way that a component can. It is never installed: tests run it as a working copy."""

import os
import signal
from pathlib import Path

from machiya_component import Component, DataError, FilesOutput

component = Component(__package__)


@component.operation
def fail(port: FilesOutput, *, how: str, ready: str) -> None:
    """Fail as `how` says, in the middle of writing."""
    (port.path / "first.txt").write_text("the first half")
    if ready:
        Path(ready).touch()
    if how == "crash":
        raise ZeroDivisionError("a bug on purpose")
    if how == "data":
        raise DataError("row 7 has no user.", "Look at the step that made the table.")
    if how == "half":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "fill":
        with (port.path / "large").open("wb") as file:
            while True:
                file.write(bytes(1 << 20))
    if how == "hog":
        held = [bytearray(b"x") * (64 << 20) for _ in range(64)]
        (port.path / "never.txt").write_text(str(len(held)))
    (port.path / "second.txt").write_text("the second half")
