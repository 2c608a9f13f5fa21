"""The variables of the whole workflow: ``workflow.*``."""

import json
import time
from collections.abc import Mapping
from typing import Any

from machiya.engines.local.argo.expressions import ExpressionError, evaluate, go_text
from machiya.engines.local.argo.interpreter.arguments import ConfigMaps, parameter_value
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.nodes import Outputs, Phase
from machiya.engines.local.argo.model import Document, Parameter
from machiya.engines.local.argo.scope import Scope

_TIME_CODES = "aAbBcdHIjmMpSUwWxXyYZ"


def global_variables(workflow: Document, facts: Any, config_maps: ConfigMaps) -> dict[str, Any]:
    """All that is known before the first step.

    Raises:
        NodeError: a parameter has no value, or one that it must not have, or was given and is not there.
    """
    moment = time.gmtime(facts.created)
    variables: dict[str, Any] = {
        "workflow.name": facts.name,
        "workflow.namespace": facts.namespace,
        "workflow.uid": facts.uid,
        "workflow.mainEntrypoint": workflow.specification.entrypoint,
        "workflow.serviceAccountName": "default",
        "workflow.priority": "0",
        "workflow.creationTimestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", moment),
        "workflow.creationTimestamp.RFC3339": time.strftime("%Y-%m-%dT%H:%M:%SZ", moment),
        "workflow.creationTimestamp.s": str(int(facts.created)),
        "workflow.status": str(Phase.RUNNING),
    }
    variables |= {f"workflow.creationTimestamp.{code}": time.strftime(f"%{code}", moment) for code in _TIME_CODES}
    parameters = workflow_parameters(workflow, facts.parameters, config_maps)
    variables |= {f"workflow.parameters.{name}": value for name, value in parameters.items()}
    listed = json.dumps([{"name": name, "value": value} for name, value in parameters.items()], separators=(",", ":"))
    variables |= {"workflow.parameters": listed, "workflow.parameters.json": listed}
    labels = {**workflow.labels, **workflow.specification.labels}
    for name, expression in workflow.specification.labels_from.items():
        try:
            labels[name] = go_text(evaluate(expression, Scope(values=variables).variables()))
        except ExpressionError as error:
            raise NodeError(f"workflowMetadata.labelsFrom.{name}: {error}") from error
    for group, texts in (("labels", labels), ("annotations", workflow.annotations)):
        variables |= {f"workflow.{group}.{name}": value for name, value in texts.items()}
        variables[f"workflow.{group}.json"] = json.dumps(dict(texts), separators=(",", ":"), sort_keys=True)
    return variables


def workflow_parameters(workflow: Document, given: Mapping[str, str], config_maps: ConfigMaps) -> dict[str, str]:
    """The values of the workflow's parameters.

    Raises:
        NodeError: as `global_variables` says.
    """
    declared = workflow.specification.arguments.parameters
    for name in given:
        if name not in {parameter.name for parameter in declared}:
            known = ", ".join(parameter.name for parameter in declared) or "none at all"
            raise NodeError(f"the workflow has no parameter {name!r}; it has {known}")
    return {parameter.name: _value(parameter, given, config_maps) for parameter in declared}


def _value(parameter: Parameter, given: Mapping[str, str], config_maps: ConfigMaps) -> str:
    value = given.get(parameter.name)
    if value is None:
        value = parameter_value(parameter, Scope(), config_maps)
    if value is None:
        value = parameter.default
    if value is None:
        raise NodeError(f"the parameter {parameter.name!r} of the workflow has no value; give one")
    if parameter.enum and value not in parameter.enum:
        raise NodeError(f"the parameter {parameter.name!r} is {value!r}, which is none of {', '.join(parameter.enum)}")
    return value


def exported(outputs: Outputs, names: Mapping[str, str]) -> dict[str, Any]:
    """Outputs under their global names; `names` says ``parameters.x`` is known as what."""
    variables: dict[str, Any] = {}
    for name, value in outputs.parameters.items():
        if f"parameters.{name}" in names:
            variables[f"workflow.outputs.parameters.{names[f'parameters.{name}']}"] = value
    for name, artifact in outputs.artifacts.items():
        if f"artifacts.{name}" in names:
            variables[f"workflow.outputs.artifacts.{names[f'artifacts.{name}']}"] = artifact
    return variables
