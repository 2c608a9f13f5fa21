"""Container sets: several containers in one pod."""

from collections.abc import Iterator

from machiya.manifest.lint.checks.durations import check_duration
from machiya.manifest.lint.checks.graph import find_cycles
from machiya.manifest.lint.checks.names import check_field_names, check_reserved
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.templates import has_main_container, named
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding


def check_container_set(view: TemplateView) -> Iterator[Finding]:
    """Names, dependencies and what Argo needs for inputs and outputs."""
    container_set = view.template.get("containerSet")
    if not container_set.given:
        return
    label, containers = f"{view.label}.containerSet", container_set.get("containers")
    if not containers.elements:
        message = f"{label}.containers must have at least one container"
        yield container_set.finding(Rule.CONTAINER_SET, message, "Add `containers:` with a list of containers.")
    yield from check_field_names(containers, f"{label}.containers")
    yield from check_reserved(containers, f"{label}.containers")
    yield from _check_graph(view, label)
    exchanges = any(
        view.template.get(*path).elements
        for path in (("inputs", "artifacts"), ("outputs", "parameters"), ("outputs", "artifacts"))
    )
    if exchanges and not has_main_container(view.template):
        message = f'{label}.containers must have a container named "main" for input or output'
        yield containers.finding(
            Rule.CONTAINER_SET, message, "Rename the container that reads and writes them to main."
        )
    yield from check_duration(
        container_set.get("retryStrategy", "duration"), f"{label}.retryStrategy.duration", seconds=False
    )


def _check_graph(view: TemplateView, label: str) -> Iterator[Finding]:
    containers = dict(named(view.template.get("containerSet", "containers")))
    edges = {name: [node.text for node in each.get("dependencies").elements] for name, each in containers.items()}
    for name, container in containers.items():
        for dependency in container.get("dependencies").elements:
            if dependency.text not in containers:
                message = f"{label}.containers.{name} dependency '{dependency.text}' not defined"
                yield dependency.finding(Rule.DEPENDENCY_NOT_FOUND, message, f"There are: {', '.join(containers)}.")
    for cycle in find_cycles(edges):
        message = f"{label}.containers dependency cycle detected: {'->'.join(cycle)}"
        yield containers[cycle[0]].finding(Rule.CYCLE, message, "Remove one of these dependencies.")
