"""A workflow with a canary: the steps from the canary's component to the result are done twice, and each user gets one.

The steps before are shared, and so are those after, which read what the users get. Which users get which, the component
`experiment` decides by a salted hash of the user id. If the canary's own steps fail, all users get the result of the
stable version: a canary that is broken breaks nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NoReturn

from machiya.dsl.compatible import mismatches
from machiya.dsl.findings import WorkflowError
from machiya.dsl.model import (
    BoundaryReference,
    Canary,
    Constant,
    KeyReference,
    OutputReference,
    Source,
    Step,
    WorkflowDefinition,
)
from machiya.errors import MachiyaError
from machiya.pins import CanaryPin, Pin
from machiya_component.contract import Contract
from machiya_component.contract.model import Operation
from machiya_component.findings import Finding

EXPERIMENT, OPERATION = "experiment", "split"
"""The component that divides the users, and its operation."""

CONTROL, CANDIDATE = "control", "candidate"
"""Its inputs: the stable version's result and the canary's; the second may be absent."""

ContractOf = Callable[[str, str], Contract]
"""The contract of a component by name and version."""

CANARY = "canary"
"""The name of the task, and of the template, that holds everything about the canary."""


def with_canary(
    stable: WorkflowDefinition,
    changed: WorkflowDefinition,
    component: str,
    canary: CanaryPin,
    experiment: tuple[Contract, Pin],
    file: str,
) -> WorkflowDefinition:
    """The workflow of which a share of the users gets another version.

    Args:
        stable: the workflow with the stage's pins.
        changed: the same with the canary's pin.
        component: which component the canary is of.
        canary: its pin, share and salt.
        experiment: contract and pin of the component that divides the users.
        file: the pins file, for messages.

    Raises:
        WorkflowError: the workflow has no one result, the component has no part in it, or the parts do not fit.
    """
    result = _result(stable, component, file)
    copied = _twice(changed, component, result)
    if not copied:
        _refuse(file, component, f"no step of {component} has a part in the result {result.step}/{result.port}.")
    for step in changed.steps:
        if step.name in copied and any(isinstance(value, KeyReference) for value in step.parameters.values()):
            _refuse(
                file, component, f"{step.name} is told a key, which the canary's part of the workflow does not know."
            )
    inputs: dict[str, Source] = {}
    steps = tuple(_copy(step, copied, inputs) for step in changed.steps if step.name in copied)
    candidate = OutputReference(_copy_name(result.step), result.port)
    control = _boundary(result, inputs)
    operation = _operation(experiment[0], file)
    _check_fits(stable, changed, result, operation, component, file)
    share, salt = Constant(canary.share), Constant(canary.salt)
    mixed = Step(
        name="canary-mixed",
        contract=experiment[0],
        operation=operation,
        pin=experiment[1],
        parameters={"share": share, "salt": salt},
        inputs={CONTROL: control, CANDIDATE: candidate},
    )
    alone = replace(mixed, name="canary-control", inputs={CONTROL: control})
    output = OutputReference(CANARY, _output(operation, file))
    return replace(
        stable,
        steps=tuple(_redirected(step, result, output) for step in stable.steps),
        results=(output,),
        keyed=stable.keyed | _keyed(stable, copied),
        canary=Canary(component, canary.share, canary.salt, inputs, steps, mixed, alone, candidate, result),
    )


def _refuse(
    file: str, component: str, message: str, remedy: str = "Take the canary out, or mend the workflow."
) -> NoReturn:
    raise WorkflowError(file, [Finding("workflow.canary", message, remedy, f"canary.{component}", file)])


def _result(workflow: WorkflowDefinition, component: str, file: str) -> OutputReference:
    if len(workflow.results) != 1:
        message = f"the workflow declares {len(workflow.results)} results; a canary is about one."
        _refuse(file, component, message, "Example: workflow.result(predict.recommendations)")
    return workflow.results[0]


def _operation(experiment: Contract, file: str) -> Operation:
    operation = experiment.operations.get(OPERATION)
    if operation is None:
        _refuse(file, EXPERIMENT, f"{experiment.name} {experiment.version} has no operation {OPERATION}.")
    return operation


def _output(operation: Operation, file: str) -> str:
    tables = [name for name, port in operation.outputs.items() if port.type.kind == "table"]
    if not tables:
        _refuse(file, EXPERIMENT, f"{operation.name} puts no table out.")
    return tables[0]


def _check_fits(
    stable: WorkflowDefinition,
    changed: WorkflowDefinition,
    result: OutputReference,
    operation: Operation,
    component: str,
    file: str,
) -> None:
    for workflow, port in ((stable, CONTROL), (changed, CANDIDATE)):
        output = workflow.step(result.step).operation.outputs[result.port]
        for message, remedy in mismatches(output, operation.inputs[port]):
            _refuse(file, component, f"{EXPERIMENT}.{OPERATION}: {message}", remedy)


def _twice(workflow: WorkflowDefinition, component: str, result: OutputReference) -> set[str]:
    """The steps that use the component or what it made, as far as the result comes from them."""
    before = _ancestors(workflow, result.step)
    found: set[str] = set()
    for step in workflow.main_steps:  # in an order in which each comes after what it needs
        touched = step.contract.name == component or any(name in found for name in step.needs)
        if step.name in before and touched:
            found.add(step.name)
    return found if result.step in found else set()


def _ancestors(workflow: WorkflowDefinition, name: str) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        for needed in workflow.step(waiting.pop()).needs:
            if needed not in found:
                found.add(needed)
                waiting.append(needed)
    return found


def _copy_name(name: str) -> str:
    return f"{name}-{CANARY}"


def _copy(step: Step, copied: set[str], inputs: dict[str, Source]) -> Step:
    """The step with the canary's version; what it reads from steps that are not copied comes from outside."""
    sources: dict[str, Source] = {}
    for port, source in step.inputs.items():
        if not isinstance(source, OutputReference):
            sources[port] = source
        elif source.step in copied:
            sources[port] = OutputReference(_copy_name(source.step), source.port)
        else:
            sources[port] = _boundary(source, inputs)
    after = tuple(_copy_name(name) for name in step.after if name in copied)
    return replace(step, name=_copy_name(step.name), inputs=sources, after=after, keeps={})


