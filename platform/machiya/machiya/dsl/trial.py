"""A workflow without lasting effects: what of it is run to try a version, or to compare two."""

from dataclasses import replace

from machiya.dsl.model import Step, WorkflowDefinition


def without_keeping(workflow: WorkflowDefinition) -> WorkflowDefinition:
    """The same steps, of which none keeps a file for later runs."""
    return replace(workflow, steps=tuple(replace(step, keeps={}) for step in workflow.steps))


def only_work(workflow: WorkflowDefinition) -> WorkflowDefinition:
    """Without steps on exit, nor those that are there to keep a file: of which nothing else needs an output."""
    left = list(workflow.main_steps)
    while idle := [step for step in left if step.keeps and not _is_needed(step, left)]:
        left = [step for step in left if step not in idle]
    return without_keeping(replace(workflow, steps=tuple(left)))


def _is_needed(step: Step, others: list[Step]) -> bool:
    return any(step.name in other.needs for other in others)
