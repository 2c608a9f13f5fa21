"""A run with what stands beside its events: the runs that cached steps came from, the last words of failed ones."""

from typing import Any

from machiya.records.logs import last_lines
from machiya.records.origins import computed_by
from machiya.records.record import RunRecord
from machiya.records.steps import Step


def described(record: RunRecord) -> dict[str, Any]:
    """The record as JSON; documented in docs/cli.md, below `machiya show`."""
    steps = {step.node.id: step for step in record.walk()}
    data = record.to_json()
    waiting = list(data["tree"])
    while waiting:
        one = waiting.pop()
        step = steps[one["id"]]
        one["cachedFrom"] = cached_from(record, step)
        one["lastLine"] = last_line(record, step)
        waiting += [*one["attempts"], *one["steps"]]
    return data


def cached_from(record: RunRecord, step: Step) -> str | None:
    """The run whose outputs a step took over; None for one that was computed, or where that is not known any more."""
    return computed_by(record, step) or None


def last_line(record: RunRecord, step: Step) -> str | None:
    """The last line of the log of a step that failed; None for any other."""
    lines = last_lines(record, step) if step.bad and not step.children else []
    return lines[-1] if lines else None
