"""`machiya logs`: what steps wrote."""

import codecs
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from machiya.cli.options import home_option, json_option
from machiya.errors import ArgumentsError, NotFoundError

if TYPE_CHECKING:
    from machiya.records import RunRecord, Step


@click.command
@click.argument("run", required=False, default="", metavar="[RUN]")
@click.argument("step", required=False, default="", metavar="[STEP]")
@click.option("-f", "--follow", is_flag=True, help="Go on until the step, or the run, has ended.")
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="Only the last N lines.")
@click.option(
    "--attempt", type=click.IntRange(min=1), metavar="N", help="The N-th attempt of STEP. [default: the last]"
)
@home_option
@json_option
def logs(run: str, step: str, follow: bool, tail: int | None, attempt: int | None, home: Path, as_json: bool) -> None:
    """Print the logs of a run.

    The log of one STEP as it is, or those of all steps below headings. RUN is the run's id, or the
    beginning of it; `latest`, or nothing, means the newest. STEP is a name as `machiya show` has it;
    the name of a loop means all its turns.
    """
    from machiya.records import find_run, load_record

    if attempt is not None and (follow or not step):
        raise ArgumentsError("--attempt goes with one STEP, and not with --follow.", "Name the step.")
    folder = find_run(home, run)
    if follow:
        _follow(folder.home, folder.name, step, tail, as_json=as_json)
        return
    record = load_record(folder)
    steps = [leaf for found in record.find_steps(step) for leaf in found.leaves()] if step else record.steps
    if as_json:
        _print_json(record, steps, tail, attempt)
    elif len(steps) == 1 and step:
        _print_one(record, steps[0], tail, attempt)
    elif attempt is not None:
        names = ", ".join(one.name for one in steps[:5])
        raise ArgumentsError(f"--attempt goes with one step, and {step} is {len(steps)}.", f"Name one: {names}.")
    else:
        _print_all(record, steps, tail)


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


def _sink() -> Sink:
    return _Terminal() if sys.stdout.isatty() else _Bytes()


def _print(pieces: Iterable[bytes]) -> bool:
    """Print pieces of one log; whether there were any. The last line gets an end."""
    sink, last = _sink(), b""
    for piece in pieces:
        sink.write(piece)
        last = piece or last
    if last and not last.endswith(b"\n"):
        sink.write(b"\n")
    return bool(last)


def _print_one(record: "RunRecord", step: "Step", tail: int | None, attempt: int | None) -> None:
    from machiya.records.logs import log_files, read_log

    files = log_files(record, step)
    if not files:
        raise NotFoundError(f"{step.name} has no log: {_why(step)}.", _elsewhere(record, step))
    number = len(files) if attempt is None else attempt
    if number > len(files):
        raise NotFoundError(f"{step.name} has {len(files)} attempts, and no attempt {number}.", "Choose another.")
    if attempt is None and number > 1:
        click.echo(f"machiya: attempt {number} of {number}; --attempt shows the others", err=True)
    _print(read_log(files[number - 1], tail))


def _print_all(record: "RunRecord", steps: "list[Step]", tail: int | None) -> None:
    from machiya.records.logs import log_files, read_log

    for step in steps:
        files = log_files(record, step)
        for number, path in enumerate(files, 1):
            count = f", attempt {number} of {len(files)}" if len(files) > 1 else ""
            click.echo(click.style(f"==> {step.name}{count}: {step.phase} <==", bold=True))
            _print(read_log(path, tail))
        if not files:
            click.echo(click.style(f"==> {step.name}: {_why(step)} <==", bold=True))


def _print_json(record: "RunRecord", steps: "list[Step]", tail: int | None, attempt: int | None) -> None:
    """One JSON object for each line, of all attempts unless one is named."""
    from machiya.records.logs import log_files, read_log

    for step in steps:
        for number, path in enumerate(log_files(record, step), 1):
            if attempt in (None, number):
                lines = _Lines(_Bytes(), _json_line(number))
                for piece in read_log(path, tail):
                    lines.write(step.name, piece)
                lines.close()


def _why(step: "Step") -> str:
    """Why there is no log."""
    if step.cached:
        return "its outputs were taken from the cache"
    return f"{step.phase}, and its program did not run"


def _elsewhere(record: "RunRecord", step: "Step") -> str:
    """Where the log is of a step that another run computed."""
    from machiya.cli.output import command_line
    from machiya.records.origins import computed_by

    run = computed_by(record, step)
    return f"See {command_line(record.folder.home, 'logs', run, step.name)}" if run else ""


def _follow(home: Path, run: str, step: str, tail: int | None, *, as_json: bool) -> None:
    from machiya.engines.local.runs import RunFolder
    from machiya.records.follow import Follower

    follower = Follower(RunFolder(home, run), step, tail=tail)
    sink = _Bytes() if as_json else _sink()
    lines = _Lines(sink, _json_line() if as_json else _marked_line)
    for source, piece in follower.pieces():
        if follower.one and not as_json:
            sink.write(piece)
        else:
            lines.write(source.name, piece)
    lines.close()


Shape = Callable[[str, bytes], bytes]
"""How a line (without its end) of the step of a name is printed."""


def _marked_line(name: str, line: bytes) -> bytes:
    return f"{name}: ".encode() + line


def _json_line(attempt: int | None = None) -> Shape:
    """``{"step": ..., "attempt": ..., "line": ...}``; while a log is followed, the attempt is not known."""

    def shape(name: str, line: bytes) -> bytes:
        told = {"step": name, "attempt": attempt, "line": line.decode("utf-8", "replace")}
        return json.dumps(told, ensure_ascii=False).encode()

    return shape


class _Lines:
    """Whole lines of several steps, each printed in the same shape."""

    LIMIT = 1 << 16

    def __init__(self, sink: Sink, shape: Shape) -> None:
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
