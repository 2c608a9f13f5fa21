"""Names: there, well formed, unique, not too long."""

from collections.abc import Iterator

from machiya.manifest.grammar.names import is_field_name, is_object_name, is_parameter_name
from machiya.manifest.grammar.tags import has_tags, without_tags
from machiya.manifest.lint.manifests import Manifest
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya_component.findings import Finding

_FIELD_LENGTH = 128
_OBJECT_LENGTH = {"CronWorkflow": 52}
_KIND_WORDS = {
    "Workflow": "workflow",
    "WorkflowTemplate": "workflow template",
    "ClusterWorkflowTemplate": "cluster workflow template",
    "CronWorkflow": "cron workflow",
}
_RESERVED = frozenset({"wait", "supervisor"})
_RESERVED_PREFIX = "artifact-plugin-"


def check_field_names(items: Node, label: str) -> Iterator[Finding]:
    """Names of templates, tasks and containers: letters, digits and dashes."""
    yield from check_present_and_unique(items, label)
    for index, item in enumerate(items.elements):
        if item.get("name").text:
            yield from check_field_name(item.get("name"), f"{label}[{index}].name: ")


def check_parameter_names(items: Node, label: str, *, tags: bool = False) -> Iterator[Finding]:
    """Names of parameters and artifacts: letters, digits, dashes and underscores; with `tags`, tags may be in them."""
    yield from check_present_and_unique(items, label)
    for index, item in enumerate(items.elements):
        name = item.get("name")
        if name.text and not is_parameter_name(without_tags(name.text, "x") if tags else name.text):
            message = f"{label}[{index}].name: '{name.text}' is invalid: only letters, digits, '_' and '-' may be in it"
            yield name.finding(Rule.NAME_INVALID, message, "For example my_param-1.")


def check_present_and_unique(items: Node, label: str) -> Iterator[Finding]:
    """Every element has a name of its own."""
    lines: dict[str, int] = {}
    for index, item in enumerate(items.elements):
        name = item.get("name")
        if not name.text:
            yield item.finding(Rule.NAME_MISSING, f"{label}[{index}].name is required", "Add `name:` to it.")
        elif name.text in lines:
            message = f"{label}[{index}].name '{name.text}' is not unique: line {lines[name.text]} has it too"
            yield name.finding(Rule.NAME_DUPLICATE, message, "Rename one of the two.")
        else:
            lines[name.text] = name.line


def check_field_name(name: Node, label: str, *, tags: bool = False) -> Iterator[Finding]:
    """One name of letters, digits and dashes; with `tags`, only what stands outside of template tags counts."""
    text = without_tags(name.text, "x") if tags else name.text
    if len(text) > _FIELD_LENGTH:
        message = f"{label}'{name.text}' must be no more than {_FIELD_LENGTH} characters"
        yield name.finding(Rule.NAME_TOO_LONG, message, "Shorten it.")
    if not is_field_name(text):
        message = (
            f"{label}'{name.text}' is invalid: only letters, digits and '-' may be in it, and no '-' at its beginning"
        )
        yield name.finding(Rule.NAME_INVALID, message, "For example My-name1-2.")


def check_object_name(manifest: Manifest) -> Iterator[Finding]:
    """The name of the object itself, as Kubernetes takes it."""
    limit = _OBJECT_LENGTH.get(manifest.kind, 63)
    name = manifest.root.get("metadata", "name")
    generated = manifest.root.get("metadata", "generateName")
    if len(name.text) > limit:
        message = (
            f'{_KIND_WORDS[manifest.kind]} name "{name.text}" must not be more than {limit} characters long '
            f"(currently {len(name.text)})"
        )
        yield name.finding(Rule.NAME_TOO_LONG, message, "Shorten it: it becomes a label, and what is run adds to it.")
    for node, text in ((name, name.text), (generated, generated.text.rstrip("-."))):
        if text and not has_tags(text) and not is_object_name(text):
            message = f"'{node.text}' is invalid as the name of an object: only lower-case letters, digits, '-' and '.'"
            yield node.finding(
                Rule.NAME_INVALID, message, "It begins and ends with a letter or digit, as in my-workflow."
            )


def check_reserved(containers: Node, label: str) -> Iterator[Finding]:
    """No container is called as one that Argo adds to the pod."""
    for container in containers.elements:
        name = container.get("name")
        if name.text in _RESERVED or name.text.startswith(_RESERVED_PREFIX):
            message = f'{label}: "{name.text}" is a reserved Argo container name'
            yield name.finding(Rule.NAME_RESERVED, message, "Rename the container.")
