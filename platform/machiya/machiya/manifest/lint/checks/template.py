"""What holds of every template."""

from collections.abc import Iterator

from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.templates import LEAF_TYPES, POD_TYPES, TYPES, template_scope, type_of, types_of
from machiya.manifest.lint.variables import Place, check_variables
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

_APART = ("steps", "dag", "outputs")
_DISPLAY = {"http": "HTTP", "dag": "DAG", "containerSet": "ContainerSet"}


def display(kind: str) -> str:
    """A template type as messages write it: HTTP, Steps, Container."""
    return _DISPLAY.get(kind, kind.capitalize())


def check_type(view: TemplateView) -> Iterator[Finding]:
    """A template is of exactly one type."""
    kinds = types_of(view.template)
    if len(kinds) > 1:
        message = (
            f"{view.label} multiple template types specified: {', '.join(kinds)}. choose one of: {', '.join(TYPES)}"
        )
        yield view.template.finding(
            Rule.TEMPLATE_TYPE, message, "Make a template of each, and a template of steps that runs them."
        )
    elif not kinds:
        message = f"{view.label} template type unspecified. choose one of: {', '.join(TYPES)}"
        empty = [name for name in TYPES if view.template.get(name).kind == "null"]
        remedy = f"Write `{empty[0]}: {{}}`: a field without a value is not there." if empty else "Say what it runs."
        yield view.template.finding(Rule.TEMPLATE_TYPE, message, remedy)


def check_placement(view: TemplateView) -> Iterator[Finding]:
    """Fields that mean something for some types of templates only."""
    template, kind = view.template, type_of(view.template)
    if kind in LEAF_TYPES and template.has("parallelism"):
        message = f"{view.label}.parallelism is only valid for steps and dag templates"
        yield template.get("parallelism").finding(
            Rule.FIELD_MISPLACED, message, "Put it on the template that runs this one."
        )
    if kind in ("http", "plugin") and template.has("podResources"):
        message = f"{view.label}.podResources is not supported for {display(kind)} templates"
        yield template.get("podResources").finding(Rule.POD_RESOURCES, message, "Remove it: a shared pod runs them.")
    if kind and kind not in POD_TYPES and template.get("resourceClaims").elements:
        message = (
            f"{view.label}.resourceClaims is not supported for {display(kind)} templates, which do not create a pod"
        )
        yield template.get("resourceClaims").finding(
            Rule.RESOURCE_CLAIMS, message, "Put it on the templates that run pods."
        )


def check_own_variables(view: TemplateView) -> Iterator[Finding]:
    """The variables of a template outside of its steps and tasks, which are checked where these are."""
    scope = template_scope(view.template, view.outside)
    apart = [view.template.get(name) for name in _APART] if type_of(view.template) in ("steps", "dag") else []
    yield from check_variables(view.template, scope, lambda node: node in apart, Place(view.label))
