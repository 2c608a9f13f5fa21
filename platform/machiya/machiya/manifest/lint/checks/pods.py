"""Settings of the pods that a workflow makes."""

from collections.abc import Iterator

from machiya.manifest.lint.checks.durations import check_duration
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

_STRATEGIES = ("OnPodCompletion", "OnPodSuccess", "OnWorkflowCompletion", "OnWorkflowSuccess")
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_WITH_VALUES = frozenset({"In", "NotIn"})


def check_pod_gc(collection: Node) -> Iterator[Finding]:
    """Which finished pods are deleted, and when."""
    strategy = collection.get("strategy")
    if strategy.text and strategy.text not in _STRATEGIES:
        message = f"podGC.strategy unknown strategy '{strategy.text}'"
        yield strategy.finding(Rule.POD_GC, message, f"One of: {', '.join(_STRATEGIES)}.")
    for requirement in collection.get("labelSelector", "matchExpressions").elements:
        operator, values = requirement.get("operator"), requirement.get("values").elements
        problem = ""
        if operator.text not in _OPERATORS:
            problem = f'"{operator.text}" is not a valid label selector operator'
        elif bool(values) != (operator.text in _WITH_VALUES):
            problem = f"operator {operator.text} needs {'a list of' if operator.text in _WITH_VALUES else 'no'} values"
        if problem:
            message = f"podGC.labelSelector invalid: {problem}"
            yield operator.finding(Rule.POD_GC, message, f"Operators are: {', '.join(_OPERATORS)}.")
    yield from check_duration(collection.get("deleteDelayDuration"), "podGC.deleteDelayDuration")


def check_template_pod_resources(view: TemplateView) -> Iterator[Finding]:
    """The resources of a template's pod as a whole."""
    yield from check_pod_resources(view.template.get("podResources"), f"{view.label}.podResources")


def check_pod_resources(resources: Node, label: str) -> Iterator[Finding]:
    """Kubernetes takes only some resources for a pod as a whole."""
    if resources.get("claims").elements:
        message = f"{label}.claims is not supported for pod-level resources"
        yield resources.get("claims").finding(Rule.POD_RESOURCES, message, "Use resourceClaims beside it.")
    for kind in ("limits", "requests"):
        for name, quantity in resources.get(kind).entries.items():
            if name not in ("cpu", "memory") and not name.startswith("hugepages-"):
                supported = "only cpu, memory and hugepages-* are supported"
                message = f'{label}: "{name}" is not a valid pod-level resource, {supported}'
                yield quantity.finding(Rule.POD_RESOURCES, message, "Ask for it in the container's resources.")


def check_executor_plugins(plugins: Node) -> Iterator[Finding]:
    """Plugins have a name and a container that says what it needs."""
    for plugin in plugins.elements:
        container = plugin.get("spec", "sidecar", "container")
        missing = [
            (plugin.get("metadata", "name").text, "executor plugin metadata name is mandatory"),
            (container.get("ports").elements, "at least one port is mandatory"),
            (
                container.has("resources") and container.get("resources").has("requests"),
                "resources requests are mandatory",
            ),
            (container.has("resources") and container.get("resources").has("limits"), "resources limits are mandatory"),
            (container.has("securityContext"), "security context is mandatory"),
        ]
        for there, message in missing:
            if not there:
                remedy = "See Argo's example workflow-level-executor-plugin.yaml."
                yield plugin.finding(Rule.EXECUTOR_PLUGIN, f"spec.executorPlugins: {message}", remedy)
