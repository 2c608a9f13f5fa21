"""A session of work on a run as the command line shows it: while it runs, and what is said at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from machiya.cli.output import command_line, print_json, shown_path
from machiya.cli.run_view import RunView, shown
from machiya.engines.local.api import Result
from machiya.engines.local.launching import LauncherName
from machiya.engines.local.runner import Preferences, ReadyRun, Runner
from machiya.errors import RunFailedError, RunStoppedError
from machiya.records import RunRecord, load_record
from machiya.records.failures import failure_text
from machiya.records.kept import kept_files

if TYPE_CHECKING:
    from machiya.engines.local.store import ArtifactStore

_FILE_WIDTH = 120


@dataclass
class Session:
    """What a command has to say which run it works on."""

    runner: Runner
    view: RunView
    as_json: bool
    ended: tuple[ReadyRun, Result] | None = None

    def work(self, ready: ReadyRun, again: str | None = None) -> None:
        """Work on a run to its end."""
        self.view.follow(ready.folder)
        result = ready.execute(again=again)
        self.ended = ready, result
        if result.succeeded and result.message:
            self.view.say(result.message)

    def report(self) -> None:
        """Say how it ended, and where the results are.

        Raises:
            RunFailedError, RunStoppedError: it did not succeed.
        """
        if self.ended is None:
            return
        ready, result = self.ended
        record = load_record(ready.folder)
        results = link(record, ready.setup.store) if result.succeeded else []
        if self.as_json:
            print_json(summary(record, results))
        else:
            for line in lines(record, results):
                click.echo(line)
        check(result, record)


@contextmanager
def reported(home: Path, launcher: LauncherName | None, store: str | None, *, as_json: bool) -> Iterator[Session]:
    """Everything around the work on one run; the block calls `Session.work` once."""
    console = Console(stderr=True)
    if not console.is_terminal:
        console = Console(stderr=True, width=_FILE_WIDTH)
    with shown(console) as view:
        preferences = Preferences(home, launcher, store, observers=(view.observe,), say=view.say)
        with Runner(preferences) as runner:
            session = Session(runner, view, as_json)
            yield session
    session.report()


def link(record: RunRecord, store: "ArtifactStore | None") -> list[Path]:
    """The results as folders that can be opened."""
    from machiya.records.results import link_results

    return link_results(record, store) if store is not None else []


def summary(record: RunRecord, results: list[Path]) -> dict[str, object]:
    """Documented in docs/cli.md, below `machiya run`."""
    return {
        "run": record.name,
        "phase": record.phase,
        "message": record.state.message,
        "seconds": record.seconds,
        "steps": record.counts.to_json(),
        "results": [str(path) for path in results],
        "kept": [one.to_json() for one in kept_files(record)],
    }


def lines(record: RunRecord, results: list[Path]) -> Iterator[str]:
    """For people."""
    counts = record.counts
    cached = f", {counts.cached} from the cache" if counts.cached else ""
    steps = counts.done + counts.cached + counts.failed
    yield f"{record.name}: {record.phase} in {record.seconds or 0:.1f} s, {steps} steps{cached}"
    for path in results:
        page = path / "index.html"
        yield f"  {path.parent.name}/{path.name}: {shown_path(page if page.is_file() else path)}"
    for one in kept_files(record):
        yield f"  {one.step} keeps {one.key}"
    if any((path / "index.html").is_file() for path in results):
        command = command_line(record.folder.home, "view", record.name)
        yield f"Open the report in a browser; to look at every user and item: {command}"


def check(result: Result, record: RunRecord) -> None:
    """Raise unless the run succeeded."""
    if result.succeeded:
        return
    name, command = record.name, partial(command_line, record.folder.home)
    if record.state.stopping:
        raise RunStoppedError(f"the run {name} was stopped.", f"Continue it: {command('retry', name)}")
    message, remedy = failure_text(record, command)
    raise RunFailedError(message, remedy)
