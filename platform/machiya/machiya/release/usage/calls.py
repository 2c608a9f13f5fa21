"""Differences of what a call gives: does a step give the parameter or wire the input, and does that still fit?"""

from collections.abc import Iterator, Mapping
from typing import Any

from machiya.dsl import Constant, OutputReference, ParameterReference, Step, WorkflowParameter
from machiya.dsl.model import RUN_STATUSES, RunReference
from machiya.release.contracts import Difference
from machiya.release.usage.change import Change
from machiya.release.usage.judgement import Use
from machiya.release.usage.promises import newly_unmet, unmet
from machiya_component.contract.model import Parameter
from machiya_component.parameters import violations


def uses_of_parameter(change: Change, difference: Difference) -> Iterator[Use]:
    """How the steps that call the operation meet a difference of one of its parameters."""
    place = difference.place
    for step in change.steps(place.operation):
        given = step.fan_out is not None and place.name in (step.fan_out.parameter, step.fan_out.over)
        if place.name not in step.parameters and not given:
            yield _not_given(step, difference)
        elif difference.rule == "parameter.removed":
            yield Use("breaking", f"{step.name} gives {place.name}", step.place)
        elif difference.rule in ("default.changed", "parameter.required", "parameter.added", "parameter.optional"):
            yield Use("harmless", f"{step.name} gives {place.name}", step.place)
        else:
            yield _given(change, step, difference)


def _not_given(step: Step, difference: Difference) -> Use:
    name = difference.place.name
    if difference.rule == "parameter.required":
        return Use("breaking", f"{step.name} does not give {name}", step.place)
    if difference.rule == "default.changed":
        reason = f"{step.name} does not give {name}, so it gets {difference.after!r} instead of {difference.before!r}"
        return Use("note", reason, step.place)
    return Use("harmless", f"{step.name} does not give {name}", step.place)


def _given(change: Change, step: Step, difference: Difference) -> Use:
    name = difference.place.name
    before = change.before.operations[step.operation.name].parameters[name]
    after = change.after.operations[step.operation.name].parameters[name]
    fragment = _what_changed(before, after, difference)
    value = step.parameters.get(name)
    if isinstance(value, ParameterReference):
        return _of_workflow(change.parameter(value.name), step, before, fragment, difference)
    for one in _values(change, step, name):
        for problem in violations(fragment, one):
            return Use("breaking", f"{step.name} gives {name}: {problem}", step.place)
    if isinstance(value, RunReference) and value.fact != "status" and difference.is_breaking:
        return Use("breaking", f"{step.name} gives {name} a fact of the run, which may be any text", step.place)
    return Use("harmless", f"what {step.name} gives still fits", step.place)


def _what_changed(before: Parameter, after: Parameter, difference: Difference) -> dict[str, Any]:
    """The part of the newer fragment that a difference is about."""
    if difference.rule == "parameter.type":
        return {"type": after.type}
    old, new = before.fragment, after.fragment
    same = [key for key, value in new.items() if value == difference.after and old.get(key) == difference.before]
    return {key: new[key] for key in same}


def _values(change: Change, step: Step, name: str) -> list[Any]:
    """The values that a step gives a parameter, as far as they stand in the workflow file."""
    value = step.parameters.get(name)
    if isinstance(value, Constant):
        return [value.value]
    if isinstance(value, RunReference):
        return list(RUN_STATUSES) if value.fact == "status" else []
    assert step.fan_out is not None  # `uses_of_parameter` has looked
    count = step.fan_out.count
    number = count.value if isinstance(count, Constant) else change.parameter(count.name).default
    return [0, number - 1] if name == step.fan_out.parameter else [number]


def _of_workflow(
    parameter: WorkflowParameter,
    step: Step,
    before: Parameter,
    fragment: Mapping[str, Any],
    difference: Difference,
) -> Use:
    """A parameter of the workflow breaks by its default and the choices that its own file names.

    One that is exposed follows the contract: its choices become those of the newer version.
    """
    name = parameter.name
    for problem in violations(fragment, parameter.default):
        return Use("breaking", f"{step.name} gets the workflow parameter {name}: {problem}", step.place)
    exposed = before.name == name and {"description": name, **before.fragment} == dict(parameter.fragment)
    for choice in parameter.fragment.get("enum", ()):
        for problem in violations(fragment, choice):
            verdict: Any = "note" if exposed else "breaking"
            return Use(verdict, f"a run may give the workflow parameter {name}: {problem}", step.place)
    if difference.is_breaking and "enum" not in parameter.fragment:
        reason = f"the default of the workflow parameter {name} still fits; runs that give other values may be refused"
        return Use("note", reason, step.place)
    return Use("harmless", f"what {step.name} gives still fits", step.place)


def uses_of_input(change: Change, difference: Difference) -> Iterator[Use]:
    """How the steps that call the operation meet a difference of one of its inputs."""
    name = difference.place.name
    for step in change.steps(difference.place.operation):
        wired = name in step.inputs
        if difference.rule == "input.required":
            verb = "wires" if wired else "does not wire"
            yield Use("harmless" if wired else "breaking", f"{step.name} {verb} {name}", step.place)
        elif not wired:
            yield Use("harmless", f"{step.name} does not wire {name}", step.place)
        elif difference.rule == "input.removed":
            yield Use("breaking", f"{step.name} wires {name}", step.place)
        elif difference.is_breaking:
            yield _wired(change, step, difference)
        else:
            yield Use("harmless", f"what {step.name} reads still fits", step.place)


def _wired(change: Change, step: Step, difference: Difference) -> Use:
    name = difference.place.name
    source = step.inputs[name]
    asked = [contract.operations[step.operation.name].inputs[name] for contract in (change.before, change.after)]
    if not isinstance(source, OutputReference):
        return Use("breaking", f"{step.name} reads {name} from outside, where nobody promises it", step.place)
    promised = [change.promised(source, contract) for contract in (change.before, change.after)]
    where = f"{source.step}/{source.port}"
    if promised[1] is None:
        return Use("breaking", f"{step.name} reads {where}, which is gone", step.place)
    earlier = unmet(promised[0], asked[0]) if promised[0] is not None else []
    missing = newly_unmet(difference, earlier, unmet(promised[1], asked[1]))
    if missing:
        reasons = "; ".join(_shown(one) for one in missing)
        return Use("breaking", f"{step.name} reads {where}, which does not promise that: {reasons}", step.place)
    return Use("harmless", f"{step.name} reads {where}, which promises that", step.place)


def _shown(difference: Difference) -> str:
    return f"{difference.place.column}: {difference.message}" if difference.place.column else difference.message
