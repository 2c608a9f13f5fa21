"""Services that can show a run: a component of the run that also serves, with the inputs that its step had."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from machiya.errors import NotFoundError
from machiya.records.keys import ABSENT, input_digests, listed, upstream
from machiya.records.record import RunRecord
from machiya.records.steps import COMPONENT, VERSION, Step
from machiya_component.contract.model import Contract, Operation

Contracts = Callable[[str, str], Contract | None]
"""The contract of a component (by name and version) that can be run here; None where it cannot."""


@dataclass(frozen=True)
class ServiceCall:
    """A service with what it is to read: for each port the keys of the store, several for the turns of a loop."""

    component: str
    operation: Operation
    step: str
    inputs: Mapping[str, tuple[str, ...]]


def find_service(record: RunRecord, contract_of: Contracts) -> ServiceCall:
    """The service of the latest step whose component has one that can do with that step's inputs.

    Raises:
        NotFoundError: no step's component has one.
    """
    for step in reversed([step for step in record.steps if step.node.phase == "Succeeded"]):
        name = step.node.labels.get(COMPONENT, "")
        contract = contract_of(name, step.node.labels.get(VERSION, "")) if name else None
        for operation in contract.operations.values() if contract is not None else ():
            inputs = _inputs(record, step, operation)
            if operation.service is not None and inputs is not None:
                return ServiceCall(name, operation, step.name, inputs)
    raise NotFoundError(
        f"nothing in the run {record.name} can be served.",
        "It takes a step that succeeded and whose component has an operation that is a service, as the viewer has; "
        "that component must be installed here, in the version of the run.",
    )


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
