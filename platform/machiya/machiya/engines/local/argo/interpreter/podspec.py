"""From a template whose tags are replaced to the program that is to run."""

from machiya.engines.local.argo.interpreter.arguments import artifact_value, config_value
from machiya.engines.local.argo.interpreter.commands import (
    InputArtifact,
    OutputArtifact,
    OutputParameter,
    PodSpec,
    SecretVariable,
)
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.machine import Interpreter
from machiya.engines.local.argo.interpreter.nodes import Node
from machiya.engines.local.argo.model import Container, Environment, Resources, Security, Template, Volume
from machiya.engines.local.argo.pod_patch import patch_resources
from machiya.engines.local.argo.substitution import substitute, unresolved
from machiya.engines.local.argo.values import ArgoValueError, parse_quantity


def pod_spec(machine: Interpreter, node: Node, template: Template) -> PodSpec:
    """The program of a template.

    Raises:
        NodeError: a variable is not resolved, or a part does not fit the others.
    """
    container = template.container
    if container is None:
        raise NodeError(f"template {template.name!r} has no container")
    if names := unresolved((container, template.outputs, template.timeout, template.active_deadline)):
        raise NodeError(f"failed to resolve {{{{{names[0]}}}}}")
    resources = _patched(machine, container.resources, template)
    workflow = machine.specification
    security = _security(container.security, template.security, workflow.security)
    return PodSpec(
        node_id=node.id,
        node_name=node.name,
        template=node.template,
        image=container.image,
        command=container.command,
        args=container.args,
        source=container.source,
        environment=tuple((one.name, _variable(machine, one)) for one in container.environment if one.secret is None),
        secrets=tuple(
            SecretVariable(one.name, one.secret.name, one.secret.key, one.secret.optional)
            for one in container.environment
            if one.secret is not None
        ),
        working_dir=container.working_dir,
        cpu=_amount(resources, "cpu"),
        memory=_amount(resources, "memory"),
        cpu_limit=parse_quantity(resources.limits["cpu"]) if "cpu" in resources.limits else None,
        memory_limit=parse_quantity(resources.limits["memory"]) if "memory" in resources.limits else None,
        user=security.run_as_user,
        group=security.run_as_group,
        non_root=security.run_as_non_root,
        read_only_root=security.read_only_root,
        mounts=container.mounts,
        volumes=_volumes(container, (*workflow.volumes, *template.volumes)),
        labels=template.labels,
        inputs=tuple(
            InputArtifact(one.name, one.path, artifact_value(one), one.optional, one.mode)
            for one in template.inputs.artifacts
            if one.path
        ),
        output_parameters=_output_parameters(template),
        output_artifacts=tuple(
            OutputArtifact(one.name, one.path, one.key or f"{machine.facts.name}/{node.id}/{one.name}", one.optional)
            for one in template.outputs.artifacts
            if one.path
        ),
        capture_result=container.source is not None or machine.manifest.uses_results,
    )


def _output_parameters(template: Template) -> tuple[OutputParameter, ...]:
    return tuple(
        OutputParameter(one.name, one.value_from.path, one.value_from.default)
        for one in template.outputs.parameters
        if one.value_from is not None and one.value_from.path is not None
    )


def _variable(machine: Interpreter, variable: Environment) -> str:
    if variable.config_map is None:
        return variable.value
    value = config_value(variable.config_map, machine.manifest.config_maps)
    if value is None and not variable.config_map.optional:
        reference = variable.config_map
        raise NodeError(f"env {variable.name!r}: no key {reference.key!r} in the ConfigMap {reference.name!r}")
    return value or ""


def _amount(resources: Resources, name: str) -> float:
    """What is requested; as in Kubernetes, the limit where nothing is."""
    text = resources.requests.get(name, resources.limits.get(name))
    return parse_quantity(text) if text is not None else 0.0


def _security(*levels: Security) -> Security:
    """The innermost level that says something counts."""
    return Security(
        run_as_user=next((one.run_as_user for one in levels if one.run_as_user is not None), None),
        run_as_group=next((one.run_as_group for one in levels if one.run_as_group is not None), None),
        run_as_non_root=any(one.run_as_non_root for one in levels),
        read_only_root=any(one.read_only_root for one in levels),
    )


def _volumes(container: Container, declared: tuple[Volume, ...]) -> tuple[Volume, ...]:
    by_name = {volume.name: volume for volume in declared}
    for mount in container.mounts:
        if mount.name not in by_name:
            raise NodeError(f"the volume {mount.name!r}, mounted at {mount.path}, is not declared")
    return tuple(by_name[name] for name in dict.fromkeys(mount.name for mount in container.mounts))


def _patched(machine: Interpreter, resources: Resources, template: Template) -> Resources:
    requests, limits = dict(resources.requests), dict(resources.limits)
    for text in (substitute(machine.specification.pod_patch, machine.scope), template.pod_patch):
        if not text:
            continue
        try:
            patch = patch_resources(text)
        except ArgoValueError as error:
            raise NodeError(str(error)) from error
        requests |= patch.requests
        limits |= patch.limits
    return Resources(requests, limits)
