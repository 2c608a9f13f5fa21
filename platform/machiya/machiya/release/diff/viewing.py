"""A view of the two sides for a service that shows such (docs/contract.md), as that of the viewer does."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from machiya.dsl import ArtifactReference, Constant, OutputReference, RunReference, Step, Value
from machiya.engines.local.locations import Source
from machiya.errors import MachiyaError, RunStoppedError
from machiya.records import RunRecord
from machiya.records.keys import sources_of
from machiya.records.stores import store_of
from machiya.release.diff.model import Check, ResultChange, View
from machiya.release.diff.results import Compared
from machiya.release.diff.running import Engine, problem
from machiya.release.diff.sides import Sides
from machiya.release.diff.single import plan_step, source_of
from machiya.release.diff.verdict_table import VERDICT, outcomes_of, take_in_verdict, takes_verdict, verdict_rows
from machiya_component.contract.model import Parameter

BASE, CANDIDATE = "recommendations", "candidate"
"""The inputs of an operation that can show two results."""


def with_views(
    sides: Sides, compared: Sequence[Compared], engine: Engine, k: int, checks: Sequence[Check]
) -> tuple[ResultChange, ...]:
    """What becomes of the results, each that differs with a view of both sides where the workflow can make one.

    Args:
        sides: the two runs.
        compared: the results.
        engine: makes the runs.
        k: the depth of the lists.
        checks: what the diff is judged by.

    Raises:
        RunStoppedError: somebody stopped a run.
    """
    return tuple(
        one.change if one.change.same else replace(one.change, view=_make_view(sides, one, engine, k, checks))
        for one in compared
    )


def _make_view(sides: Sides, compared: Compared, engine: Engine, k: int, checks: Sequence[Check]) -> View | None:
    """A view of both sides of a result, made by the component by which the workflow itself shows it.

    What else that step reads is taken from the base; an input ``candidate_scores`` beside ``scores`` gets what the
    other side has, and inputs that are called like outputs of the comparison get these, but for the verdict, which is
    that of the diff. If it cannot be made, the view says why: the diff goes on.
    """
    step = _showing(sides, compared.output)
    if step is None:
        return None
    try:
        sources = dict(_sources(sides, step, compared, checks))
        missing = [name for name, port in step.operation.inputs.items() if not port.optional and name not in sources]
        if missing or CANDIDATE not in sources:
            return View(problem=f"{', '.join(missing) or CANDIDATE} of {step.name} is not in the store any more")
        record = _run(sides, step, sources, engine, k)
    except RunStoppedError:
        raise
    except MachiyaError as error:
        return View(problem=error.message.rstrip("."))
    if record.phase != "Succeeded":
        return View(record.name, problem=f"the run {record.name} failed: {problem(record)}")
    return View(record.name, f"/go?run={quote(record.name, safe='')}")


def _run(sides: Sides, step: Step, sources: Mapping[str, Source], engine: Engine, k: int) -> RunRecord:
    component, operation = step.contract.name, step.operation.name
    return engine.run(
        plan_step(sides.workflow, sides.pins, component, operation, _told(sides, step, k), sources), sources
    )


def _showing(sides: Sides, result: OutputReference) -> Step | None:
    """The step of the workflow whose output a service shows, which reads the result and could read two."""
    for step in sides.workflow.steps:
        services = [one.service for one in step.contract.operations.values() if one.service is not None]
        shown = {shown.operation for service in services for shown in service.shows.values()}
        takes_both = {BASE, CANDIDATE} <= step.operation.inputs.keys()
        if step.operation.name in shown and takes_both and step.inputs.get(BASE) == result:
            return step
    return None


def _sources(sides: Sides, step: Step, compared: Compared, checks: Sequence[Check]) -> Iterator[tuple[str, Source]]:
    """What goes in, by input, as far as it is known and in the store; of what comes twice, the later counts."""
    inputs, comparison = step.operation.inputs, compared.comparison
    wanted: list[tuple[str, RunRecord, object]] = [(CANDIDATE, sides.candidate, compared.output)]
    for name, source in step.inputs.items():
        wanted += [(name, sides.base, source), (f"{CANDIDATE}_{name}", sides.candidate, source)]
    if comparison is not None:
        outputs = [OutputReference(one.name, port) for one in comparison.steps for port in one.node.outputs.artifacts]
        wanted += [(output.port, comparison, output) for output in outputs]
    for name, record, origin in wanted:
        found = _source(record, origin) if name in inputs else None
        if found is not None:
            yield name, found
    port = inputs.get(VERDICT)
    if port is not None and takes_verdict(port):
        rows, run = verdict_rows(checks, compared.change.name, outcomes_of(port)), sides.candidate
        yield VERDICT, take_in_verdict(rows, store_of(run), run.folder.home, f"{run.name}/diff/{VERDICT}")


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
