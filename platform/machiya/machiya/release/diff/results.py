"""The declared results of two runs: equal by their content, or compared by the evaluation component of the stage."""

from dataclasses import dataclass, replace

from machiya.dsl import Constant, OutputReference, Step
from machiya.engines.local.locations import Source
from machiya.pins import vendored_contract
from machiya.records import RunRecord
from machiya.release.diff.gate import Compare
from machiya.release.diff.model import MetricChange, ResultChange
from machiya.release.diff.outputs import read_comparison, read_scores, side_by_side
from machiya.release.diff.running import Engine, problem
from machiya.release.diff.sides import Sides
from machiya.release.diff.single import plan_step, source_of
from machiya_component.contract.model import Operation

EVALUATION, COMPARE, EVALUATE = "evaluation", "compare", "evaluate"


@dataclass(frozen=True)
class Compared:
    """A declared result, what becomes of it, and the run that compared it, if one did."""

    output: OutputReference
    change: ResultChange
    comparison: RunRecord | None = None


def compare_results(sides: Sides, engine: Engine, how: Compare) -> tuple[Compared, ...]:
    """What becomes of each result that the workflow declares."""
    return tuple(Compared(result, *_compare(sides, result, engine, how)) for result in sides.workflow.results)


def _compare(
    sides: Sides, result: OutputReference, engine: Engine, how: Compare
) -> tuple[ResultChange, RunRecord | None]:
    """What becomes of a result, and the run that compared it, if one did."""
    name = f"{result.step}/{result.port}"
    digests = [content_digests(record, result) for record in (sides.base, sides.candidate)]
    if digests[0] and digests[0] == digests[1]:
        return ResultChange(name, same=True, k=how.k), None
    why = _not_comparable(sides, result)
    if why:
        return ResultChange(name, k=how.k, note=why), None
    sources = {
        "base": source_of(sides.base, result),
        "candidate": source_of(sides.candidate, result),
        **_ground_truth(sides, result),
    }
    known = {port: source for port, source in sources.items() if source is not None}
    if {"base", "candidate"} - set(known):
        return ResultChange(name, k=how.k, note="the result is not in the store any more"), None
    wanted = {"k": Constant(how.k), "confidence": Constant(how.confidence)}
    record = engine.run(plan_step(sides.workflow, sides.pins, EVALUATION, COMPARE, wanted, known), known)
    if record.phase != "Succeeded":
        note = f"the comparison {record.name} failed: {problem(record)}"
        return ResultChange(name, k=how.k, note=note), None
    change = read_comparison(record, COMPARE, name, how.k, known)
    paired = {metric.name for metric in change.metrics}
    more = tuple(metric for metric in _evaluated(sides, result, how.k) if metric.name not in paired)
    note = "" if "test" in known else _why_not_in_pairs(sides, result)
    return replace(change, metrics=(*change.metrics, *more), note=note), record


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


def _ground_truth(sides: Sides, result: OutputReference) -> dict[str, Source | None]:
    """What the workflow itself evaluates the result against, as far as both sides have the same."""
    operation = _operation(sides)
    step = _evaluating(sides, result)
    if step is None or operation is None:
        return {}
    return {
        port: source_of(sides.base, source)
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
        [source_of(run, OutputReference(step.name, "scores")) for run in (sides.base, sides.candidate)] if step else []
    )
    if not sources or sources[0] is None or sources[1] is None:
        return ()
    return side_by_side(read_scores(sides.base, sources[0].key, k), read_scores(sides.candidate, sources[1].key, k))
