"""The template ``main``: one task for each step, wired by ports."""

from hera.workflows import models

from machiya.dsl import ArtifactReference, FanOut, OutputReference, ParameterReference, Step, WorkflowDefinition
from machiya.manifest.expressions import (
    CODE_PARAMETER,
    FOLDER_PARAMETER,
    argument,
    code_digest,
    digest_name,
    gather_folder,
    source_digest,
    tag,
)

MAIN = "main"
SHARD_FORMAT = "%05d"
"""How shards are counted: all of one length, so that the parts of a table come in their order."""


def main_template(workflow: WorkflowDefinition) -> models.Template:
    """The DAG of all steps."""
    return models.Template(name=MAIN, dag=models.DAGTemplate(tasks=[_task(workflow, step) for step in workflow.steps]))


def _task(workflow: WorkflowDefinition, step: Step) -> models.DAGTask:
    return models.DAGTask(
        name=step.name,
        template=step.name,
        depends=" && ".join(step.needs) or None,
        arguments=models.Arguments(
            parameters=_parameters(workflow, step) or None,
            artifacts=[_artifact(workflow, port, source) for port, source in step.inputs.items()] or None,
        ),
        with_sequence=_shards(step.fan_out) if step.fan_out else None,
    )


def _shards(fan_out: FanOut) -> models.Sequence:
    return models.Sequence(count=models.IntOrString(root=argument(fan_out.count)), format=SHARD_FORMAT)


def _parameters(workflow: WorkflowDefinition, step: Step) -> list[models.Parameter]:
    values = {name: argument(value) for name, value in step.parameters.items() if isinstance(value, ParameterReference)}
    if step.fan_out:
        values[step.fan_out.parameter] = "{{item}}"
        values |= {step.fan_out.over: argument(step.fan_out.count)} if step.fan_out.over else {}
        values[FOLDER_PARAMETER] = gather_folder(workflow, step)
    if step.pin.digest is None:
        values[CODE_PARAMETER] = tag(code_digest(step.contract.name))
    values |= {digest_name(port): _digest(workflow, source) for port, source in step.inputs.items()}
    return [models.Parameter(name=name, value=value) for name, value in values.items()]


def _digest(workflow: WorkflowDefinition, source: OutputReference | ArtifactReference) -> str:
    if isinstance(source, OutputReference):
        return f"{{{{tasks.{source.step}.outputs.parameters.{digest_name(source.port)}}}}}"
    return tag(source_digest(workflow, source))


def _artifact(workflow: WorkflowDefinition, port: str, source: OutputReference | ArtifactReference) -> models.Artifact:
    """Of a single step, its output; of a fan-out, everything below the folder; from outside, the location as a key."""
    if isinstance(source, ArtifactReference):
        return models.Artifact(name=port, s3=models.S3Artifact(key=f"{{{{workflow.parameters.{source.name}}}}}"))
    step = workflow.step(source.step)
    if step.fan_out is None:
        return models.Artifact(name=port, from_=f"{{{{tasks.{step.name}.outputs.artifacts.{source.port}}}}}")
    return models.Artifact(name=port, s3=models.S3Artifact(key=f"{gather_folder(workflow, step)}/{source.port}"))