def _boundary(source: OutputReference, inputs: dict[str, Source]) -> BoundaryReference:
    name = f"{source.step}-{source.port}"
    inputs[name] = source
    return BoundaryReference(name)


def _keyed(workflow: WorkflowDefinition, copied: set[str]) -> frozenset[KeyReference]:
    """What says where it lies without the canary, here too: what was remembered before it began, and what its own steps
    compute, then does for the workflow before and after it."""
    told = {one for step in workflow.steps for one in step.parameters.values() if isinstance(one, KeyReference)}
    return frozenset(told | {KeyReference(_copy_name(one.step), one.port) for one in told if one.step in copied})


def _redirected(step: Step, result: OutputReference, output: OutputReference) -> Step:
    """The step with what the users get in the place of the stable version's result."""
    sources: Mapping[str, Source] = {
        port: output if source == result else source for port, source in step.inputs.items()
    }
    key, theirs = KeyReference(result.step, result.port), KeyReference(output.step, output.port)
    values = {name: theirs if value == key else value for name, value in step.parameters.items()}
    return replace(step, inputs=sources, parameters=values)


def experiment_of(
    pins: Mapping[str, Pin], stage: str, component: str, file: str, contract_of: ContractOf
) -> tuple[Contract, Pin]:
    """Contract and pin of the component that divides the users.

    Raises:
        WorkflowError: the stage does not pin it, or its contract is not kept.
    """
    if EXPERIMENT not in pins:
        message = f"a canary needs the component {EXPERIMENT}, which the stage {stage} does not pin."
        _refuse(file, component, message, f"Pin it: machiya bump WORKFLOW {EXPERIMENT} VERSION --stage {stage}")
    try:
        return contract_of(EXPERIMENT, pins[EXPERIMENT].version), pins[EXPERIMENT]
    except MachiyaError as error:
        raise WorkflowError(
            file, [Finding("workflow.canary", error.message, error.remedy, f"canary.{component}", file)]
        ) from error
