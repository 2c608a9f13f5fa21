"""A step's template with all that people, and what watches for them, see of it."""

from hera.workflows import models

from machiya.dsl import Step, WorkflowDefinition
from machiya.manifest.descriptions import Links, annotations, step_description
from machiya.manifest.metrics import fan_out_metrics, number_outputs, step_metrics
from machiya.manifest.views import view_artifacts


def shown(
    template: models.Template, workflow: WorkflowDefinition, step: Step, links: Links, commit: str
) -> models.Template:
    """The template with title, description, metrics, the numbers that these are taken from, and views of reports."""
    outputs = template.outputs or models.Outputs()
    return template.model_copy(
        update={
            "annotations": _described(workflow, step, links, commit),
            "metrics": step_metrics(workflow, step),
            "outputs": outputs.model_copy(
                update={
                    "parameters": [*(outputs.parameters or []), *number_outputs(step)],
                    "artifacts": [*(outputs.artifacts or []), *view_artifacts(step)],
                }
            ),
        }
    )


def shown_whole(
    template: models.Template, workflow: WorkflowDefinition, step: Step, links: Links, commit: str
) -> models.Template:
    """The template of a fan-out as a whole with title, description and metrics."""
    return template.model_copy(
        update={
            "annotations": _described(workflow, step, links, commit),
            "metrics": fan_out_metrics(workflow, step),
        }
    )


def _described(workflow: WorkflowDefinition, step: Step, links: Links, commit: str) -> dict[str, str]:
    title = f"{step.contract.name} {step.operation.name}"
    return annotations(step_description(workflow, step, links, commit), title, step.contract.owner)
