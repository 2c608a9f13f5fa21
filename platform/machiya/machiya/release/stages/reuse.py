"""What a pin that was gone back to means for today's artifacts: what it can read, and what is computed again."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from machiya.dsl import ArtifactReference, OutputReference, Source, Step, WorkflowDefinition, load_workflow
from machiya.engines.local.argo.interpreter.nodes import Phase
from machiya.manifest.policy import CACHE_AGE
from machiya.pins import Pins, parse_pins
from machiya.records.find import created, recent_runs
from machiya.records.programs import image_of
from machiya.records.record import RunRecord, load_record
from machiya.records.stores import scratch, sidecar_of, store_of
from machiya.release.contracts import Difference
from machiya.release.stages.decision import Decision
from machiya.release.usage.promises import unmet
from machiya_component.artifacts import Artifact, read_sidecar
from machiya_component.contract.complete import table_schema
from machiya_component.contract.model import ArtifactType, Port
from machiya_component.errors import DataError

_LOOKED_AT = 200
"""Runs, the newest first."""


def after_the_change(
    decision: Decision, stage: str, component: str, home: Path, now: float | None = None
) -> tuple[str, ...]:
    """Notes about the next run: what the version could not read, which steps are computed again, which are not."""
    text = next(edit.after for edit in decision.edits if edit.path.name == "pins.yaml") or ""
    pins = replace(parse_pins(text, decision.folder / "pins.yaml"), canary={})
    kept = {one.candidate.key: one.candidate.contract for one in decision.assessments}
    workflow = load_workflow(decision.folder, stage, pins, kept=kept)
    records = list(_records(home, workflow.name, (time.time() if now is None else now) - CACHE_AGE.total_seconds()))
    affected = _from(workflow, component)
    return (*_unreadable(workflow, component, affected, records), *_plan(workflow, pins, affected, records))


def _records(home: Path, workflow: str, oldest: float) -> Iterator[RunRecord]:
    for folder in islice(recent_runs(home), _LOOKED_AT):
        if created(folder) < oldest:
            return
        record = load_record(folder)
        if record.workflow == workflow:
            yield record


def _from(workflow: WorkflowDefinition, component: str) -> list[str]:
    """The steps of a component and all after them, in order."""
    found: list[str] = []
    for step in workflow.main_steps:
        if step.contract.name == component or any(name in found for name in step.needs):
            found.append(step.name)
    return found


def _plan(
    workflow: WorkflowDefinition, pins: Pins, affected: Sequence[str], records: Sequence[RunRecord]
) -> Iterator[str]:
    reused: dict[str, list[str]] = {}
    for name in affected:
        run = next((record.name for record in records if _has_computed(record, workflow, pins, name)), "")
        reused.setdefault(run, []).append(name)
    again = reused.pop("", [])
    for run, names in reused.items():
        yield f"from the cache, where input and parameters are the same: {', '.join(names)} (run {run})"
    if again:
        yield f"computed again at the next run: {', '.join(again)}"


def _has_computed(record: RunRecord, workflow: WorkflowDefinition, pins: Pins, name: str) -> bool:
    """Whether a run brought a step to success, and it and all before it with the images that are pinned."""
    step = workflow.step(name)
    if not step.operation.cache or record.document is None:
        return False
    templates = record.document.specification.templates
    for one in (step, *_before(workflow, step)):
        image = image_of(templates.get(one.name), templates.get)
        if one.pin.digest is None or image != pins.image(one.contract.name, one.pin):
            return False
    return any(each.node.template == name and each.node.phase is Phase.SUCCEEDED for each in record.walk())


def _before(workflow: WorkflowDefinition, step: Step) -> list[Step]:
    found: dict[str, Step] = {}
    waiting = list(step.needs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = workflow.step(name)
            waiting += found[name].needs
    return list(found.values())


def _unreadable(
    workflow: WorkflowDefinition, component: str, affected: Sequence[str], records: Sequence[RunRecord]
) -> Iterator[str]:
    """What the last run of the stage left that the version does not take."""
    of_stage = (one for one in records if one.stage == workflow.stage and not one.purpose)
    last = next((one for one in of_stage if one.phase == Phase.SUCCEEDED), None)
    if last is None:
        return
    own = [step for step in workflow.main_steps if step.contract.name == component]
    for step, name, source in ((one, *wired) for one in own for wired in one.inputs.items()):
        made_anew = isinstance(source, OutputReference) and source.step in affected
        made = None if made_anew else _artifact(last, source)
        if made is not None:
            for difference in unmet(_port(name, made), step.operation.inputs[name]):
                yield _warning(step, name, last, made, difference)


def _warning(step: Step, name: str, last: RunRecord, made: Artifact, difference: Difference) -> str:
    column = f"{difference.place.column}: " if difference.place.column else ""
    by = f"{made.producer.component} {made.producer.version} made it"
    what = f"{step.name} of {step.contract.name} {step.pin.version} cannot read {name} as the run {last.name} had it"
    return f"warning: {what} ({by}): {column}{difference.message}"


def _artifact(record: RunRecord, source: Source) -> Artifact | None:
    if isinstance(source, ArtifactReference):
        return _outside(record.options.get("sources", {}).get(source.name, {}).get("location", ""))
    key = ""
    if isinstance(source, OutputReference):
        nodes = (one.node for one in record.walk() if one.node.template == source.step)
        values = (node.outputs.artifacts[source.port] for node in nodes if source.port in node.outputs.artifacts)
        key = next((value.key for value in values if value.key), "")
    if not key:
        return None
    with scratch(record.folder.home) as folder:
        return sidecar_of(store_of(record), key, folder / "sidecar")


def _outside(location: str) -> Artifact | None:
    """What lies where data from outside came from: a component may have made it, and said so beside it."""
    try:
        return read_sidecar(Path(location)) if location and "://" not in location else None
    except (OSError, DataError):
        return None


def _port(name: str, made: Artifact) -> Port:
    """An artifact as what it promises."""
    schema = table_schema(made.table_schema) if made.table_schema is not None else None
    return Port(name=name, type=ArtifactType.parse(made.type), allow_empty=made.rows == 0, table_schema=schema)
