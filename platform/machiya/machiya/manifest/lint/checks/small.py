"""Templates with few fields: suspend and data."""

from collections.abc import Iterator

from machiya.manifest.lint.checks.artifacts import check_location
from machiya.manifest.lint.checks.durations import check_duration
from machiya.manifest.lint.scope import Scope
from machiya.manifest.lint.templates import template_scope
from machiya.manifest.lint.variables import Place, check_expression_field
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding


def check_suspend(view: TemplateView) -> Iterator[Finding]:
    """How long it waits."""
    yield from check_duration(view.template.get("suspend", "duration"), f"{view.label}.suspend.duration")


def check_data(view: TemplateView) -> Iterator[Finding]:
    """Where the data comes from and the expressions that transform it."""
    data = view.template.get("data")
    yield from check_location(data.get("source", "artifactPaths"), f"{view.label}.data.source.artifactPaths")
    scope = template_scope(view.template, Scope(parent=view.outside))
    for step in data.get("transformation").elements:
        yield from check_expression_field(step.get("expression"), scope, Place(f"{view.label}.data.transformation"))


def check_http(view: TemplateView) -> Iterator[Finding]:
    """The condition under which a request was successful."""
    scope = template_scope(view.template, Scope(parent=view.outside))
    condition = view.template.get("http", "successCondition")
    yield from check_expression_field(condition, scope, Place(f"{view.label}.http.successCondition"))
