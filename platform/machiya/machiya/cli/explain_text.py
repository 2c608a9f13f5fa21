"""`machiya explain` for people."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from machiya.cli.cluster import command_on
from machiya.cli.options import Target
from machiya.cli.output import command_line, duration, phase_text
from machiya.records.diagnosis import Cause, Diagnosis, Press
from machiya.records.failures import Command, anew, spoken_of
from machiya.records.logs import harmless

_LONGEST = 400
"""Characters of a message or of a line of a log."""
_FEW = 5
"""Turns of a loop that are named."""


def explanation(found: Diagnosis, home: Path, target: Target | None = None) -> RenderableType:
    """The whole page: what happened, each cause, what is not lost, what to press."""
    command = _command(found, home, target)
    parts: list[RenderableType] = [_head(found)]
    for cause in found.causes:
        parts += [Text(""), _cause(found, cause, command)]
    parts += [Text(""), _rest(found, command)]
    return Group(*parts)


def _command(found: Diagnosis, home: Path, target: Target | None) -> Command:
    """How to type a command that means this run; of an object from elsewhere, in the namespace that it is of."""
    if not found.record.remote:
        return partial(command_line, home)
    return command_on(target or Target(namespace=_namespace(found)))


def _head(found: Diagnosis) -> Text:
    record = found.record
    which = f"  {record.workflow} ({record.stage})" if record.stage else ""
    took = f" after {duration(record.seconds)}" if record.seconds is not None else ""
    return Text(record.name, "bold").append("  ").append(phase_text(record.phase)).append(f"{took}{which}")


def _cause(found: Diagnosis, cause: Cause, command: Command) -> Group:
    """One reason, with the first step that failed for it."""
    facts = cause.first.facts
    rows = _grid()
    for name, text in (
        ("message", _short(cause.first.message)),
        ("said", _said(cause)),
        ("means", cause.verdict.meaning),
        ("component", _component(cause)),
        ("owner", facts.owner),
        ("commit", _commit(cause)),
        ("runbook", facts.runbook.strip()),
        ("manual", "" if facts.runbook else harmless(facts.description.strip())),
        ("log", _log(found, cause, command)),
        ("to do", cause.verdict.advice),
    ):
        if text:
            rows.add_row(Text(f"  {name}", "dim"), Text(text))
    return Group(Text(_title(found, cause), "bold red"), rows)


def _said(cause: Cause) -> str:
    """The last line of its log, unless the message ends with it."""
    last = cause.first.words[-1] if cause.first.words else ""
    return "" if cause.first.message.endswith(last) else _short(last)


def _title(found: Diagnosis, cause: Cause) -> str:
    if cause.first.step.name == found.record.name and not cause.first.facts.component:
        return cause.verdict.title
    if len(cause.failures) == 1:
        return f"{harmless(cause.name)}: {cause.verdict.title}"
    names = [harmless(failure.step.name.removeprefix(cause.name)) for failure in cause.failures]
    shown = ", ".join(names[:_FEW]) + (", ..." if len(names) > _FEW else "")
    return f"{harmless(cause.name)}: {len(names)} of {cause.total} ({shown}): {cause.verdict.title}"


def _component(cause: Cause) -> str:
    facts = cause.first.facts
    return f"{facts.component} {facts.version}, operation {facts.operation}" if facts.component else facts.image


def _commit(cause: Cause) -> str:
    """With where the code is: the last change of it."""
    facts = cause.first.facts
    return f"{facts.commit[:12]} of {facts.source}" if facts.commit and facts.source else facts.commit[:12]


def _log(found: Diagnosis, cause: Cause, command: Command) -> str:
    record, code = found.record, cause.first.exit_code
    return command("logs", record.name, record.reference(cause.first.step)) if code is not None else ""


def _rest(found: Diagnosis, command: Command) -> Table:
    rows = _grid()
    for name, text in _facts(found, command):
        rows.add_row(Text(f"  {name}" if name else "", "dim"), Text(text))
    return rows


def _facts(found: Diagnosis, command: Command) -> Iterator[tuple[str, str]]:
    yield from _outcome(found)
    for cause in found.consequences:
        yield "followed", f"{cause.name}: {cause.verdict.title}"
    for cause in found.tolerated:
        yield "tolerated", f"{cause.name}: {cause.verdict.title}; the run went on as it is meant to"
    for cause in found.waiting:
        yield "waits", f"{cause.name}: {cause.verdict.title}. {cause.verdict.meaning} ({_short(cause.first.message)})"
    if found.kept and found.causes:
        yield "not lost", ", ".join(found.kept)
    if found.again and found.causes and not found.only_exit:
        yield "again", f"{', '.join(found.again)}; and what has not begun"
    yield from _press(found, command)


def _outcome(found: Diagnosis) -> Iterator[tuple[str, str]]:
    phase = found.record.phase
    if found.only_exit:
        yield "note", "only what runs on exit failed: the results of the run are there"
    if phase == "Succeeded":
        yield "", "It succeeded; there is nothing to do."
    elif phase == "Running" and not found.causes:
        yield "", "It runs, and nothing failed so far."
    elif phase == "Running":
        yield "", "It still runs: what does not wait for these steps goes on, and what may be retried is."
    elif phase == "Pending":
        yield "", "It has not begun: it waits for the controller, a semaphore, or the workflow's parallelism."
    elif phase == "Interrupted":
        yield "", "Its engine is gone: it was killed, or the machine stopped. Nothing of what is done is lost."


def _press(found: Diagnosis, command: Command) -> Iterator[tuple[str, str]]:
    """What to press, or to type."""
    record, press = found.record, found.press
    if link := record.options.get("link"):
        yield "look", str(link)
    if record.phase == "Interrupted" and press is None:
        yield "press", command("retry", record.name)
    if press is None:
        return
    if press is Press.RESUBMIT:
        yield "press", f"not RETRY, which would fail again: when it is mended, {_again(found, command)}"
        yield "", "a new run takes the steps that are not affected from the cache"
    elif press is Press.WAIT:
        yield "press", "nothing yet"
    else:
        first = "after that, " if press is Press.MEND else ""
        button = "RETRY in the Argo UI, or: " if record.remote else ""
        yield "press", f"{first}{button}{command('retry', record.name)}"


def _again(found: Diagnosis, command: Command) -> str:
    """A new run, with the parameters that are spoken of."""
    named = spoken_of(found.record, [line for cause in found.causes for line in cause.first.words])
    return anew(found.record, command, *(word for name in named for word in ("-p", f"{name}=...")))


def _namespace(found: Diagnosis) -> str:
    facts = found.record.state.facts
    return facts.namespace if facts is not None else "default"


def _grid() -> Table:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    return rows


def _short(text: str) -> str:
    line = harmless(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
