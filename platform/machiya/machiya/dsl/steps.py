"""One step as it was written -> the checked value: every argument against the contract."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from machiya.dsl.builder import Workflow
from machiya.dsl.compatible import GATHERED_KINDS, mismatches
from machiya.dsl.exits import ON_EXIT, exit_problems, fact_value, left_problems, order_problem, wiring_problem
from machiya.dsl.findings import nearest
from machiya.dsl.handles import (
    ArtifactHandle,
    Draft,
    EarlierHandle,
    FactHandle,
    FanOutCall,
    KeptHandle,
    KeyHandle,
    Nothing,
    OutputHandle,
    ParameterHandle,
    StepHandle,
    draft_of,
    workflow_of,
)
from machiya.dsl.keeping import reading_problem
from machiya.dsl.model import (
    ArtifactReference,
    Constant,
    EarlierReference,
    FanOut,
    KeyReference,
    LeftReference,
    OutputReference,
    ParameterReference,
    Place,
    Source,
    Step,
    Value,
)
from machiya_component.contract.model import Parameter, Port
from machiya_component.parameters import violations

MAXIMUM_COUNT = 100_000
"""Shards of a fan-out: keys of shards have five digits."""


_NO_SOURCES = {
    StepHandle: "a step",
    ParameterHandle: "a workflow parameter",
    FactHandle: "a fact of the run",
    KeyHandle: "the key of one",
}


class StepChecker:
    """Checks one step; findings go to the workflow's."""

    def __init__(self, workflow: Workflow, draft: Draft) -> None:
        self.workflow = workflow
        self.draft = draft
        self.operation = draft.operation

    def check(self) -> Step:
        """The step; what was wrong with it is left out of it."""
        draft, operation = self.draft, self.operation
        if operation.service is not None:
            message = f"{operation.name} is a service: it runs until it is stopped, so nothing could come after it."
            self._add("service", "", message, nearest("", self._batch_operations(), "Operations that end"))
        inputs: dict[str, Source] = {}
        parameters: dict[str, Value] = {}
        for name, given in draft.arguments.items():
            if isinstance(given, Nothing):
                continue
            if name in operation.inputs:
                self._input(operation.inputs[name], given, inputs)
            elif name in operation.parameters:
                self._parameter(operation.parameters[name], given, parameters)
            else:
                message = f"{draft.contract.name}.{operation.name} has no input or parameter {name!r}."
                remedy = nearest(name, [*operation.inputs, *operation.parameters], "Inputs and parameters")
                self._add("argument", name, message, remedy)
        for place, message, remedy in exit_problems(draft):
            self._add("exit", "", message, remedy, place)
        fan_out = self._fan_out(draft.fan_out) if draft.fan_out and not draft.on_exit else None
        self._missing(fan_out)
        ordered = {name: parameters[name] for name in operation.parameters if name in parameters}
        wired = {name: inputs[name] for name in operation.inputs if name in inputs}
        after = tuple(self._after())
        return Step(
            name=draft.name,
            contract=draft.contract,
            operation=operation,
            pin=draft.pin,
            parameters=ordered,
            inputs=wired,
            after=after,
            fan_out=fan_out,
            on_exit=draft.on_exit,
            place=draft.place,
            keeps=dict(draft.keeps),
        )

    def _add(self, rule: str, name: str, message: str, remedy: str, place: Place | None = None) -> None:
        where = f"{self.draft.name}.{name}" if name else self.draft.name
        self.workflow.findings.add(place or self.draft.place, rule, where, message, remedy)

    def _batch_operations(self) -> list[str]:
        return [name for name, operation in self.draft.contract.operations.items() if operation.service is None]

    def _own(self, name: str, workflow: Workflow) -> bool:
        if workflow is not self.workflow:
            self._add("argument", name, "comes from another workflow.", "Wire outputs of this workflow's own steps.")
        return workflow is self.workflow

    def _input(self, port: Port, given: Any, inputs: dict[str, Source]) -> None:
        if self.draft.on_exit and (several := _outputs(given)):
            self._left(port, several, inputs)
        elif isinstance(given, OutputHandle):
            if self._own(port.name, workflow_of(given.step)) and self._in_time(port, given):
                self._wire(port, given)
                inputs[port.name] = OutputReference(draft_of(given.step).name, given.port.name)
        elif isinstance(given, EarlierHandle):
            self._earlier(port, given)
            inputs[port.name] = EarlierReference(given.port)
        elif isinstance(given, KeptHandle):
            if self._own(port.name, given.workflow):
                if problem := reading_problem(self.draft, port):
                    self._add("kept", port.name, *problem)
                inputs[port.name] = given.reference
        elif isinstance(given, ArtifactHandle):
            if self._own(port.name, given.workflow):
                self._outside(port, given.name)
                inputs[port.name] = ArtifactReference(given.name)
        else:
            what = _NO_SOURCES.get(type(given), repr(given))
            outputs = draft_of(given).operation.outputs if isinstance(given, StepHandle) else ()
            remedy = f"Name one of its outputs: {', '.join(outputs)}." if outputs else "Example: clean.interactions"
            self._add("input", port.name, f"an output of a step or an artifact is expected, not {what}.", remedy)

    def _in_time(self, port: Port, given: OutputHandle) -> bool:
        problem = wiring_problem(self.draft, draft_of(given.step))
        if problem:
            self._add("exit", port.name, *problem)
        return problem is None

    def _earlier(self, port: Port, given: EarlierHandle) -> None:
        outputs = self.operation.outputs
        if not self.draft.on_exit:
            self._add("exit", port.name, "only a step on exit can have run before in the same run.", ON_EXIT)
        elif given.port not in outputs:
            message = f"{self.draft.contract.name}.{self.operation.name} has no output {given.port!r}."
            self._add("output", port.name, message, nearest(given.port, outputs, "Outputs"))
        elif not port.optional:
            message = f"there is no earlier {given.port} when a run ends for the first time, but {port.name} needs it."
            self._add("input", port.name, message, "Wire an optional input.")
        else:
            for message, remedy in mismatches(outputs[given.port], port):
                self._add("type", port.name, message, remedy)

    def _left(self, port: Port, given: Sequence[OutputHandle], inputs: dict[str, Source]) -> None:
        if not all(self._own(port.name, workflow_of(one.step)) for one in given):
            return
        for problem in left_problems(port, given):
            self._add(problem.rule, port.name, problem.message, problem.remedy)
        inputs[port.name] = LeftReference(
            tuple(OutputReference(draft_of(one.step).name, one.port.name) for one in given)
        )

    def _wire(self, port: Port, given: OutputHandle) -> None:
        for message, remedy in mismatches(given.port, port):
            self._add("type", port.name, message, remedy)
        source = draft_of(given.step)
        if source.fan_out is not None and given.port.type.kind not in GATHERED_KINDS:
            message = f"{source.name} fans out, and the {given.port.type}s of its shards do not add up to one."
            self._add("gather", port.name, message, f"Only {' and '.join(GATHERED_KINDS)} can be gathered.")

    def _outside(self, port: Port, name: str) -> None:
        artifact, place = self.workflow.artifacts[name]
        if artifact.default == "" and not port.optional:
            message = f"{name} may be absent, but {port.name} needs it."
            self._add("input", port.name, message, f"Give {name} in line {place.line} another default, or none.")

    def _parameter(self, parameter: Parameter, given: Any, parameters: dict[str, Value]) -> None:
        if isinstance(given, ParameterHandle):
            if self._own(parameter.name, given.workflow):
                self._reference(parameter, given.name)
                parameters[parameter.name] = ParameterReference(given.name)
        elif isinstance(given, FactHandle):
            value, problem = fact_value(self.workflow, self.draft, parameter, given.name)
            parameters[parameter.name] = value
            if problem:
                self._add(problem.rule, parameter.name, problem.message, problem.remedy)
        elif isinstance(given, KeyHandle):
            self._key(parameter, given.output, parameters)
        elif isinstance(given, OutputHandle | StepHandle | ArtifactHandle | EarlierHandle | KeptHandle):
            remedy = "Give a value, or a parameter of the workflow."
            self._add("parameter", parameter.name, "a parameter takes no artifact.", remedy)
        else:
            self._constant(parameter, given)
            parameters[parameter.name] = Constant(given)

    def _key(self, parameter: Parameter, output: OutputHandle, parameters: dict[str, Value]) -> None:
        source = draft_of(output.step)
        if not self._own(parameter.name, workflow_of(output.step)):
            return
        parameters[parameter.name] = KeyReference(source.name, output.port.name)
        if problem := wiring_problem(self.draft, source):
            self._add("exit", parameter.name, *problem)
        if parameter.type != "string":
            message = f"takes a value of type {parameter.type}, but a key is of type string."
            self._add("type", parameter.name, message, "Give it to another parameter.")
        if self.draft.may_be_cached:
            message = f"a key may hold the name of a run, so {self.operation.name} cannot come from the cache."
            self._add("key", parameter.name, message, "Use an operation that says `cache: false`.")

    def _reference(self, parameter: Parameter, name: str) -> None:
        given, place = self.workflow.parameters[name]
        if given.type != parameter.type and (given.type, parameter.type) != ("integer", "number"):
            message = (
                f"takes a value of type {parameter.type}, but the workflow parameter {name} is of type {given.type}."
            )
            self._add("type", parameter.name, message, f"Change the default of {name} in line {place.line}.")
            return
        for problem in violations(parameter.fragment, given.default):
            remedy = f"Change the default of {name} in line {place.line}."
            self._add("range", parameter.name, f"the default of {name} does not fit: {problem}.", remedy)

    def _constant(self, parameter: Parameter, given: Any) -> None:
        for problem in violations(parameter.fragment, given):
            self._add("range", parameter.name, f"{problem}.", f"It must match {_shown(parameter.fragment)}.")
        if "{{" in json.dumps(given, default=str):
            remedy = "Argo would take it for a variable. Let the component put it together."
            self._add("braces", parameter.name, "a value cannot hold {{.", remedy)

    def _fan_out(self, call: FanOutCall) -> FanOut | None:
        for name in (call.parameter, *([call.over] if call.over else [])):
            known = [key for key, parameter in self.operation.parameters.items() if parameter.type == "integer"]
            if name not in known:
                message = f"{self.operation.name} has no integer parameter {name!r}."
                self._add("fan-out", name, message, nearest(name, known, "Integer parameters"), call.place)
            elif name in self.draft.arguments:
                self._add("fan-out", name, "is set by the fan-out.", "Take it out of the call.", call.place)
        if isinstance(call.count, Nothing):
            return None
        if isinstance(call.count, ParameterHandle) and self._own("count", call.count.workflow):
            return self._counted_by(call, call.count.name)
        if isinstance(call.count, int) and not isinstance(call.count, bool) and 1 <= call.count <= MAXIMUM_COUNT:
            return FanOut(call.parameter, call.over, Constant(call.count))
        message = f"the count is {call.count!r}, not a number from 1 to {MAXIMUM_COUNT}."
        self._add("fan-out", "count", message, "Give a number, or a workflow parameter.", call.place)
        return None

    def _counted_by(self, call: FanOutCall, name: str) -> FanOut:
        parameter, place = self.workflow.parameters[name]
        if parameter.type != "integer" or parameter.fragment.get("minimum", 0) < 1:
            message = f"the count {name} must be a whole number of at least 1."
            remedy = f"Give {name} in line {place.line} a whole number and minimum=1."
            self._add("fan-out", "count", message, remedy, call.place)
        return FanOut(call.parameter, call.over, ParameterReference(name))

    def _missing(self, fan_out: FanOut | None) -> None:
        given, operation = self.draft.arguments, self.operation
        for name, port in operation.inputs.items():
            if name not in given and not port.optional:
                kind = f"a {port.type}" + (f": {port.description}" if port.description else "")
                self._add("missing", name, "an input is missing.", f"Wire {kind}".rstrip(".") + ".")
        set_by_fan_out = {fan_out.parameter, fan_out.over} if fan_out else set()
        for name, parameter in operation.parameters.items():
            if name not in given and parameter.required and name not in set_by_fan_out:
                self._add("missing", name, "a parameter is missing.", f"It must match {_shown(parameter.fragment)}.")

    def _after(self) -> list[str]:
        names = []
        for step in self.draft.after:
            if isinstance(step, StepHandle):
                problem = order_problem(self.draft, draft_of(step))
                if problem:
                    self._add("exit", "after", *problem)
                else:
                    names.append(draft_of(step).name)
            elif not isinstance(step, Nothing):
                message = f"a step is expected, not {type(step).__name__}."
                self._add("after", "after", message, "Example: report.after(evaluate)")
        return names


def _outputs(given: Any) -> Sequence[OutputHandle]:
    """The outputs that a step on exit is to read: one, or a list of them; none where something else is given."""
    listed = given if isinstance(given, list | tuple) else [given]
    return listed if all(isinstance(one, OutputHandle) for one in listed) else ()


def _shown(fragment: Mapping[str, Any]) -> str:
    """A parameter's rules, without the texts about it."""
    rules = {key: value for key, value in fragment.items() if key not in ("description", "default", "examples")}
    return json.dumps(rules, ensure_ascii=False)
