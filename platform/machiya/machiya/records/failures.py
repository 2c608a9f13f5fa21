"""Why a run did not succeed, in words: which step, what its exit code means, its last words, and what to do."""

from collections.abc import Callable

from machiya.records.logs import last_lines
from machiya.records.meanings import exit_meaning
from machiya.records.record import RunRecord
from machiya.records.steps import Step

_LINES = 10
_SHOWN = 3


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
    continued = f"When that is mended, continue: {command('retry', name)}"
    return message, "\n".join([*parts, continued, f"With other values: {command('resubmit', name)} -p NAME=VALUE"])


def _names(failed: list[Step]) -> str:
    names = [step.name for step in failed]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _step_text(record: RunRecord, step: Step, command: Command) -> str:
    meaning = exit_meaning(step.exit_code, step.last.message)
    head = f"{step.name}: {step.last.message or step.node.message}" + (f": {meaning}" if meaning else "")
    words = [f"  | {line}" for line in last_lines(record, step, _LINES)]
    return "\n".join([head, *words, f"  The whole log: {command('logs', record.name, record.reference(step))}"])
