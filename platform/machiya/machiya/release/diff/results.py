"""The declared results of two runs: equal by their content, or compared by the evaluation component of the stage."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from machiya.dsl import ArtifactReference, Constant, ExternalArtifact, OutputReference, Step, WorkflowDefinition
from machiya.engines.local.locations import Source
from machiya.engines.planning import Plan
from machiya.manifest.render import render
from machiya.pins import Pins, vendored_contract
from machiya.records import RunRecord
from machiya.records.artifacts import find_output
from machiya.records.stores import store_of
from machiya.release.diff.gate import Compare
from machiya.release.diff.model import MetricChange, ResultChange
from machiya.release.diff.outputs import read_comparison, read_scores, side_by_side
from machiya.release.diff.running import Engine, problem
from machiya_component.contract.model import Operation

EVALUATION, COMPARE, EVALUATE = "evaluation", "compare", "evaluate"
_STEP = "compare"


@dataclass(frozen=True)
class Sides:
    """Two runs of a workflow as a stage pins it."""

    workflow: WorkflowDefinition
    pins: Pins
    base: RunRecord
    candidate: RunRecord


def compare_results(sides: Sides, engine: Engine, how: Compare) -> tuple[ResultChange, ...]:
    """What becomes of each result that the workflow declares."""
    return tuple(_compare(sides, result, engine, how) for result in sides.workflow.results)


def _compare(sides: Sides, result: OutputReference, engine: Engine, how: Compare) -> ResultChange:
    name = f"{result.step}/{result.port}"
    digests = [content_digests(record, result) for record in (sides.base, sides.candidate)]
    if digests[0] and digests[0] == digests[1]:
        return ResultChange(name, same=True, k=how.k)
    why = _not_comparable(sides, result)
    if why:
        return ResultChange(name, k=how.k, note=why)
    sources = {
        "base": _source(sides.base, result),
        "candidate": _source(sides.candidate, result),
        **_ground_truth(sides, result),
    }
    known = {port: source for port, source in sources.items() if source is not None}
    if {"base", "candidate"} - set(known):
        return ResultChange(name, k=how.k, note="the result is not in the store any more")
    record = engine.run(_plan(sides, known, how), known)
    if record.phase != "Succeeded":
        return ResultChange(name, k=how.k, note=f"the comparison {record.name} failed: {problem(record)}")
    change = read_comparison(record, _STEP, name, how.k, known)
    paired = {metric.name for metric in change.metrics}
    more = tuple(metric for metric in _evaluated(sides, result, how.k) if metric.name not in paired)
    note = "" if "test" in known else _why_not_in_pairs(sides, result)
    return replace(change, metrics=(*change.metrics, *more), note=note)


def _why_not_in_pairs(sides: Sides, result: OutputReference) -> str:
    """Why there is no interval of the change of accuracy."""
    operation = _operation(sides)
    if _evaluating(sides, result) is None:
        return "the accuracy is not compared: no step of the workflow evaluates this result"
    if operation is not None and "test" not in operation.inputs:
        return f"the pinned {EVALUATION} does not compare the accuracy in pairs, so differences have no interval"
    return "each side is measured by held-out interactions of its own, which differ, so differences have no interval"


def content_digests(record: RunRecord, output: OutputReference) -> list[str]:
    """The digest of the content of an output, or those of all turns of a loop; empty where one is not known.

    A fan-out has one for all its shards, whose own steps are there only in the run that computed them.
    """
    digests = {
        step.name: step.node.outputs.parameters.get(f"{output.port}-digest", "")
        for step in record.walk()
        if step.name == output.step or step.name.startswith(f"{output.step}(")
    }
    found = [digests[output.step]] if digests.get(output.step) else list(digests.values())
    return found if all(found) else []


def _not_comparable(sides: Sides, result: OutputReference) -> str:
    """Why the evaluation component cannot compare a result; empty if it can."""
    stage = sides.workflow.stage
    pin = sides.pins.stage(stage).get(EVALUATION)
    if pin is None:
        return f"it differs; how much is not known, for the stage {stage} pins no {EVALUATION}"
    operation = _operation(sides)
    if operation is None:
        return f"it differs; how much is not known, for {EVALUATION} {pin.version} has no operation {COMPARE}"
    asked = operation.inputs["base"].table_schema
    schema = sides.workflow.step(result.step).operation.outputs[result.port].table_schema
    columns = {field.name for field in schema.fields} if schema is not None else set()
    missing = [field.name for field in asked.fields if field.name not in columns] if asked is not None else []
    return f"it differs; it is no list of recommendations (no {', '.join(missing)})" if missing else ""


def _operation(sides: Sides) -> Operation | None:
    pin = sides.pins.stage(sides.workflow.stage)[EVALUATION]
    contract = vendored_contract(sides.pins.file.parent, EVALUATION, pin.version)
    return contract.operations.get(COMPARE)


def _source(record: RunRecord, output: OutputReference) -> Source | None:
    """An output as a source of another run; of a loop all turns together; None where it is not in the store."""
    found = find_output(record, output.step, output.port)
    reference = store_of(record).find(found.key) if found is not None else None
    if reference is None:
        return None
    return Source(f"{record.name}/{output.step}/{output.port}", reference.key, reference.digest)


def _ground_truth(sides: Sides, result: OutputReference) -> dict[str, Source | None]:
    """What the workflow itself evaluates the result against, as far as both sides have the same."""
    operation = _operation(sides)
    step = _evaluating(sides, result)
    if step is None or operation is None:
        return {}
    return {
        port: _source(sides.base, source)
        for port in ("test", "train")
        if port in operation.inputs
        and isinstance(source := step.inputs.get(port), OutputReference)
        and content_digests(sides.base, source) == content_digests(sides.candidate, source) != []
    }


def _evaluating(sides: Sides, result: OutputReference) -> Step | None:
    """The step of the workflow that evaluates a result."""
    for step in sides.workflow.steps:
        own = (step.contract.name, step.operation.name) == (EVALUATION, EVALUATE)
        if own and step.inputs.get("recommendations") == result:
            return step
    return None


def _evaluated(sides: Sides, result: OutputReference, k: int) -> tuple[MetricChange, ...]:
    """What the workflow's own evaluation says of both sides: what is no mean over users is in there alone."""
    step = _evaluating(sides, result)
    sources = (
        [_source(run, OutputReference(step.name, "scores")) for run in (sides.base, sides.candidate)] if step else []
    )
    if not sources or sources[0] is None or sources[1] is None:
        return ()
    return side_by_side(read_scores(sides.base, sources[0].key, k), read_scores(sides.candidate, sources[1].key, k))


