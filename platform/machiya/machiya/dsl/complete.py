"""What a workflow file wrote -> the checked value, or everything that is wrong with it."""

import re
from collections import Counter
from dataclasses import replace
from datetime import tzinfo

from machiya.dsl.builder import WORKFLOW_NAME, Workflow
from machiya.dsl.findings import WorkflowError
from machiya.dsl.handles import Draft, Nothing, OutputHandle, StepHandle, draft_of
from machiya.dsl.keeping import note_keepers
from machiya.dsl.model import ArtifactReference, OutputReference, Step, WorkflowDefinition
from machiya.dsl.order import cycle_of, in_order
from machiya.dsl.steps import StepChecker

STEP_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
RESERVED = ("main", "exit", "canary", "canary-mixed", "canary-control")
"""Names of templates that a manifest has beside those of the steps."""


def complete(workflow: Workflow) -> WorkflowDefinition:
    """Check everything and make the value.

    Raises:
        WorkflowError: with every finding, by line.
    """
    _check_head(workflow)
    _check_names(workflow)
    note_keepers(workflow)
    steps = [StepChecker(workflow, draft).check() for draft in workflow.drafts]
    _check_cycles(workflow, steps)
    results = tuple(_results(workflow))
    if workflow.findings.all:
        found = sorted(workflow.findings.all, key=lambda finding: (finding.file, finding.line or 0))
        raise WorkflowError(workflow.place.file, found)
    return WorkflowDefinition(
        name=workflow.name,
        stage=workflow.loading.stage,
        summary=workflow.summary,
        owner=workflow.owner,
        description=workflow.description,
        schedule=workflow.schedule,
        timezone=workflow.timezone,
        parameters=tuple(parameter for parameter, _ in workflow.parameters.values()),
        artifacts=tuple(
            replace(artifact, optional=_only_optional(artifact.name, steps))
            for artifact, _ in workflow.artifacts.values()
        ),
        steps=tuple(sorted(in_order(steps), key=lambda step: step.on_exit)),
        results=results,
    )


def _only_optional(artifact: str, steps: list[Step]) -> bool:
    ports = [
        step.operation.inputs[port]
        for step in steps
        for port, source in step.inputs.items()
        if source == ArtifactReference(artifact)
    ]
    return all(port.optional for port in ports)


def _check_head(workflow: Workflow) -> None:
    name, place, findings = workflow.name, workflow.place, workflow.findings
    if not WORKFLOW_NAME.fullmatch(name):
        message = f"{name!r} is no name of a workflow."
        findings.add(place, "name", "name", message, "Use up to 40 lower-case letters, digits and dashes: recommend")
    if workflow.schedule is not None and len(workflow.schedule.split()) != 5:
        message = f"{workflow.schedule!r} has not the five fields of cron."
        findings.add(place, "schedule", "schedule", message, 'Minute, hour, day, month, weekday: "0 3 * * *"')
    if workflow.timezone is not None and _zone(workflow.timezone) is None:
        message = f"{workflow.timezone!r} is no time zone."
        findings.add(place, "timezone", "timezone", message, 'Use a name of the tz database: "Asia/Tokyo"')
    if all(draft.on_exit for draft in workflow.drafts) and not findings.all:
        findings.add(
            place, "empty", name, "no operation is called.", "Example: clean = preprocess.clean(events=events)"
        )


def _zone(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _check_names(workflow: Workflow) -> None:
    counts = Counter(draft.name for draft in workflow.drafts)
    seen: dict[str, Draft] = {}
    for draft in workflow.drafts:
        if counts[draft.name] > 1 and draft.name in seen:
            message = f"two steps are called {draft.name!r}; the other is in line {seen[draft.name].place.line}."
            remedy = f'Name one of them: ....named("{draft.name}-2")'
            workflow.findings.add(draft.place, "duplicate-step", draft.name, message, remedy)
        if not STEP_NAME.fullmatch(draft.name) or draft.name in RESERVED:
            message = f"{draft.name!r} cannot be the name of a step."
            remedy = f"Use up to 40 lower-case letters, digits and dashes, and none of {', '.join(RESERVED)}."
            workflow.findings.add(draft.place, "name", draft.name, message, remedy)
        seen.setdefault(draft.name, draft)


def _check_cycles(workflow: Workflow, steps: list[Step]) -> None:
    cycle = cycle_of(steps)
    if cycle:
        message = f"these steps wait for each other: {' -> '.join(step.name for step in (*cycle, cycle[0]))}."
        workflow.findings.add(cycle[0].place, "cycle", cycle[0].name, message, "Take out one of the calls of after().")


def _results(workflow: Workflow) -> "list[OutputReference]":
    references = []
    for output, place in workflow.results:
        if isinstance(output, OutputHandle) and draft_of(output.step).on_exit:
            message = "what a step on exit puts out is no result of the work."
            workflow.findings.add(place, "result", "result", message, "Name an output of another step.")
        elif isinstance(output, OutputHandle):
            references.append(OutputReference(draft_of(output.step).name, output.port.name))
        elif not isinstance(output, Nothing):
            what = "a step" if isinstance(output, StepHandle) else type(output).__name__
            remedy = "Example: workflow.result(predict.recommendations)"
            workflow.findings.add(place, "result", "result", f"an output of a step is expected, not {what}.", remedy)
    return references
