"""The outputs of templates."""

from collections.abc import Iterator

from machiya.manifest.grammar.names import is_parameter_name
from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.checks.artifacts import check_path
from machiya.manifest.lint.checks.dag import all_tasks
from machiya.manifest.lint.checks.names import check_parameter_names
from machiya.manifest.lint.checks.steps import steps_of
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.scope import Scope
from machiya.manifest.lint.templates import LEAF_TYPES, named, template_scope, type_of
from machiya.manifest.lint.variables import Place, check_expression_field, check_variables
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

_SOURCES = ("path", "jqFilter", "jsonPath", "parameter", "expression", "supplied")
_NEEDED: dict[str, tuple[tuple[str, ...], str]] = {
    "container": (("path",), "{0}.path must be specified for Container templates"),
    "containerSet": (("path",), "{0}.path must be specified for ContainerSet templates"),
    "script": (("path",), "{0}.path must be specified for Script templates"),
    "resource": (("jqFilter", "jsonPath"), "{0} .jqFilter or jsonPath must be specified for Resource templates"),
    "dag": (("parameter", "expression"), "{0}.parameter or expression must be specified for DAG templates"),
    "steps": (("parameter", "expression"), "{0}.parameter or expression must be specified for Steps templates"),
}


def check_outputs(view: TemplateView) -> Iterator[Finding]:
    """Names, sources and paths of the outputs."""
    outputs, kind = view.template.get("outputs"), type_of(view.template)
    yield from check_parameter_names(outputs.get("parameters"), f"{view.label}.outputs.parameters", tags=True)
    yield from check_parameter_names(outputs.get("artifacts"), f"{view.label}.outputs.artifacts", tags=True)
    for name, artifact in named(outputs.get("artifacts")):
        label = f"{view.label}.outputs.artifacts.{name}"
        yield from check_path(artifact, label, leaf=kind in LEAF_TYPES)
        yield from _check_global_name(artifact, label)
    for name, parameter in named(outputs.get("parameters")):
        label = f"{view.label}.outputs.parameters.{name}"
        yield from _check_source(parameter, label, kind)
        yield from _check_global_name(parameter, label)


def _check_source(parameter: Node, label: str, kind: str) -> Iterator[Finding]:
    source, valued = parameter.get("valueFrom"), parameter.has("value")
    sources = [name for name in _SOURCES if source.has(name) and (source.get(name).text or name == "supplied")]
    needed, message = _NEEDED.get(kind, ((), ""))
    place, problem = source, ""
    if source.given and valued:
        problem = f"{label} has both valueFrom and value specified, choose one"
    elif not source.given and not valued:
        place, problem = parameter, f"{label} does not have valueFrom or value specified"
    elif source.given and not sources:
        problem = f"{label}: valueFrom type unspecified. choose one of: {', '.join(_SOURCES)}"
    elif len(sources) > 1:
        problem = f"{label}: multiple valueFrom types specified. choose one of: {', '.join(_SOURCES)}"
    elif source.given and needed and sources[0] not in needed:
        problem = message.format(label)
    if problem:
        right = needed[0] if needed else "supplied"
        remedy = f"As in valueFrom: {{{right}: {_EXAMPLES[right]}}}."
        yield place.finding(Rule.OUTPUT_VALUE, problem, remedy)


_EXAMPLES = {
    "path": "/tmp/value.txt",
    "jqFilter": "'.status.phase'",
    "parameter": '"{{steps.NAME.outputs.parameters.NAME}}"',
    "supplied": "{}",
}


def _check_global_name(output: Node, label: str) -> Iterator[Finding]:
    name = output.get("globalName")
    if name.text and not has_tags(name.text) and not is_parameter_name(name.text):
        message = f"{label}.globalName: '{name.text}' is invalid: only letters, digits, '_' and '-' may be in it"
        yield name.finding(Rule.GLOBAL_NAME, message, "For example best-model.")


def check_output_variables(view: TemplateView) -> Iterator[Finding]:
    """The variables in the outputs of a template that runs others: all its steps or tasks have finished by then."""
    kind = type_of(view.template)
    if kind not in ("steps", "dag"):
        return
    base = template_scope(view.template, view.outside)
    scope = Scope(parent=base, siblings=steps_of(view) if kind == "steps" else all_tasks(view))
    place = Place(f"{view.label}.outputs")
    yield from check_variables(view.template.get("outputs"), scope, place=place)
    for group, field in (("parameters", ("valueFrom", "expression")), ("artifacts", ("fromExpression",))):
        for output in view.template.get("outputs", group).elements:
            yield from check_expression_field(output.get(*field), scope, place)