def _plan(sides: Sides, sources: Mapping[str, Source], how: Compare) -> Plan:
    """A workflow of one step: the comparison, with the evaluation component that the stage pins."""
    stage, pins = sides.workflow.stage, sides.pins
    pin = pins.stage(stage)[EVALUATION]
    contract = vendored_contract(pins.file.parent, EVALUATION, pin.version)
    operation = contract.operations[COMPARE]
    wanted = {"k": how.k, "confidence": how.confidence}
    step = Step(
        _STEP,
        contract,
        operation,
        pin,
        {name: Constant(value) for name, value in wanted.items() if name in operation.parameters},
        {port: ArtifactReference(port) for port in sources},
    )
    workflow = WorkflowDefinition(
        f"{sides.workflow.name}-diff",
        stage,
        f"What changes between two results of {sides.workflow.name}",
        sides.workflow.owner,
        artifacts=tuple(ExternalArtifact(port, source.location) for port, source in sources.items()),
        steps=(step,),
    )
    return Plan(
        render(workflow, pins),
        "the comparison",
        locations={port: source.location for port, source in sources.items()},
        workflow=workflow.name,
        stage=stage,
        components=(EVALUATION,),
        unreleased={} if pin.digest else {EVALUATION: pins.image(EVALUATION, pin)},
    )
