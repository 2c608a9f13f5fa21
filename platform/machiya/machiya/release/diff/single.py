"""A workflow of one step on what is in the store: how the two sides are compared, and shown."""

from collections.abc import Mapping

from machiya.dsl import ArtifactReference, ExternalArtifact, OutputReference, Step, Value, WorkflowDefinition
from machiya.engines.local.locations import Source
from machiya.engines.planning import Plan
from machiya.manifest.render import render
from machiya.pins import Pins, vendored_contract
from machiya.records import RunRecord
from machiya.records.artifacts import find_output
from machiya.records.stores import store_of


def source_of(record: RunRecord, output: OutputReference) -> Source | None:
    """An output as a source of another run; of a loop all turns together; None where it is not in the store."""
    found = find_output(record, output.step, output.port)
    reference = store_of(record).find(found.key) if found is not None else None
    if reference is None:
        return None
    return Source(f"{record.name}/{output.step}/{output.port}", reference.key, reference.digest)


def plan_step(
    workflow: WorkflowDefinition,
    pins: Pins,
    component: str,
    operation: str,
    parameters: Mapping[str, Value],
    sources: Mapping[str, Source],
) -> Plan:
    """The plan of one operation, with the component that the stage of the workflow pins.

    Args:
        workflow: whose results it is about.
        pins: those of the workflow.
        component: one that the stage pins.
        operation: one of it; the step is called so.
        parameters: what it is told, as far as it has such parameters.
        sources: by input, what goes in.
    """
    pin = pins.stage(workflow.stage)[component]
    contract = vendored_contract(pins.file.parent, component, pin.version)
    known = contract.operations[operation].parameters
    step = Step(
        operation,
        contract,
        contract.operations[operation],
        pin,
        {name: value for name, value in parameters.items() if name in known},
        {port: ArtifactReference(port) for port in sources},
    )
    single = WorkflowDefinition(
        f"{workflow.name}-diff",
        workflow.stage,
        f"What changes between two results of {workflow.name}",
        workflow.owner,
        artifacts=tuple(ExternalArtifact(port, source.location) for port, source in sources.items()),
        steps=(step,),
    )
    return Plan(
        render(single, pins),
        "the comparison",
        locations={port: source.location for port, source in sources.items()},
        workflow=single.name,
        stage=workflow.stage,
        components=(component,),
        unreleased={} if pin.digest else {component: pins.image(component, pin)},
    )
