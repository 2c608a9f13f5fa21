"""Values that a run is given: read by the declared types, all that is wrong with them told at once."""

from collections.abc import Mapping, Sequence

from machiya.dsl import WorkflowDefinition
from machiya.dsl.findings import nearest
from machiya.errors import ArgumentsError
from machiya.manifest.expressions import text_of
from machiya_component.contract.model import Parameter
from machiya_component.parameters import example_text, read_value, violations


def split_pairs(words: Sequence[str]) -> dict[str, str]:
    """``name=value`` words as a map; the value may hold further ``=``.

    Raises:
        ArgumentsError: one has another form, or a name is given twice.
    """
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ArgumentsError(f"-p {word}: the form is NAME=VALUE.", "Example: -p factors=64")
        if name in values:
            raise ArgumentsError(f"-p {name} is given twice.", "Give it once.")
        values[name] = value
    return values


def checked_values(workflow: WorkflowDefinition, given: Mapping[str, str]) -> dict[str, str]:
    """The given parameters of a workflow in their one spelling (``0.20`` is ``0.2``: equal values, equal cache keys).

    Locations of what comes from outside are left as they are.

    Raises:
        ArgumentsError: with everything that is wrong.
    """
    parameters = {
        one.name: Parameter(name=one.name, type=one.type, fragment=dict(one.fragment)) for one in workflow.parameters
    }
    artifacts = {artifact.name for artifact in workflow.artifacts}
    problems: list[tuple[str, str]] = []
    values: dict[str, str] = {}
    for name, text in given.items():
        if name in artifacts:
            values[name] = text
        elif name in parameters:
            values[name] = _checked(parameters[name], text, problems)
        else:
            known = [*parameters, *artifacts]
            problems.append((f"-p {name}: {workflow.name} has no such parameter.", nearest(name, known, "Parameters")))
    if problems:
        (message, remedy), *others = problems
        raise ArgumentsError(message, "\n".join([remedy, *(f"{what} {remedy}" for what, remedy in others)]))
    return values


def describe_values(workflow: WorkflowDefinition) -> list[dict[str, str]]:
    """What a run of a workflow can be given, as texts: `name`, `type`, `default`, `description`; data first."""
    data = [
        {
            "name": artifact.name,
            "type": "optional data" if artifact.optional else "data",
            "default": artifact.default or "",
            "description": artifact.description,
        }
        for artifact in workflow.artifacts
    ]
    return data + [
        {
            "name": one.name,
            "type": " | ".join(map(str, one.fragment.get("enum", [one.type]))),
            "default": text_of(one.default),
            "description": one.description,
        }
        for one in workflow.parameters
    ]


def _checked(parameter: Parameter, text: str, problems: list[tuple[str, str]]) -> str:
    value, problem = read_value(parameter, text)
    found = [problem] if problem else [f"{one}." for one in violations(parameter.fragment, value)]
    if "{{" in text:
        found.append("a value cannot hold {{: Argo would take it for a variable.")
    choices = parameter.fragment.get("enum")
    example = f"Example: -p {parameter.name}={example_text(parameter)}"
    remedy = f"One of: {', '.join(map(str, choices))}." if choices else example
    problems += [(f"-p {parameter.name}: {one}", remedy) for one in found]
    return text_of(value)
