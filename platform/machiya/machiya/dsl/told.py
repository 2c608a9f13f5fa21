"""What a step on exit is told of the workflow's components: the fact ``run.components``, once all steps are known."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from machiya.dsl.model import Constant, RunReference, Step, Value, WorkflowDefinition

COMPONENTS = "components"
"""The fact: a list of objects with name, version, digest, owner, steps and, where there are any, runbook, exitCodes."""


def with_components(workflow: WorkflowDefinition) -> WorkflowDefinition:
    """The workflow with the fact filled in: pins decide it, so that every run of this manifest is told the same."""
    told = Constant(components_told(workflow))
    return replace(workflow, steps=tuple(_filled(step, told) for step in workflow.steps))


def _filled(step: Step, told: Constant) -> Step:
    if RunReference(COMPONENTS) not in step.parameters.values():
        return step
    values: Mapping[str, Value] = {
        name: told if value == RunReference(COMPONENTS) else value for name, value in step.parameters.items()
    }
    return replace(step, parameters=values)


def components_told(workflow: WorkflowDefinition) -> list[dict[str, Any]]:
    """Each version of each component once, in the order of the steps that do the work; a canary's is one of its own."""
    steps: dict[tuple[str, str], list[Step]] = {}
    for step in workflow.all_steps:
        if not step.on_exit:
            steps.setdefault((step.contract.name, str(step.pin)), []).append(step)
    return [_told(done) for done in steps.values()]


def _told(steps: list[Step]) -> dict[str, Any]:
    contract, pin = steps[0].contract, steps[0].pin
    runbook = contract.runbook or ""
    facts = {
        "name": contract.name,
        "version": pin.version,
        "digest": pin.digest or "",
        "owner": _harmless(contract.owner),
        # A text is in the description of the step; a message has room for an address.
        "runbook": _harmless(runbook) if runbook.startswith(("https://", "http://")) else "",
        "exitCodes": {str(code): _harmless(meaning) for code, meaning in contract.exit_codes.items()},
        "steps": [step.name for step in steps],
    }
    return {key: value for key, value in facts.items() if value}


def _harmless(text: str) -> str:
    """A text in which Argo sees no variable."""
    return text.replace("{{", "((")
