"""The templates ``main`` and ``exit``: one task for each step, wired by ports."""

from collections.abc import Sequence

from hera.workflows import models

from machiya.dsl import (
    ArtifactReference,
    BoundaryReference,
    Canary,
    Constant,
    EarlierReference,
    KeptReference,
    KeyReference,
    LeftReference,
    OutputReference,
    Source,
    Step,
    WorkflowDefinition,
)
from machiya.dsl.canary import CANARY
from machiya.manifest.descriptions import annotations
from machiya.manifest.expressions import (
    argument,
    by_artifact,
    code_digest,
    gather_folder,
    key_argument,
    keyed_ports,
    known_inputs,
    output_key,
    source_digest,
    tag,
)
from machiya.manifest.names import CODE_PARAMETER, COUNT_PARAMETER, FOLDER_PARAMETER, digest_name, key_name
from machiya.manifest.step import may_be_absent

MAIN = "main"
EXIT = "exit"
MIXED, ALONE = "mixed", "alone"
"""The tasks that divide the users: one of them runs."""
_NO_RESULT = ("Failed", "Errored", "Omitted", "Skipped")


def main_template(workflow: WorkflowDefinition) -> models.Template:
    """The DAG of the steps that do the work."""
    template = _dag(MAIN, workflow, workflow.main_steps)
    if workflow.canary is not None and template.dag is not None and template.dag.tasks is not None:
        template.dag.tasks.append(canary_task(workflow, workflow.canary))
    return template


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
            artifacts=[
                artifact_argument(workflow, step, name, one, optional=may_be_absent(step, port))
                for port, source in step.inputs.items()
                for name, _, one in by_artifact(port, source)
            ]
            or None,
        ),
    )


def _parameters(workflow: WorkflowDefinition, step: Step) -> list[models.Parameter]:
    given = step.parameters.items()
    values = {
        name: key_argument(value) if isinstance(value, KeyReference) else argument(value)
        for name, value in given
        if not isinstance(value, Constant)
    }
    if step.fan_out:
        values[step.fan_out.over or COUNT_PARAMETER] = argument(step.fan_out.count)
        values[FOLDER_PARAMETER] = gather_folder(workflow, step)
    if step.pin.digest is None:
        values[CODE_PARAMETER] = tag(code_digest(step.contract.name))
    values |= {digest_name(port): digest_argument(workflow, step.inputs[port]) for port in known_inputs(step)}
    return [models.Parameter(name=name, value=value) for name, value in values.items()]


def digest_argument(workflow: WorkflowDefinition, source: Source) -> str:
    """The content digest of what goes into a port, in a task."""
    if isinstance(source, BoundaryReference):
        return f"{{{{inputs.parameters.{digest_name(source.name)}}}}}"
    if isinstance(source, OutputReference):
        return f"{{{{tasks.{source.step}.outputs.parameters.{digest_name(source.port)}}}}}"
    return tag(source_digest(workflow, source))


def artifact_argument(
    workflow: WorkflowDefinition, step: Step | None, name: str, source: Source, *, optional: bool = False
) -> models.Artifact:
    """What goes into a port, in a task. (Argo asks the argument whether it may be absent.)

    Of a step it is the step's output, and what a canary's part is given is passed on; of all others, the key: from
    outside, the location; of an earlier end, the step's own key; of what a step left, that step's key in this run; of a
    kept file, the one that all runs share.
    """
    if isinstance(source, BoundaryReference):
        return models.Artifact(name=name, from_=f"{{{{inputs.artifacts.{source.name}}}}}")
    if isinstance(source, OutputReference):
        return models.Artifact(name=name, from_=f"{{{{tasks.{source.step}.outputs.artifacts.{source.port}}}}}")
    s3 = models.S3Artifact(key=_key(workflow, step, source))
    return models.Artifact(name=name, s3=s3, optional=optional or None)


def _key(workflow: WorkflowDefinition, step: Step | None, source: Source) -> str:
    if isinstance(source, ArtifactReference):
        return f"{{{{workflow.parameters.{source.name}}}}}"
    if isinstance(source, KeptReference):
        return source.key
    if isinstance(source, LeftReference):
        (output,) = source.outputs
        return output_key(workflow.step(output.step), output.port)
    if isinstance(source, EarlierReference):
        assert step is not None, "only a step on exit reads what it left"
        return output_key(step, source.port)
    raise AssertionError("what a step puts out, and what a canary's part is given, is passed on")


# The canary


def canary_task(workflow: WorkflowDefinition, canary: Canary) -> models.DAGTask:
    """The task that stands for everything about the canary: its outputs are what the users get."""
    return models.DAGTask(
        name=CANARY,
        template=CANARY,
        depends=" && ".join(canary.needs) or None,
        arguments=models.Arguments(
            parameters=[
                models.Parameter(name=digest_name(name), value=digest_argument(workflow, source))
                for name, source in canary.inputs.items()
            ],
            artifacts=[artifact_argument(workflow, None, name, source) for name, source in canary.inputs.items()],
        ),
    )


def canary_template(workflow: WorkflowDefinition, canary: Canary) -> models.Template:
    """The DAG of the canary's steps and of what divides the users: with its result, or without if it has failed."""
    tasks = [_task(workflow, step) for step in canary.steps]
    mixed, alone = (_task(workflow, step) for step in (canary.mixed, canary.alone))
    mixed.name, alone.name = MIXED, ALONE
    # It waits for the other, so that it is the one task that none waits for. To Argo, a last task that is omitted ended
    # as what came before it: were `mixed` such a one, the canary's failure would be that of the whole.
    alone.depends = " || ".join(f"{MIXED}.{ending}" for ending in _NO_RESULT)
    ports = list(canary.mixed.operation.outputs)
    return models.Template(
        name=CANARY,
        annotations=annotations(
            f"{canary.share:.0%} of the users get {canary.component} {canary.steps[0].contract.version}; "
            "if it fails, all get the stable version.",
            f"canary of {canary.component}",
        ),
        inputs=models.Inputs(
            parameters=[models.Parameter(name=digest_name(name)) for name in canary.inputs],
            artifacts=[models.Artifact(name=name) for name in canary.inputs],
        ),
        dag=models.DAGTemplate(tasks=[*tasks, mixed, alone]),
        outputs=models.Outputs(
            parameters=[
                *(_either_parameter(digest_name(port)) for port in ports),
                *(_either_parameter(key_name(port)) for port in keyed_ports(workflow, canary.mixed)),
            ],
            artifacts=[_either_artifact(port) for port in ports],
        ),
    )


def _either_parameter(name: str) -> models.Parameter:
    return models.Parameter(name=name, value_from=models.ValueFrom(expression=_either(f"parameters['{name}']")))


def _either_artifact(port: str) -> models.Artifact:
    return models.Artifact(name=port, from_expression=_either(f"artifacts['{port}']"))


def _either(output: str) -> str:
    """Of the one that ran."""
    return f"tasks.{MIXED}.status == 'Succeeded' ? tasks.{MIXED}.outputs.{output} : tasks.{ALONE}.outputs.{output}"
