"""The template of one step: a container that runs one operation."""

from collections.abc import Sequence

from hera.workflows import models

from machiya.dsl import Constant, KeptReference, OutputReference, Source, Step
from machiya.manifest import policy, settings
from machiya.manifest.checkpoints import checkpoint_inputs, checkpoint_outputs
from machiya.manifest.expressions import by_artifact, cache_key, known_inputs, output_key, text_of
from machiya.manifest.names import (
    CODE_PARAMETER,
    COUNT_PARAMETER,
    FOLDER_PARAMETER,
    digest_name,
    kept_name,
    key_name,
    shard_template_name,
)
from machiya.manifest.profile import Pool
from machiya_component.contract.model import Resources


def step_template(
    step: Step, image: str, commit: str, keyed: Sequence[str] = (), pool: Pool | None = None
) -> models.Template:
    """The template of a step; of one that fans out, that of one shard.

    Args:
        step: the step.
        image: that of its component.
        commit: that of the component, empty where it is not known.
        keyed: the ports whose keys in the store it puts out as parameters.
        pool: the nodes that it runs on; None if it does not matter.
    """
    operation = step.operation
    return models.Template(
        name=shard_template_name(step.name) if step.fan_out else step.name,
        metadata=models.Metadata(labels=step_labels(step, commit)),
        inputs=_shard_inputs(step) if step.fan_out else step_inputs(step),
        outputs=_outputs(step, () if step.fan_out else keyed),
        memoize=None if step.fan_out else memoize(step, keyed),
        retry_strategy=policy.retry_strategy(
            more_memory=operation.resources.max_memory is not None, preemptible=pool is not None and pool.preemptible
        ),
        pod_spec_patch=_patch(operation.resources),
        node_selector=settings.node_selector(pool),
        tolerations=settings.tolerations(pool),
        priority_class_name=pool.priority_class_name if pool else None,
        active_deadline_seconds=models.IntOrString(root=policy.seconds(operation.timeout)),
        container=_container(step, image),
        volumes=policy.volumes(),
    )


def step_labels(step: Step, commit: str) -> dict[str, str]:
    """What pods, and the nodes of a run, are found by."""
    contract = step.contract
    found = {"component": contract.name, "version": contract.version, "operation": step.operation.name}
    return {f"machiya/{name}": value for name, value in (found | {"commit": commit}).items() if value}


def step_inputs(step: Step) -> models.Inputs:
    """What a task gives to a step: of a fan-out, what is the same for all shards, without paths in a pod."""
    fan_out = step.fan_out
    names = [CODE_PARAMETER] if step.pin.digest is None else []
    names += [FOLDER_PARAMETER] if fan_out else []
    names += [COUNT_PARAMETER] if fan_out and fan_out.over is None else []
    names += [digest_name(port) for port in known_inputs(step)]
    own = [name for name in step.operation.parameters if fan_out is None or name != fan_out.parameter]
    artifacts = _artifacts(step)
    if fan_out:
        artifacts = [models.Artifact(name=one.name, optional=one.optional) for one in artifacts]
    return models.Inputs(
        parameters=[_parameter(step, name) for name in own] + [models.Parameter(name=name) for name in names],
        artifacts=artifacts + ([] if fan_out else checkpoint_inputs(step)) or None,
    )


def _shard_inputs(step: Step) -> models.Inputs:
    """All that the fan-out was given, and the number of the shard."""
    given = [parameter.name for parameter in step_inputs(step).parameters or []]
    names = [*step.operation.parameters, *(name for name in given if name not in step.operation.parameters)]
    return models.Inputs(
        parameters=[models.Parameter(name=name) for name in names if name != COUNT_PARAMETER],
        artifacts=_artifacts(step) + checkpoint_inputs(step) or None,
    )


def _artifacts(step: Step) -> list[models.Artifact]:
    return [
        models.Artifact(name=name, path=_input_path(folder, one), optional=may_be_absent(step, port) or None)
        for port, source in step.inputs.items()
        for name, folder, one in by_artifact(port, source)
    ]


def _input_path(folder: str, source: Source) -> str:
    """The artifact's folder, or in it the one file that is kept."""
    return f"/data/in/{folder}/{source.file}" if isinstance(source, KeptReference) else f"/data/in/{folder}"


def may_be_absent(step: Step, port: str) -> bool:
    """Whether an input may be absent. What another step puts out is always there."""
    return step.operation.inputs[port].optional and not isinstance(step.inputs[port], OutputReference)


