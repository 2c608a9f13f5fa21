"""The log of a step: of one that is very long, its beginning and its end."""

from pathlib import Path
from typing import BinaryIO

from machiya.engines.local.launchers.protocol import RESULT_LIMIT

HEAD = 8 * 1024 * 1024
TAIL = 4 * 1024 * 1024


class StepLog:
    """Writes a log of at most ``head + 2 * tail`` bytes (and a line that says what is left out).

    The beginning goes to the file itself. What follows goes to two files beside it in turns, so that the last ``tail``
    bytes at least are always there, even after a crash; `close` puts all together.
    """

    def __init__(self, path: Path, head: int = HEAD, tail: int = TAIL) -> None:
        self._path = path
        self._head_left, self._tail = head, tail
        self._file: BinaryIO = path.open("wb", buffering=0)
        self._segment: BinaryIO | None = None
        self._segment_size = 0
        self._dropped = 0
        self._older, self._newer = path.with_name(path.name + ".tail-1"), path.with_name(path.name + ".tail-2")
        self._stdout = bytearray()

    def write(self, data: bytes, *, stdout: bool) -> None:
        """Add what the program wrote."""
        if stdout and len(self._stdout) < RESULT_LIMIT:
            self._stdout += data[: RESULT_LIMIT - len(self._stdout)]
        if self._head_left:
            part = data[: self._head_left]
            self._file.write(part)
            self._head_left -= len(part)
            data = data[len(part) :]
        while data:
            data = self._write_tail(data)

    def _write_tail(self, data: bytes) -> bytes:
        if self._segment is None or self._segment_size >= self._tail:
            self._turn()
        part = data[: self._tail - self._segment_size]
        if self._segment is not None:
            self._segment.write(part)
        self._segment_size += len(part)
        return data[len(part) :]

    def _turn(self) -> None:
        """The newer of the two files becomes the older; what that held is dropped."""
        if self._segment is not None:
            self._segment.close()
            self._dropped += self._older.stat().st_size if self._older.exists() else 0
            self._newer.replace(self._older)
        self._segment = self._newer.open("wb", buffering=0)
        self._segment_size = 0

    @property
    def result(self) -> str:
        """The standard output, as Argo's outputs.result: without the newline at its end."""
        return self._stdout.decode("utf-8", "replace").removesuffix("\n")

    def close(self) -> None:
        """Put the end behind the beginning."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None
            if self._dropped:
                self._file.write(f"\n[... {self._dropped} bytes are left out here ...]\n".encode())
            for part in (self._older, self._newer):
                if part.exists():
                    self._file.write(part.read_bytes())
                    part.unlink()
        self._file.close()
