"""What a DAG or steps template gives to others, and what its tasks give to each other."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from machiya.engines.local.argo.expressions import ExpressionError, evaluate, go_text
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Node, Outputs
from machiya.engines.local.argo.model import Artifact, Template, Values
from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute, unresolved


def node_variables(prefix: str, node: Node) -> dict[str, Any]:
    """A node as tags name it, below `prefix`: ``tasks.train.status``, ``tasks.train.outputs.parameters.x``."""
    variables: dict[str, Any] = {
        f"{prefix}.id": node.id,
        f"{prefix}.name": node.display_name,
        f"{prefix}.status": str(node.phase),
        f"{prefix}.startedAt": str(node.started),
        f"{prefix}.finishedAt": str(node.finished or ""),
    }
    outputs = node.outputs
    if outputs.result is not None:
        variables[f"{prefix}.outputs.result"] = outputs.result
    if outputs.exit_code is not None:
        variables[f"{prefix}.exitCode"] = variables[f"{prefix}.outputs.exitCode"] = str(outputs.exit_code)
    variables |= {f"{prefix}.outputs.parameters.{name}": value for name, value in outputs.parameters.items()}
    variables |= {f"{prefix}.outputs.artifacts.{name}": value for name, value in outputs.artifacts.items()}
    return variables


def gathered_variables(prefix: str, nodes: Sequence[Node], template: Template | None) -> dict[str, Any]:
    """The outputs of a loop's nodes as JSON lists, in the order of its items."""
    ran = [node for node in nodes if node.phase.completed]
    results = [node.outputs.result for node in ran if node.outputs.result is not None]
    variables: dict[str, Any] = {f"{prefix}.outputs.result": _json_list(results)} if results or not ran else {}
    names = dict.fromkeys(name for node in ran for name in node.outputs.parameters)
    if template is not None:
        names |= dict.fromkeys(one.name for one in template.outputs.parameters)
    for name in names:
        values = [node.outputs.parameters[name] for node in ran if name in node.outputs.parameters]
        variables[f"{prefix}.outputs.parameters.{name}"] = _json_list(values)
    listed = [dict(node.outputs.parameters) for node in ran if node.outputs.parameters]
    if listed:
        variables[f"{prefix}.outputs.parameters"] = json.dumps(listed, separators=(",", ":"), ensure_ascii=False)
    return variables


def _json_list(values: Sequence[str]) -> str:
    """A list of texts; where all of them are JSON lists or maps, a list of those."""
    try:
        parsed = [json.loads(value) for value in values]
    except ValueError:
        parsed = []
    structured = bool(parsed) and all(isinstance(value, dict | list) for value in parsed)
    return json.dumps(parsed if structured else list(values), separators=(",", ":"), ensure_ascii=False)


def template_outputs(template: Template, scope: Scope) -> Outputs:
    """The outputs of a DAG or steps template from those of its tasks.

    Raises:
        NodeError: one cannot be resolved, and has no default.
    """
    parameters = {}
    for parameter in template.outputs.parameters:
        source = parameter.value_from
        if source is None:
            value = parameter.value
        elif source.expression is not None:
            value = _expression(f"outputs.parameters.{parameter.name}", source.expression, scope, source.default)
        else:
            value = _known(substitute(source.parameter or "", scope), source.default)
        if value is None:
            raise NodeError(f"outputs.parameters.{parameter.name}: unable to resolve its value")
        parameters[parameter.name] = value
    artifacts = {}
    for artifact in template.outputs.artifacts:
        resolved = resolve_artifact(artifact, scope)
        if resolved is not None:
            artifacts[artifact.name] = resolved
    return Outputs(parameters, artifacts)


def _known(value: str, default: str | None) -> str | None:
    return default if unresolved(value) else value


def _expression(where: str, expression: str, scope: Scope, default: str | None) -> str:
    try:
        value = evaluate(expression, scope.variables())
    except ExpressionError as error:
        if default is not None:
            return default
        raise NodeError(f"{where}: {error} (at character {error.position} of {expression!r})") from error
    if value is None and default is None:
        raise NodeError(f"{where}: the expression {expression!r} has no value")
    return default or "" if value is None else go_text(value)


def resolve_artifact(artifact: Artifact, scope: Scope) -> ArtifactValue | None:
    """The artifact that ``from`` or ``fromExpression`` names; None where it is optional and not there.

    Raises:
        NodeError: it is not there.
    """
    if artifact.expression:
        try:
            found: Any = evaluate(artifact.expression, scope.variables())
        except ExpressionError as error:
            raise NodeError(f"artifact {artifact.name!r}: {error}") from error
    elif artifact.source:
        found = scope.get(artifact.source.strip().removeprefix("{{").removesuffix("}}").strip())
    elif artifact.key or artifact.raw is not None:
        found = ArtifactValue(artifact.key, artifact.raw, artifact.digest)
    else:
        found = None
    if isinstance(found, ArtifactValue):
        below = "/".join(part for part in (found.sub_path, substitute(artifact.sub_path, scope)) if part)
        return replace(found, sub_path=below)
    if artifact.optional:
        return None
    raise NodeError(f"artifact {artifact.name!r}: unable to resolve {artifact.source or artifact.expression!r}")


def resolve_arguments(arguments: Values, scope: Scope) -> Values:
    """Arguments with their artifacts resolved.

    Raises:
        NodeError: one is not there.
    """
    if not arguments.artifacts:
        return arguments
    artifacts = []
    for artifact in arguments.artifacts:
        value = resolve_artifact(artifact, scope)
        if value is not None:
            artifacts.append(
                replace(artifact, key=value.key, raw=value.raw, digest=value.digest, sub_path=value.sub_path, source="")
            )
        elif artifact.optional:
            artifacts.append(replace(artifact, source="", expression=""))
    return replace(arguments, artifacts=tuple(artifacts))
