"""A run on a cluster as the command line shows it: while it runs, and what is said at its end."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.cluster import command_on, record_of
from machiya.cli.options import Target
from machiya.cli.output import duration, print_json
from machiya.errors import RunFailedError, RunStoppedError

if TYPE_CHECKING:
    from machiya.engines.argo.protocol import ArgoServer
    from machiya.records import RunRecord, Step

Say = Callable[[str], None]


def say(text: str) -> None:
    """One line about what happens; what is asked for goes to standard output."""
    click.echo(f"{time.strftime('%H:%M:%S')}  {text}", err=True)


def watch(
    server: "ArgoServer", name: str, target: Target, home: Path, *, as_json: bool, before: "RunRecord | None" = None
) -> None:
    """Follow a run to its end, and say how it ended; what it was `before` is no news.

    Raises:
        RunFailedError: it failed.
        RunStoppedError: it was stopped; or Ctrl-C ended the watching, and the run goes on.
    """
    try:
        record = _followed(server, name, home, before)
    except KeyboardInterrupt as error:
        command = command_on(target)
        raise RunStoppedError(
            f"watching was interrupted; the run {name} goes on.",
            f"Look at it: {command('show', name)}\nStop it: {command('stop', name)}",
        ) from error
    _report(record, target, as_json=as_json)


def _followed(server: "ArgoServer", name: str, home: Path, before: "RunRecord | None") -> "RunRecord":
    from machiya.engines.argo.status import status_of

    news, record = News(), before
    if before is not None:
        list(news.of(before))
    for run in server.watch(name):
        record = record_of(server, status_of(run), home)
        for line in news.of(record):
            say(line)
    assert record is not None  # a watch begins with the run as it is
    return record


class News:
    """What became of steps since the last look."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def of(self, record: "RunRecord") -> Iterator[str]:
        """A line for each step that began or ended, and for each attempt that failed before another."""
        for step in record.steps:
            for attempt in step.attempts[:-1]:
                if self._is_news(attempt) and attempt.bad:
                    yield f"{step.name}: {_ending(attempt)}; it is tried again"
            if self._is_news(step) and (line := _line(step)):
                yield f"{step.name}: {line}"

    def _is_news(self, step: "Step") -> bool:
        before, self._told[step.node.id] = self._told.get(step.node.id), str(step.node.phase)
        return before != str(step.node.phase)


def _line(step: "Step") -> str:
    from machiya.engines.local.argo.interpreter.nodes import Phase

    if step.cached:
        return "from the cache"
    if step.node.phase is Phase.RUNNING:
        return "started"
    return _ending(step) if step.node.phase.completed else ""


def _ending(step: "Step") -> str:
    from machiya.records.meanings import exit_meaning

    took = duration(step.seconds)
    if not step.bad:
        return f"done in {took}"
    message = step.last.message or step.node.message
    meaning = exit_meaning(step.exit_code, step.last.message)
    return f"{step.phase.lower()} after {took}: {message}" + (f": {meaning}" if meaning else "")


def _report(record: "RunRecord", target: Target, *, as_json: bool) -> None:
    from machiya.records.failures import failure_text

    counts = record.counts
    if as_json:
        print_json(summary(record))
    else:
        cached = f", {counts.cached} from the cache" if counts.cached else ""
        steps = counts.done + counts.cached + counts.failed
        click.echo(f"{record.name}: {record.phase} in {duration(record.seconds)}, {steps} steps{cached}")
        click.echo(f"  {record.options.get('link', '')}")
    if record.phase == "Succeeded":
        return
    command = command_on(target)
    if record.state.stopping:
        message = f"the run {record.name} was stopped."
        raise RunStoppedError(message, f"Continue it: {command('retry', record.name)}")
    raise RunFailedError(*failure_text(record, command))


def summary(record: "RunRecord") -> dict[str, object]:
    """Documented in docs/cli.md, below `machiya submit`."""
    return {
        "run": record.name,
        "phase": record.phase,
        "message": record.state.message,
        "seconds": record.seconds,
        "steps": record.counts.to_json(),
        "link": record.options.get("link"),
    }
