"""What a step on exit is told that no run changes, filled in once it is known: ``run.components`` here, and others."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from machiya.dsl.model import Constant, RunReference, Step, Value, WorkflowDefinition

COMPONENTS = "components"
"""The fact: a list of objects with name, version, digest, owner, steps and, where there are any, runbook, exitCodes."""


def with_components(workflow: WorkflowDefinition) -> WorkflowDefinition:
    """The workflow with the fact filled in: pins decide it, so that every run of this manifest is told the same."""
    return with_fact(workflow, COMPONENTS, components_told(workflow))


def with_fact(workflow: WorkflowDefinition, fact: str, known: Any) -> WorkflowDefinition:
    """The workflow in which what is `known` stands where a step is told this fact of the run."""
    reference, told = RunReference(fact), Constant(known)

    def filled(values: Mapping[str, Value]) -> Mapping[str, Value]:
        return {name: told if value == reference else value for name, value in values.items()}

    return replace(workflow, steps=tuple(replace(step, parameters=filled(step.parameters)) for step in workflow.steps))


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