def _parameter(step: Step, name: str) -> models.Parameter:
    """With a value if the workflow file gives it, with a default if it is the contract's, else the task gives it."""
    fan_out, given = step.fan_out, step.parameters.get(name)
    if fan_out and name == fan_out.over:
        return models.Parameter(name=name)
    if isinstance(given, Constant):
        return models.Parameter(name=name, value=text_of(given.value))
    if given is None:
        return models.Parameter(name=name, default=text_of(step.operation.parameters[name].default))
    return models.Parameter(name=name)


def _outputs(step: Step, keyed: Sequence[str]) -> models.Outputs:
    ports = list(step.operation.outputs)
    return models.Outputs(
        parameters=[
            models.Parameter(name=digest_name(port), value_from=models.ValueFrom(path=f"{policy.OUT}/{port}/_digest"))
            for port in ports
        ]
        + [_key_parameter(step, port) for port in keyed],
        artifacts=checkpoint_outputs(step)
        + [
            models.Artifact(
                name=port,
                path=f"{policy.OUT}/{port}",
                archive=models.ArchiveStrategy(none=models.NoneStrategy()),
                s3=models.S3Artifact(key=_key(step, port)),
            )
            for port in ports
        ]
        + [_kept(port, reference) for port, reference in step.keeps.items()],
    )


def _key_parameter(step: Step, port: str) -> models.Parameter:
    """There is no such file, so the default holds; and the cache remembers it with the outputs that lie there."""
    source = models.ValueFrom(path=f"{policy.OUT}/{port}/_key", default=output_key(step, port))
    return models.Parameter(name=key_name(port), value_from=source)


def _kept(port: str, reference: KeptReference) -> models.Artifact:
    """One file, so that it is written by one request, whole or not at all; what is kept stays where there is none."""
    return models.Artifact(
        name=kept_name(port),
        path=f"{policy.OUT}/{port}/{reference.file}",
        archive=models.ArchiveStrategy(none=models.NoneStrategy()),
        optional=True,
        s3=models.S3Artifact(key=reference.key),
    )


def _key(step: Step, port: str) -> str:
    if step.fan_out is None:
        return output_key(step, port)
    shard = f"{{{{inputs.parameters.{step.fan_out.parameter}}}}}"
    return f"{{{{inputs.parameters.{FOLDER_PARAMETER}}}}}/{port}/{shard}"


def memoize(step: Step, keyed: Sequence[str] = ()) -> models.Memoize | None:
    """How the outputs of a step are remembered; None where they are not."""
    if not step.operation.cache or step.on_exit:
        return None
    config_map = models.LocalObjectReference(name=f"machiya-cache-{step.contract.name}")
    return models.Memoize(
        key=cache_key(step, keyed), max_age=policy.hours(policy.CACHE_AGE), cache=models.Cache(config_map=config_map)
    )


def _container(step: Step, image: str) -> models.Container:
    return models.Container(
        image=image,
        command=["component"],
        args=["run", step.operation.name, *_arguments(step)],
        env=_environment(step) or None,
        resources=_resources(step),
        security_context=policy.container_security(),
        # Its last words, or else the end of its log, become the message that the UI shows.
        termination_message_policy="FallbackToLogsOnError",
        volume_mounts=policy.volume_mounts(),
    )


def _environment(step: Step) -> list[models.EnvVar]:
    """The operation's secrets, from the Secret of its component, as far as they are there."""
    return [
        models.EnvVar(
            name=secret.variable,
            value_from=models.EnvVarSource(
                secret_key_ref=models.SecretKeySelector(
                    name=f"machiya-{step.contract.name}", key=secret.name, optional=True
                )
            ),
        )
        for secret in step.operation.secrets.values()
    ]


def _resources(step: Step) -> models.ResourceRequirements:
    """Memory is limited to what is asked for; CPUs that nobody else wants may be used."""
    memory = models.Quantity(root=step.operation.resources.memory)
    cpu = models.Quantity(root=f"{step.operation.resources.cpu:g}")
    return models.ResourceRequirements(requests={"cpu": cpu, "memory": memory}, limits={"memory": memory})


def _patch(resources: Resources) -> str | None:
    return policy.more_memory_patch(resources.memory, resources.max_memory) if resources.max_memory else None


def _arguments(step: Step) -> list[str]:
    """``--name value`` for every parameter. Shards are counted with leading zeros, which a number does not have."""
    words = []
    for name in step.operation.parameters:
        is_shard = step.fan_out is not None and name == step.fan_out.parameter
        value = f"{{{{=asInt(inputs.parameters['{name}'])}}}}" if is_shard else f"{{{{inputs.parameters.{name}}}}}"
        words += [f"--{name}", value]
    return words
