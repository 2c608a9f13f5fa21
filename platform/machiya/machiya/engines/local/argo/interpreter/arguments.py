"""From a template and the arguments it is called with to a template whose inputs are known."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.nodes import ArtifactValue
from machiya.engines.local.argo.model import Artifact, KeyReference, Parameter, Template, Values
from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute, substitute_all

ConfigMaps = Mapping[str, Mapping[str, str]]


def bind(template: Template, arguments: Values, scope: Scope, config_maps: ConfigMaps) -> tuple[Template, Scope]:
    """The template with its inputs filled in and their tags replaced everywhere, and the scope that this was done with.

    Raises:
        NodeError: an input was not supplied.
    """
    given = {parameter.name: parameter for parameter in arguments.parameters}
    supplied = {artifact.name: artifact for artifact in arguments.artifacts}
    parameters = tuple(_bound(one, given.get(one.name), scope, config_maps) for one in template.inputs.parameters)
    values: dict[str, Any] = {f"inputs.parameters.{one.name}": one.value for one in parameters}
    named = scope.child(values)  # a key of the template's own may be made of its parameters
    artifacts = tuple(_located(one, supplied.get(one.name), named) for one in template.inputs.artifacts)
    for artifact in artifacts:
        values[f"inputs.artifacts.{artifact.name}"] = artifact_value(artifact)
        values[f"inputs.artifacts.{artifact.name}.path"] = artifact.path
    for output in template.outputs.parameters:
        if output.value_from is not None and output.value_from.path is not None:
            values[f"outputs.parameters.{output.name}.path"] = output.value_from.path
    for output_artifact in template.outputs.artifacts:
        values[f"outputs.artifacts.{output_artifact.name}.path"] = output_artifact.path
    local = scope.child(values)
    inputs = Values(parameters, artifacts)
    bound = substitute_all(replace(template, inputs=Values()), local)
    return replace(bound, inputs=inputs), local


def _bound(parameter: Parameter, argument: Parameter | None, scope: Scope, config_maps: ConfigMaps) -> Parameter:
    for candidate in (argument, parameter):
        value = parameter_value(candidate, scope, config_maps) if candidate is not None else None
        if value is not None:
            return replace(parameter, value=value)
    if parameter.default is not None:
        return replace(parameter, value=substitute(parameter.default, scope))
    raise NodeError(f"inputs.parameters.{parameter.name} was not supplied")


def parameter_value(parameter: Parameter, scope: Scope, config_maps: ConfigMaps) -> str | None:
    """The value that a parameter gives itself, None where it gives none.

    Raises:
        NodeError: a key of a ConfigMap is not there.
    """
    if parameter.value is not None:
        return substitute(parameter.value, scope)
    source = parameter.value_from
    if source is None or source.config_map is None:
        return None
    reference = substitute_all(source.config_map, scope)
    value = config_value(reference, config_maps)
    if value is None and source.default is not None:
        return substitute(source.default, scope)
    if value is None and not reference.optional:
        raise NodeError(
            f"parameter {parameter.name!r}: the key {reference.key!r} of the ConfigMap {reference.name!r} "
            "is not there; give a file that has it"
        )
    return value


def config_value(reference: KeyReference, config_maps: ConfigMaps) -> str | None:
    """The value of a key of a ConfigMap."""
    return config_maps.get(reference.name, {}).get(reference.key)


def _located(artifact: Artifact, argument: Artifact | None, scope: Scope) -> Artifact:
    for candidate in (argument, substitute_all(artifact, scope)):
        if candidate is not None and (candidate.key or candidate.raw is not None):
            sub_path = candidate.sub_path
            return replace(
                artifact, key=candidate.key, raw=candidate.raw, digest=candidate.digest, sub_path=sub_path, source=""
            )
    if artifact.optional or (argument is not None and argument.optional):
        return replace(artifact, optional=True)
    raise NodeError(f"inputs.artifacts.{artifact.name} was not supplied")


def artifact_value(artifact: Artifact) -> ArtifactValue:
    """An artifact as it travels."""
    return ArtifactValue(artifact.key, artifact.raw, artifact.digest, artifact.sub_path)
