"""A view of the two sides for a service that shows such (docs/contract.md), as that of the viewer does."""

from collections.abc import Iterator
from urllib.parse import quote

from machiya.dsl import ArtifactReference, Constant, OutputReference, RunReference, Step, Value
from machiya.engines.local.locations import Source
from machiya.errors import MachiyaError, RunStoppedError
from machiya.records import RunRecord
from machiya.records.keys import sources_of
from machiya.release.diff.model import View
from machiya.release.diff.running import Engine, problem
from machiya.release.diff.sides import Sides
from machiya.release.diff.single import plan_step, source_of
from machiya_component.contract.model import Parameter

BASE, CANDIDATE = "recommendations", "candidate"
"""The inputs of an operation that can show two results."""


def make_view(
    sides: Sides, result: OutputReference, comparison: RunRecord | None, engine: Engine, k: int
) -> View | None:
    """A view of both sides of a result, made by the component by which the workflow itself shows it.

    What else that step reads is taken from the base; an input ``candidate_scores`` beside ``scores`` gets what the
    other side has, and inputs that are called like outputs of the comparison get these. If it cannot be made, the view
    says why: the diff goes on.

    Args:
        sides: the two runs.
        result: a result that differs.
        comparison: the run that compared it, if one did.
        engine: makes the run.
        k: the depth of the lists.

    Raises:
        RunStoppedError: somebody stopped it.
    """
    step = _showing(sides, result)
    if step is None:
        return None
    sources = dict(_sources(sides, step, result, comparison))
    missing = [name for name, port in step.operation.inputs.items() if not port.optional and name not in sources]
    if missing or CANDIDATE not in sources:
        return View(problem=f"{', '.join(missing) or CANDIDATE} of {step.name} is not in the store any more")
    try:
        component, operation = step.contract.name, step.operation.name
        plan = plan_step(sides.workflow, sides.pins, component, operation, _told(sides, step, k), sources)
        record = engine.run(plan, sources)
    except RunStoppedError:
        raise
    except MachiyaError as error:
        return View(problem=error.message.rstrip("."))
    if record.phase != "Succeeded":
        return View(record.name, problem=f"the run {record.name} failed: {problem(record)}")
    return View(record.name, f"/go?run={quote(record.name, safe='')}")


def _showing(sides: Sides, result: OutputReference) -> Step | None:
    """The step of the workflow whose output a service shows, which reads the result and could read two."""
    for step in sides.workflow.steps:
        services = [one.service for one in step.contract.operations.values() if one.service is not None]
        shown = {shown.operation for service in services for shown in service.shows.values()}
        takes_both = {BASE, CANDIDATE} <= step.operation.inputs.keys()
        if step.operation.name in shown and takes_both and step.inputs.get(BASE) == result:
            return step
    return None


def _sources(
    sides: Sides, step: Step, result: OutputReference, comparison: RunRecord | None
) -> Iterator[tuple[str, Source]]:
    """What goes in, by input, as far as it is known and in the store."""
    inputs = step.operation.inputs
    wanted: list[tuple[str, RunRecord, object]] = [(CANDIDATE, sides.candidate, result)]
    for name, source in step.inputs.items():
        wanted += [(name, sides.base, source), (f"{CANDIDATE}_{name}", sides.candidate, source)]
    if comparison is not None:
        outputs = [OutputReference(one.name, port) for one in comparison.steps for port in one.node.outputs.artifacts]
        wanted += [(output.port, comparison, output) for output in outputs]
    for name, record, origin in wanted:
        found = _source(record, origin) if name in inputs else None
        if found is not None:
            yield name, found


def _source(record: RunRecord, origin: object) -> Source | None:
    if isinstance(origin, OutputReference):
        return source_of(record, origin)
    if isinstance(origin, ArtifactReference) and origin.name in sources_of(record):
        return Source(**sources_of(record)[origin.name])
    return None


def _told(sides: Sides, step: Step, k: int) -> dict[str, Value]:
    """What the workflow itself tells the step whatever its parameters are, and what the two sides are called."""
    told = {name: value for name, value in step.parameters.items() if isinstance(value, Constant | RunReference)}
    base, candidate = sides.names
    texts = {"base_name": base, "candidate_name": candidate, "title": f"{sides.workflow.name}: {base} → {candidate}"}
    cut = {name: Constant(_cut(text, step.operation.parameters.get(name))) for name, text in texts.items()}
    most = step.operation.parameters["k"].fragment.get("maximum", k) if "k" in step.operation.parameters else k
    return {**told, **cut, "k": Constant(min(k, most))}


def _cut(text: str, parameter: Parameter | None) -> str:
    """No longer than the parameter takes."""
    most = parameter.fragment.get("maxLength", len(text)) if parameter is not None else len(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
