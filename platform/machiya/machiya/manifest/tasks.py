"""The templates ``main`` and ``exit``: one task for each step, wired by ports."""

from collections.abc import Sequence

from hera.workflows import models

from machiya.dsl import (
    ArtifactReference,
    Constant,
    EarlierReference,
    FanOut,
    OutputReference,
    Source,
    Step,
    WorkflowDefinition,
)
from machiya.manifest.expressions import (
    CODE_PARAMETER,
    FOLDER_PARAMETER,
    argument,
    code_digest,
    digest_name,
    gather_folder,
    known_inputs,
    output_key,
    source_digest,
    tag,
)
from machiya.manifest.step import may_be_absent

MAIN = "main"
EXIT = "exit"
SHARD_FORMAT = "%05d"
"""How shards are counted: all of one length, so that the parts of a table come in their order."""


def main_template(workflow: WorkflowDefinition) -> models.Template:
    """The DAG of the steps that do the work."""
    return _dag(MAIN, workflow, workflow.main_steps)


def exit_template(workflow: WorkflowDefinition) -> models.Template:
    """The DAG of the steps on exit."""
    return _dag(EXIT, workflow, workflow.exit_steps)


def _dag(name: str, workflow: WorkflowDefinition, steps: Sequence[Step]) -> models.Template:
    return models.Template(name=name, dag=models.DAGTemplate(tasks=[_task(workflow, step) for step in steps]))


def _task(workflow: WorkflowDefinition, step: Step) -> models.DAGTask:
    return models.DAGTask(
        name=step.name,
        template=step.name,
        depends=" && ".join(step.needs) or None,
        arguments=models.Arguments(
            parameters=_parameters(workflow, step) or None,
            artifacts=[_artifact(workflow, step, port) for port in step.inputs] or None,
        ),
        with_sequence=_shards(step.fan_out) if step.fan_out else None,
    )


def _shards(fan_out: FanOut) -> models.Sequence:
    return models.Sequence(count=models.IntOrString(root=argument(fan_out.count)), format=SHARD_FORMAT)


def _parameters(workflow: WorkflowDefinition, step: Step) -> list[models.Parameter]:
    given = step.parameters.items()
    values = {name: argument(value) for name, value in given if not isinstance(value, Constant)}
    if step.fan_out:
        values[step.fan_out.parameter] = "{{item}}"
        values |= {step.fan_out.over: argument(step.fan_out.count)} if step.fan_out.over else {}
        values[FOLDER_PARAMETER] = gather_folder(workflow, step)
    if step.pin.digest is None:
        values[CODE_PARAMETER] = tag(code_digest(step.contract.name))
    values |= {digest_name(port): _digest(workflow, step.inputs[port]) for port in known_inputs(step)}
    return [models.Parameter(name=name, value=value) for name, value in values.items()]


def _digest(workflow: WorkflowDefinition, source: Source) -> str:
    if isinstance(source, OutputReference):
        return f"{{{{tasks.{source.step}.outputs.parameters.{digest_name(source.port)}}}}}"
    return tag(source_digest(workflow, source))


def _artifact(workflow: WorkflowDefinition, step: Step, port: str) -> models.Artifact:
    """Of a single step, its output; of all others, the key. (Argo asks the argument whether it may be absent.)"""
    source = step.inputs[port]
    if isinstance(source, OutputReference) and workflow.step(source.step).fan_out is None:
        return models.Artifact(name=port, from_=f"{{{{tasks.{source.step}.outputs.artifacts.{source.port}}}}}")
    s3 = models.S3Artifact(key=_key(workflow, step, source))
    return models.Artifact(name=port, s3=s3, optional=may_be_absent(step, port) or None)


def _key(workflow: WorkflowDefinition, step: Step, source: Source) -> str:
    """Of a fan-out, everything below its folder; from outside, the location; of an earlier end, the step's own key."""
    if isinstance(source, ArtifactReference):
        return f"{{{{workflow.parameters.{source.name}}}}}"
    if isinstance(source, EarlierReference):
        return output_key(step, source.port)
    return f"{gather_folder(workflow, workflow.step(source.step))}/{source.port}"
