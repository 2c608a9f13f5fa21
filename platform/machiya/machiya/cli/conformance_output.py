"""How `machiya test` speaks: progress and notes on stderr, the verdict on stdout."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from machiya.conformance import Check, CheckResult, Outcome, Verdict, failure_text, to_junit
from machiya.errors import CheckError, OutputError

_FILE_WIDTH = 120
"""Columns where there is no terminal to ask: a log, a file, a document."""
_SHOWN_FAILURES = 3
"""Failures of a check that are shown whole; of the others the message says enough, and --json holds the rest."""
_STYLES: dict[Outcome, str] = {"pass": "green", "fail": "bold red", "skip": "yellow", "info": "cyan"}


class Progress:
    """Notes as lines, and on a terminal a last line that counts the checks."""

    def __init__(self, status: Status, total: int) -> None:
        self._status = status
        self._total = total
        self._done = 0
        self._lock = threading.Lock()

    def note(self, text: str) -> None:
        """Say something about what happens."""
        self._status.console.print(f"{text}", markup=False, highlight=False, soft_wrap=True)

    def result(self, result: CheckResult) -> None:
        """Count a check that is done; the checks run in several threads."""
        with self._lock:
            self._done += 1
            self._status.update(f"{self._done} of {self._total} checks done, last: {result.id} {result.outcome}")


@contextmanager
def progress(total: int) -> Iterator[Progress]:
    """Shows progress on stderr while the block runs."""
    with Console(stderr=True).status("") as status:
        yield Progress(status, total)


def print_catalogue(checks: Sequence[Check]) -> None:
    """The checks with their titles, one a line."""
    width = max(len(check.id) for check in checks)
    for check in checks:
        click.echo(f"{check.id:<{width}}  {check.title}{' (reported only)' if check.reports else ''}")


def print_verdict(verdict: Verdict, *, as_json: bool) -> None:
    """The verdict on stdout, as JSON or for people."""
    if as_json:
        click.echo(verdict.model_dump_json(indent=2))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    console.print(_table(verdict))
    for result in verdict.with_outcome("fail"):
        console.print(Text(f"\n{result.id}", style=_STYLES["fail"]))
        for failure in result.failures[:_SHOWN_FAILURES]:
            console.print(Text(failure_text(failure)), soft_wrap=True)
        for failure in result.failures[_SHOWN_FAILURES:]:
            console.print(Text(failure.message), soft_wrap=True)
    counts = {outcome: len(verdict.with_outcome(outcome)) for outcome in _STYLES}
    told = f"{counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped in {verdict.seconds:.0f} s"
    console.print(Text(f"\n{verdict.image.reference}: {told}"), soft_wrap=True)
    console.print(Text(verdict.image.id), soft_wrap=True)


def _table(verdict: Verdict) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("check", "outcome", "what"):
        table.add_column(heading, no_wrap=heading != "what")
    for result in verdict.checks:
        what = {"skip": result.reason, "info": f"{result.title}: {result.reason}"}.get(result.outcome, result.title)
        table.add_row(result.id, Text(result.outcome, style=_STYLES[result.outcome]), Text(what))
    return table


def write_junit(verdict: Verdict, path: Path | None) -> None:
    """Write the verdict as JUnit XML where that is asked for."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_junit(verdict), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the JUnit file cannot be written: {error}.", "Name another with --junit.") from error


def raise_for(verdict: Verdict, kept: Path | None) -> None:
    """CheckError for a verdict with failures, saying which and where to look."""
    failed = [result.id for result in verdict.with_outcome("fail")]
    if failed:
        where = (
            f"Inputs and outputs of the runs are in {kept}: the commands above work. Remove it when done."
            if kept
            else ""
        )
        raise CheckError(f"{len(failed)} of {len(verdict.checks)} checks failed: {', '.join(failed)}", where)
    if kept:
        click.echo(f"Inputs and outputs of the runs are in {kept}.", err=True)
