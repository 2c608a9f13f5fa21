"""Differences of outputs: does anybody read what is another now, and does it still suit them?"""

from collections.abc import Iterator

from machiya.dsl import OutputReference, Step
from machiya.release.contracts import Difference
from machiya.release.usage.change import Change
from machiya.release.usage.judgement import Use
from machiya.release.usage.promises import newly_unmet, unmet
from machiya_component.contract.model import Port


def uses_of_output(change: Change, difference: Difference) -> Iterator[Use]:
    """How those who read an output meet a difference of it; the workflow's own result counts as read."""
    port = difference.place.name
    for step in change.steps(difference.place.operation):
        source = OutputReference(step.name, port)
        for reader in change.workflow.steps:
            for name, one in reader.inputs.items():
                if one == source:
                    yield _read(change, difference, step, reader, name)
        if source in change.workflow.results:
            yield _result(difference, step)


def _read(change: Change, difference: Difference, step: Step, reader: Step, name: str) -> Use:
    port = difference.place.name
    operation = change.operation_of(reader, change.after)
    asked = operation.inputs.get(name) if operation is not None else None
    promised = change.after.operations[step.operation.name].outputs.get(port)
    if promised is None:
        return Use("breaking", f"{reader.name} reads {step.name}/{port}", reader.place)
    if asked is None:  # judged as the reader's own difference
        return Use("harmless", f"{reader.name} does not read {port} any more", reader.place)
    before = change.before.operations[step.operation.name].outputs[port]
    missing = newly_unmet(difference, unmet(before, _asked_before(change, reader, name, asked)), unmet(promised, asked))
    if missing and difference.is_breaking:
        what = ", ".join(dict.fromkeys(one.place.column for one in missing if one.place.column))
        return Use("breaking", f"{reader.name} reads {what + ' of ' if what else ''}{step.name}/{port}", reader.place)
    if difference.is_breaking and asked.table_schema is None and promised.type.kind == "table":
        return Use("note", f"{reader.name} reads {step.name}/{port}, and its contract names no columns", reader.place)
    column = f"the column {difference.place.column}" if difference.place.column else "what is another"
    return Use("harmless", f"{reader.name} does not need {column} of {step.name}/{port}", reader.place)


def _asked_before(change: Change, reader: Step, name: str, asked: Port) -> Port:
    operation = change.operation_of(reader, change.before)
    return operation.inputs.get(name, asked) if operation is not None else asked


def _result(difference: Difference, step: Step) -> Use:
    what = f"{step.name}/{difference.place.name} is the result of the workflow"
    if difference.rule in ("output.removed", "type.changed", "type.major"):
        return Use("breaking", what, step.place)
    if difference.is_breaking:
        return Use("note", f"{what}: who reads that outside of it should know", step.place)
    return Use("harmless", what, step.place)
