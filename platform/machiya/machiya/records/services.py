"""Services that can show a run: a component of the run that also serves.

Some show outputs of many runs, as their contract says (`shows`); others are started with the inputs that a step had.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from machiya.errors import NotFoundError
from machiya.records.artifacts import OutputArtifact, outputs_of, turns_of
from machiya.records.keys import ABSENT, input_digests, listed, upstream
from machiya.records.record import RunRecord
from machiya.records.steps import COMPONENT, OPERATION, VERSION, Step
from machiya_component.contract.model import Contract, Operation, Service

Contracts = Callable[[str], Contract | None]
"""The contract of a component (by name) as it is installed here; None where it is not."""

_NEEDED = (
    "It takes a step that succeeded and whose component has an operation that is a service, as the viewer has; "
    "that component must be installed here, in the version of the run."
)


@dataclass(frozen=True)
class ServiceCall:
    """A service, and the step of the run that it is found by.

    ``inputs`` is what it is to read where it shows no outputs of many runs: for each port the keys of the store,
    several for the turns of a loop.
    """

    component: str
    operation: Operation
    service: Service
    step: str
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_service(record: RunRecord, contract_of: Contracts) -> ServiceCall:
    """The service of the latest step whose component has one, and which it can show.

    Raises:
        NotFoundError: no step's component has one, or there is nothing for it to show.
    """
    why_not: NotFoundError | None = None
    for step in reversed(record.steps):
        name = step.node.labels.get(COMPONENT, "")
        contract = contract_of(name) if name else None
        for operation, service in _services(contract):
            call = _call(record, step, contract, operation, service)
            if call is not None:
                return call
            if service.shows and _is_shown(step, service):
                why_not = why_not or _nothing_to_show(record, step, service)
    way_on = "" if record.phase == "Succeeded" else f" {_on(record)}"
    raise why_not or NotFoundError(f"nothing in the run {record.name} can be served.", f"{_NEEDED}{way_on}")


def shown_outputs(record: RunRecord, component: str, service: Service) -> Iterator[tuple[str, OutputArtifact]]:
    """What a service of this component shows of a run, with the port that it goes into; whatever made it."""
    for loop, step in turns_of(record.tree):
        if step.node.labels.get(COMPONENT) == component and step.node.phase == "Succeeded":
            made = {output.artifact.port: output.artifact for output in outputs_of(step, loop)}
            for port, shown in service.shows.items():
                if shown.operation == step.node.labels.get(OPERATION) and shown.output in made:
                    yield port, made[shown.output]


def _services(contract: Contract | None) -> Iterator[tuple[Operation, Service]]:
    for operation in contract.operations.values() if contract is not None else ():
        if operation.service is not None:
            yield operation, operation.service


def _call(
    record: RunRecord, step: Step, contract: Contract | None, operation: Operation, service: Service
) -> ServiceCall | None:
    """The service on what the step put out, or what it read; None where there is nothing for it."""
    if contract is None or step.node.phase != "Succeeded":
        return None
    if service.shows:
        found = any(True for _, output in shown_outputs(record, contract.name, service) if output.step == step.name)
        return ServiceCall(contract.name, operation, service, step.name) if found else None
    inputs = _inputs(record, step, operation) if step.node.labels.get(VERSION) == contract.version else None
    return None if inputs is None else ServiceCall(contract.name, operation, service, step.name, inputs)


def _is_shown(step: Step, service: Service) -> bool:
    """Whether a step of the service's component runs an operation of which it shows something."""
    return step.node.labels.get(OPERATION) in {shown.operation for shown in service.shows.values()}


def _nothing_to_show(record: RunRecord, step: Step, service: Service) -> NotFoundError:
    """Why a step left nothing that the service could show, and what to do."""
    outputs = ", ".join(str(shown) for shown in service.shows.values())
    if step.node.phase == "Succeeded":
        made_by = f"{step.node.labels.get(COMPONENT)} {step.node.labels.get(VERSION)}"
        return NotFoundError(
            f"the run {record.name} has no {outputs}: {made_by} of its step {step.name} does not make it.",
            "Run the workflow again with the version of the component that is installed here: `machiya run`.",
        )
    message = f"the run {record.name} has no {outputs}: its step {step.name} did not succeed ({step.phase})."
    return NotFoundError(message, _on(record))


def _on(record: RunRecord) -> str:
    """How a run comes to a good end."""
    if record.alive:
        return f"The run goes on: look at it when it has ended. `machiya show {record.name}` tells how far it is."
    return f"`machiya explain {record.name}` says why, and what to press; or name another run."


def _inputs(record: RunRecord, step: Step, operation: Operation) -> dict[str, tuple[str, ...]] | None:
    """By port of the service, what the step read through the port of this name; None where it lacks one it needs."""
    digests = input_digests(record, step)
    found = {}
    for name, port in operation.inputs.items():
        keys = _keys(record, step, digests.get(name, ABSENT))
        if keys:
            found[name] = keys
        elif not port.optional:
            return None
    return found


def _keys(record: RunRecord, step: Step, digest: str) -> tuple[str, ...]:
    keys = []
    for one in listed(digest):
        made = upstream(record, step, one) if one != ABSENT else None
        if made is None:
            return ()
        keys.append(made[0].node.outputs.artifacts[made[1]].key)
    return tuple(keys)
