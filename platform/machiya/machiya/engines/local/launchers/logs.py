"""The log of a step: of one that is very long, its beginning and its end."""

from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from machiya.engines.local.launchers.protocol import RESULT_LIMIT

HEAD = 8 * 1024 * 1024
TAIL = 4 * 1024 * 1024
PENDING = 64 * 1024
"""The most bytes that wait in memory for room on the disk."""


class StepLog:
    """Writes a log of at most ``head + 2 * tail`` bytes (and lines that say what is left out).

    The beginning goes to the file itself. What follows goes to two files beside it in turns, so that the last ``tail``
    bytes at least are always there, even after a crash; `close` puts all together.

    Writing never fails: a program whose log nobody takes would wait for ever. While the disk is full, the last bytes
    wait in memory.
    """

    def __init__(self, path: Path, head: int = HEAD, tail: int = TAIL) -> None:
        self._head_left, self._tail = head, tail
        self._file: BinaryIO = path.open("wb", buffering=0)
        self._segment: BinaryIO | None = None
        self._segment_size = 0
        self._dropped = 0
        self._older, self._newer = path.with_name(path.name + ".tail-1"), path.with_name(path.name + ".tail-2")
        self._stdout = bytearray()
        self._pending = bytearray()
        self._lost = 0
        self._problem = ""

    def write(self, data: bytes, *, stdout: bool) -> None:
        """Add what the program wrote."""
        if stdout and len(self._stdout) < RESULT_LIMIT:
            self._stdout += data[: RESULT_LIMIT - len(self._stdout)]
        self._pending += data
        self._flush()
        excess = len(self._pending) - PENDING
        if excess > 0:
            del self._pending[:excess]
            self._lost += excess

    def _flush(self) -> None:
        try:
            while self._pending:
                del self._pending[: self._write_some(bytes(self._pending))]
        except OSError as error:
            self._problem = error.strerror or str(error)

    def _write_some(self, data: bytes) -> int:
        """Write a part of it; how many bytes that was."""
        if self._head_left:
            written = self._file.write(data[: self._head_left])
            self._head_left -= written
            return written
        if self._segment is None or self._segment_size >= self._tail:
            self._segment = self._turned()
        written = self._segment.write(data[: self._tail - self._segment_size])
        self._segment_size += written
        return written

    def _turned(self) -> BinaryIO:
        """The newer of the two files becomes the older; what that held is dropped."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None
            if self._older.exists():
                self._dropped += self._older.stat().st_size
                self._older.unlink()  # to rename over it would make some file systems write it out first
            self._newer.rename(self._older)
        self._segment_size = 0
        return self._newer.open("wb", buffering=0)

    @property
    def result(self) -> str:
        """The standard output, as Argo's outputs.result: without the newline at its end."""
        return self._stdout.decode("utf-8", "replace").removesuffix("\n")

    def close(self) -> None:
        """Put the end behind the beginning. What finds no room even now stays in its files."""
        if self._file.closed:
            return
        if self._lost:
            note = f"\n[... {self._lost} bytes could not be written: {self._problem} ...]\n".encode()
            self._pending[:0] = note
        self._flush()
        if self._segment is not None:
            self._segment.close()
        with suppress(OSError):
            self._join()
        self._file.close()

    def _join(self) -> None:
        if self._dropped:
            self._append(f"\n[... {self._dropped} bytes are left out here ...]\n".encode())
        for part in (self._older, self._newer):
            if part.exists():
                self._append(part.read_bytes())
                part.unlink()

    def _append(self, data: bytes) -> None:
        while data:
            data = data[self._file.write(data) :]
