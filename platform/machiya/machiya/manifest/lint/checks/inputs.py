"""The inputs of templates."""

from collections.abc import Iterator

from machiya.manifest.lint.checks.artifacts import check_location, check_path
from machiya.manifest.lint.checks.names import check_parameter_names
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.templates import LEAF_TYPES, named, type_of
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding


def check_inputs(view: TemplateView) -> Iterator[Finding]:
    """Names, paths and locations of the inputs."""
    inputs = view.template.get("inputs")
    yield from check_parameter_names(inputs.get("parameters"), f"{view.label}.inputs.parameters")
    yield from check_parameter_names(inputs.get("artifacts"), f"{view.label}.inputs.artifacts")
    for name, artifact in named(inputs.get("artifacts")):
        label = f"{view.label}.inputs.artifacts.{name}"
        yield from check_path(artifact, label, leaf=type_of(view.template) in LEAF_TYPES)
        if artifact.get("from").text:
            message = f"{label}.from not valid in inputs"
            remedy = "Name where it comes from in the arguments of the step or task that runs the template."
            yield artifact.get("from").finding(Rule.FIELD_MISPLACED, message, remedy)
        yield from check_location(artifact, label)
