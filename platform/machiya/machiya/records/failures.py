"""Why a run did not succeed, in words: which step, what its exit code means, its last words, and what to do."""

import re
from collections.abc import Callable, Iterable, Iterator

from machiya.records.diagnosis import Press, diagnose
from machiya.records.keys import input_digests, sources_of
from machiya.records.logs import last_lines
from machiya.records.meanings import exit_meaning
from machiya.records.record import RunRecord
from machiya.records.steps import Step
from machiya_component.errors import ExitCode

_LINES = 10
_SHOWN = 3
_OPTION = re.compile(r"--([a-z][a-z0-9_]*)|\b([a-z][a-z0-9_]*)=")

Command = Callable[..., str]
"""What to type for a command of `machiya` with these words."""


def failure_text(record: RunRecord, command: Command) -> tuple[str, str]:
    """(what went wrong, what to do) of a run that ended badly."""
    failed = record.failed_steps
    name = record.name
    if not failed:
        return f"the run {name} failed: {record.state.message}.", f"Look at it: {command('show', name)}"
    message = f"the run {name} failed at {_names(failed)}."
    parts = [_step_text(record, step, command) for step in failed[:_SHOWN]]
    parts += [*_next(record, command), *_other_data(record, failed, command), _other_values(record, command)]
    return message, "\n".join([*parts, f"What it means, and whom to ask: {command('explain', name)}"])


def _next(record: RunRecord, command: Command) -> Iterator[str]:
    """How to go on, in a sentence."""
    press, words = way_on(record, command)
    if press is Press.RESUBMIT:
        yield f"A retry would fail again. When that is mended, run it anew: {words}"
    else:
        yield f"{'When that is mended, continue' if press is Press.MEND else 'Continue'}: {words}"


def way_on(record: RunRecord, command: Command) -> tuple[Press | None, str]:
    """What helps a run that failed, as `machiya explain` says it, and the command.

    A retry has the data, the values and the code that the run began with.
    """
    press = diagnose(record, lambda *_: None, lambda _: ()).press  # texts, which contracts and logs give, are not used
    return press, anew(record, command) if press is Press.RESUBMIT else command("retry", record.name)


def anew(record: RunRecord, command: Command, *more: str) -> str:
    """The command for a new run: on a cluster, with the versions that the stage has by then."""
    stage = ["--stage", record.stage] if record.remote and record.stage else []
    return command("resubmit", record.name, *stage, *more)


def _other_values(record: RunRecord, command: Command) -> str:
    """How to run with other values: of the parameters that the last words speak of, where the workflow has them."""
    named = spoken_of(record, [line for step in record.failed_steps[:_SHOWN] for line in last_lines(record, step, 1)])
    of = f" of {', '.join(named)}" if named else ""
    return f"With other values{of}: {command('resubmit', record.name)} -p NAME=VALUE"


def spoken_of(record: RunRecord, words: Iterable[str]) -> list[str]:
    """The workflow's parameters that these lines of logs speak of: options of the component, or NAME=VALUE."""
    named = (option or value for option, value in _OPTION.findall(" ".join(words)))
    return [name for name in dict.fromkeys(named) if name in record.parameters]


def _other_data(record: RunRecord, failed: list[Step], command: Command) -> Iterator[str]:
    """How to run on data that was mended: a run keeps what it read in the beginning."""
    refused = [step for step in failed if step.exit_code == ExitCode.DATA]
    read = {digest for step in refused for digest in input_digests(record, step).values()}
    for name, source in sources_of(record).items():
        if source["digest"] in read:
            again = command("resubmit", record.name, "-p", f"{name}={source['location']}")
            yield f"When {name} is mended, read it again: {again}"


def _names(failed: list[Step]) -> str:
    names = [step.name for step in failed]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _step_text(record: RunRecord, step: Step, command: Command) -> str:
    meaning = exit_meaning(step.exit_code, step.last.message)
    head = f"{step.name}: {step.last.message or step.node.message}" + (f": {meaning}" if meaning else "")
    words = [f"  | {line}" for line in last_lines(record, step, _LINES)]
    return "\n".join([head, *words, f"  The whole log: {command('logs', record.name, record.reference(step))}"])
