"""How logs are printed: harmless text on a terminal, bytes as they are elsewhere, and lines of several steps."""

import codecs
import json
import sys
from collections.abc import Callable, Iterable
from typing import Protocol

import click


class Sink(Protocol):
    """Takes pieces of logs."""

    def write(self, piece: bytes) -> None:
        """One piece, whose lines need not be whole."""


class _Terminal:
    """Shows text only: what a log holds of control characters must not reach the terminal."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, piece: bytes) -> None:
        """Print it, made harmless."""
        from machiya.records.logs import harmless

        click.echo(harmless(self._decoder.decode(piece)), nl=False)


class _Bytes:
    """Passes everything on as it is."""

    def __init__(self) -> None:
        self._stream = sys.stdout.buffer

    def write(self, piece: bytes) -> None:
        """Print it at once."""
        self._stream.write(piece)
        self._stream.flush()


def sink() -> Sink:
    """Standard output, for people."""
    return _Terminal() if sys.stdout.isatty() else _Bytes()


def raw_sink() -> Sink:
    """Standard output, for programs."""
    return _Bytes()


def print_pieces(pieces: Iterable[bytes]) -> bool:
    """Print pieces of one log; whether there were any. The last line gets an end."""
    output, last = sink(), b""
    for piece in pieces:
        output.write(piece)
        last = piece or last
    if last and not last.endswith(b"\n"):
        output.write(b"\n")
    return bool(last)


LineShape = Callable[[str, bytes], bytes]
"""How a line (without its end) of the step of a name is printed."""


def marked_line(name: str, line: bytes) -> bytes:
    """``train: ...``."""
    return f"{name}: ".encode() + line


def json_line(attempt: int | None = None) -> LineShape:
    """``{"step": ..., "attempt": ..., "line": ...}``; while a log is followed, the attempt is not known."""

    def shape(name: str, line: bytes) -> bytes:
        told = {"step": name, "attempt": attempt, "line": line.decode("utf-8", "replace")}
        return json.dumps(told, ensure_ascii=False).encode()

    return shape


class Lines:
    """Whole lines of several steps, each printed in the same shape."""

    LIMIT = 1 << 16

    def __init__(self, sink: Sink, shape: LineShape) -> None:
        self._sink = sink
        self._shape = shape
        self._open: dict[str, bytes] = {}

    def write(self, name: str, piece: bytes) -> None:
        """Print the lines that are whole, and what is too long to wait for its end."""
        text = self._open.pop(name, b"") + piece
        whole, newline, rest = text.rpartition(b"\n")
        if len(rest) > self.LIMIT:
            whole, newline, rest = text, b"\n", b""
        if newline:
            self._sink.write(b"".join(self._shape(name, line) + b"\n" for line in whole.split(b"\n")))
        if rest:
            self._open[name] = rest

    def close(self) -> None:
        """Print the lines that never came to an end."""
        for name in list(self._open):
            self.write(name, b"\n")
