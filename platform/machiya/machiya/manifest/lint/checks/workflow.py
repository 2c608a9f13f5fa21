"""What holds of a workflow as a whole."""

from collections.abc import Iterator

from machiya.manifest.grammar.tags import find_tags
from machiya.manifest.lint.checks.arguments import check_arguments, check_supplied
from machiya.manifest.lint.checks.calls import check_hook, check_hook_variables
from machiya.manifest.lint.checks.durations import check_deadline, check_duration
from machiya.manifest.lint.checks.metrics import check_metrics
from machiya.manifest.lint.checks.names import check_field_names
from machiya.manifest.lint.checks.pods import check_executor_plugins, check_pod_gc, check_pod_resources
from machiya.manifest.lint.checks.resource import check_pod_spec_patch
from machiya.manifest.lint.checks.retry import check_strategy
from machiya.manifest.lint.checks.synchronization import check_synchronization
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.resolution import not_found, resolve_name
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.scope import Scope
from machiya.manifest.lint.templates import hooks_of
from machiya.manifest.lint.variables import Place, check_expression_field
from machiya.manifest.lint.view import View
from machiya_component.findings import Finding


def check_reference(view: View) -> Iterator[Finding]:
    """The workflowTemplateRef."""
    reference, spec = view.manifest.spec.get("workflowTemplateRef"), view.manifest.spec
    if not reference.given:
        return
    if spec.get("templates").elements:
        message = "Templates is invalid field in spec if workflow referred WorkflowTemplate reference"
        remedy = "Remove `templates`, or `workflowTemplateRef` and refer to single templates by templateRef."
        yield spec.get("templates").finding(Rule.TEMPLATE_REF, message, remedy)
    if not reference.get("name").text:
        yield reference.finding(Rule.TEMPLATE_REF, "resource name is required", "Add `name:` to it.")
    elif view.base is None:
        yield not_found(reference, view.library)


def check_templates(view: View) -> Iterator[Finding]:
    """Names of the templates, and that there are some."""
    yield from check_field_names(view.manifest.spec.get("templates"), "spec.templates")


def check_entrypoint(view: View) -> Iterator[Finding]:
    """The template that the workflow begins with, and those that end it, are there and get what they ask for."""
    if view.base is None:
        return
    entrypoint = view.setting("entrypoint")
    if not entrypoint.text and not entrypoint.elements and not view.manifest.is_template:
        yield view.manifest.spec.finding(Rule.ENTRYPOINT, "spec.entrypoint is required", _entrypoint_remedy(view))
    for name in (entrypoint, view.setting("onExit")):
        if not name.text:
            continue
        target = resolve_name(name, view.base)
        yield from target.findings
        if target.template is not None and not view.manifest.is_template:
            arguments = view.arguments("parameters"), view.arguments("artifacts")
            own = view.base is view.manifest or name.file == view.manifest.root.file
            place = name if own else view.manifest.spec.get("workflowTemplateRef")
            yield from check_supplied(target.template, f"templates.{name.text}", place, *arguments)


def _entrypoint_remedy(view: View) -> str:
    names = [name for name in view.base.templates if name] if view.base else []
    return f"Add `entrypoint: {names[0]}` to spec." if names else "Add `entrypoint:` to spec."


def check_workflow_arguments(view: View) -> Iterator[Finding]:
    """The arguments, own and inherited."""
    own = view.manifest.spec.get("arguments")
    inherited = {*view.arguments("parameters")} if view.base is not view.manifest else set()
    values_may_be_missing = view.values_may_be_missing
    if not inherited:
        yield from check_arguments(own, "spec.arguments.", values_may_be_missing=values_may_be_missing)
        return
    yield from check_arguments(own, "spec.arguments.", values_may_be_missing=True)
    for name, parameter in view.arguments("parameters").items():
        if not parameter.has("value") and not parameter.has("valueFrom") and not values_may_be_missing:
            label = f"spec.arguments.{name}"
            message = f"{label}.value or {label}.valueFrom is required"
            remedy = f"Add it to spec.arguments.parameters: {{name: {name}, value: ...}}."
            yield own.finding(Rule.ARGUMENT_VALUE, message, remedy)


def check_workflow_hooks(view: View) -> Iterator[Finding]:
    """The lifecycle hooks of the workflow."""
    for name, hook in hooks_of(view.manifest.spec):
        yield from check_hook(name, hook, view.resolve(hook, view.base or view.manifest), "hooks")
        scope = Scope({"workflow.failures"}, ("workflow.outputs.",), view.globals)
        yield from check_hook_variables(hook, f"hooks.{name}", scope)


def check_settings(view: View) -> Iterator[Finding]:
    """Settings that have rules of their own."""
    spec = view.manifest.spec
    yield from check_pod_gc(spec.get("podGC"))
    yield from check_pod_resources(spec.get("podResources"), "spec.podResources")
    yield from check_executor_plugins(spec.get("executorPlugins"))
    yield from check_deadline(spec.get("activeDeadlineSeconds"), "spec")
    yield from check_metrics(spec.get("metrics"), "spec")
    yield from check_synchronization(spec.get("synchronization"), "spec", view.library)
    for holder, label in ((spec, "spec"), (spec.get("templateDefaults"), "spec.templateDefaults")):
        yield from check_strategy(holder.get("retryStrategy"), f"{label}.retryStrategy")
        yield from check_pod_spec_patch(holder.get("podSpecPatch"), label)
    yield from check_duration(spec.get("templateDefaults", "timeout"), "spec.templateDefaults.timeout")


def check_global_variables(view: View) -> Iterator[Finding]:
    """Variables of the workflow that settings outside of the templates name."""
    if view.base is None:
        return
    for name, setting in view.manifest.spec.entries.items():
        if name in ("templates", "hooks", "templateDefaults"):
            continue
        for node in setting.walk():
            yield from _check_globals(node, view.globals)
    for name, source in view.manifest.spec.get("workflowMetadata", "labelsFrom").entries.items():
        place = Place(f"spec.workflowMetadata.labelsFrom.{name}")
        yield from check_expression_field(source.get("expression"), view.globals, place)


def _check_globals(node: Node, scope: Scope) -> Iterator[Finding]:
    for tag in find_tags(node.text):
        if not tag.body.startswith("workflow.") or tag.nested or tag.expression or not tag.closed:
            continue
        if problem := scope.problem(tag.body):
            yield node.finding(problem.rule, f"failed to resolve {tag.raw}", problem.remedy)
