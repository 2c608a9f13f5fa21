"""The template of a fan-out: a DAG of one task for each shard, which is remembered as a whole.

So the cache has one entry however many shards there are, what reads the outputs is told one digest, and what is given
to the shards stands in the manifest once. A shard that succeeded is not computed again when the run is retried.
"""

from collections.abc import Sequence

from hera.workflows import models

from machiya.dsl import Step
from machiya.manifest.expressions import literal
from machiya.manifest.names import (
    COUNT_PARAMETER,
    FOLDER_PARAMETER,
    SHARD_FORMAT,
    digest_name,
    key_name,
    shard_template_name,
)
from machiya.manifest.step import may_be_absent, memoize, step_inputs, step_labels


def fan_out_template(step: Step, commit: str, keyed: Sequence[str] = ()) -> models.Template:
    """The template that a task calls; what it calls is that of one shard (`step_template`).

    `keyed` are the ports of which it puts out where in the store all shards lie.
    """
    ports = list(step.operation.outputs)
    inputs = step_inputs(step)
    return models.Template(
        name=step.name,
        metadata=models.Metadata(labels=step_labels(step, commit)),
        inputs=models.Inputs(parameters=inputs.parameters, artifacts=[*(inputs.artifacts or []), *map(_folder, ports)]),
        memoize=memoize(step, keyed),
        dag=models.DAGTemplate(tasks=[_shards(step)]),
        outputs=models.Outputs(
            parameters=[*(_digest(step, port) for port in ports), *(_key(port) for port in keyed)],
            artifacts=[models.Artifact(name=port, from_=f"{{{{inputs.artifacts.{port}}}}}") for port in ports],
        ),
    )


def _folder(port: str) -> models.Artifact:
    """Everything that the shards put out at a port. A DAG can only put out what it has: here, by its key."""
    return models.Artifact(name=port, s3=models.S3Artifact(key=f"{{{{inputs.parameters.{FOLDER_PARAMETER}}}}}/{port}"))


def _digest(step: Step, port: str) -> models.Parameter:
    """One digest over those of all shards, in their order."""
    listed = f"tasks[{literal(step.name)}].outputs.parameters[{literal(digest_name(port))}]"
    source = models.ValueFrom(expression=f"'sha256:' + sprig.sha256sum({listed})")
    return models.Parameter(name=digest_name(port), value_from=source)


def _key(port: str) -> models.Parameter:
    """Where all shards put a port; the cache remembers it, as another run may put them into another folder."""
    source = models.ValueFrom(expression=f"inputs.parameters[{literal(FOLDER_PARAMETER)}] + {literal(f'/{port}')}")
    return models.Parameter(name=key_name(port), value_from=source)


def _shards(step: Step) -> models.DAGTask:
    fan_out = step.fan_out
    assert fan_out is not None, "only a fan-out has shards"
    names = [parameter.name for parameter in step_inputs(step).parameters or []]
    given = {name: f"{{{{inputs.parameters.{name}}}}}" for name in names if name != COUNT_PARAMETER}
    given[fan_out.parameter] = "{{item}}"
    count = f"{{{{inputs.parameters.{fan_out.over or COUNT_PARAMETER}}}}}"
    return models.DAGTask(
        name=step.name,
        template=shard_template_name(step.name),
        with_sequence=models.Sequence(count=models.IntOrString(root=count), format=SHARD_FORMAT),
        arguments=models.Arguments(
            parameters=[models.Parameter(name=name, value=value) for name, value in given.items()],
            artifacts=[_passed_on(step, port) for port in step.inputs] or None,
        ),
    )


def _passed_on(step: Step, port: str) -> models.Artifact:
    optional = may_be_absent(step, port) or None
    return models.Artifact(name=port, from_=f"{{{{inputs.artifacts.{port}}}}}", optional=optional)
