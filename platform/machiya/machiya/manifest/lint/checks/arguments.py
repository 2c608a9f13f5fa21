"""Arguments: their values, and whether they are those that the template asks for."""

from collections.abc import Iterator, Mapping

from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.checks.names import check_parameter_names
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.templates import named
from machiya_component.findings import Finding

_ALLOWED_SOURCES = ("configMapKeyRef", "event", "supplied")
_OTHER_SOURCES = ("path", "jsonPath", "parameter", "expression")
LOCATIONS: dict[str, tuple[str, ...]] = {
    "s3": ("key",),
    "gcs": ("key",),
    "oss": ("key",),
    "azure": ("blob",),
    "hdfs": ("path", "addresses"),
    "http": ("url",),
    "git": ("repo",),
    "artifactory": ("url",),
    "raw": (),
    "plugin": ("key",),
}
"""The stores of artifacts, and fields of which one at least says where in the store."""


def has_location(artifact: Node) -> bool:
    """Whether it says where the artifact lies, be it only by a key in the default repository."""
    return any(
        artifact.has(store) and (not fields or any(artifact.get(store, name).given for name in fields))
        for store, fields in LOCATIONS.items()
    )


def check_arguments(arguments: Node, label: str, *, values_may_be_missing: bool = False) -> Iterator[Finding]:
    """The arguments of a workflow, step, task or hook in themselves; messages put `label` before their names."""
    within_template = not label.startswith("spec.")
    yield from check_parameter_names(arguments.get("parameters"), f"{label}parameters", tags=within_template)
    yield from check_parameter_names(arguments.get("artifacts"), f"{label}artifacts", tags=within_template)
    for name, parameter in named(arguments.get("parameters")):
        yield from _check_parameter(parameter, f"{label}{name}", values_may_be_missing=values_may_be_missing)
    for name, artifact in named(arguments.get("artifacts")):
        yield from _check_artifact(artifact, f"{label}{name}")


def _check_parameter(parameter: Node, label: str, *, values_may_be_missing: bool) -> Iterator[Finding]:
    source = parameter.get("valueFrom")
    valued = parameter.has("value")
    if not valued and not source.given and not values_may_be_missing:
        message = f"{label}.value or {label}.valueFrom is required"
        yield parameter.finding(Rule.ARGUMENT_VALUE, message, 'Add `value: "..."`.')
    if source.given:
        unusable = [name for name in _OTHER_SOURCES if source.has(name)]
        if unusable or not any(source.has(name) for name in _ALLOWED_SOURCES):
            message = f"{label}.valueFrom only allows: default, configMapKeyRef and supplied"
            remedy = "Put a reference to an output or input into `value`, as a {{tag}}."
            yield source.finding(Rule.ARGUMENT_VALUE_FROM, message, remedy)
    yield from _check_enum(parameter, label)


def _check_enum(parameter: Node, label: str) -> Iterator[Finding]:
    choices, value = parameter.get("enum"), parameter.get("value")
    if choices.kind != "list":
        return
    if not choices.elements:
        message = f"{label}.enum should contain at least one value"
        yield choices.finding(Rule.ENUM, message, "List the values, or remove `enum`.")
    elif value.given and not has_tags(value.text) and value.text not in {choice.text for choice in choices.elements}:
        message = f"{label}.value should be present in {label}.enum list"
        yield value.finding(Rule.ENUM, message, f"One of: {', '.join(choice.text for choice in choices.elements)}.")


def _check_artifact(artifact: Node, label: str) -> Iterator[Finding]:
    origin, expression = artifact.get("from"), artifact.get("fromExpression")
    if origin.text and expression.text:
        message = f"{label} shouldn't have both `from` and `fromExpression` in Artifact"
        yield artifact.finding(Rule.ARGUMENT_VALUE, message, "Keep one of the two.")
    elif not origin.text and not expression.text and not has_location(artifact):
        message = f"{label}.from, artifact location, or key is required"
        remedy = 'Add `from: "{{steps.NAME.outputs.artifacts.NAME}}"`, or a location such as `s3: {key: ...}`.'
        yield artifact.finding(Rule.ARGUMENT_VALUE, message, remedy)


def check_supplied(
    template: Node, label: str, call: Node, parameters: Mapping[str, Node], artifacts: Mapping[str, Node]
) -> Iterator[Finding]:
    """What `template` asks for is given: its inputs without a value of their own. Findings are placed at `call`."""
    for name, parameter in named(template.get("inputs", "parameters")):
        own = parameter.has("value") or parameter.has("default") or parameter.get("valueFrom").has("configMapKeyRef")
        if not own and name not in parameters:
            message = f"{label} inputs.parameters.{name} was not supplied"
            remedy = f"Add `- {{name: {name}, value: ...}}` to arguments.parameters, or give the input a `default`."
            yield call.finding(Rule.ARGUMENT_MISSING, message, remedy)
    for name, artifact in named(template.get("inputs", "artifacts")):
        if not artifact.get("optional").is_true() and not has_location(artifact) and name not in artifacts:
            message = f"{label} inputs.artifacts.{name} was not supplied"
            remedy = f"Add `- {{name: {name}, from: ...}}` to arguments.artifacts, or make the input `optional: true`."
            yield call.finding(Rule.ARGUMENT_MISSING, message, remedy)


def check_superfluous(template: Node, label: str, arguments: Node) -> Iterator[Finding]:
    """Nothing is given that `template` has no input for.

    A template without any input is left alone: several of Argo's own examples pass arguments to one, without harm, and
    there is no input that the argument could have been meant for.
    """
    inputs = template.get("inputs")
    if not inputs.get("parameters").elements and not inputs.get("artifacts").elements:
        return
    for kind in ("parameters", "artifacts"):
        known = [name for name, _ in named(inputs.get(kind))]
        for name, argument in named(arguments.get(kind)):
            if name not in known:
                message = f"{label} has no inputs.{kind}.{name}: the argument is not used"
                remedy = f"Remove it, or declare the input. Its inputs.{kind}: {', '.join(known) or 'none'}."
                yield argument.finding(Rule.ARGUMENT_SUPERFLUOUS, message, remedy)
