"""What a template is, what it can be asked for, and what it calls."""

from collections.abc import Iterator

from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.scope import Outputs, Scope

TYPES = ("container", "containerSet", "steps", "dag", "script", "resource", "data", "suspend", "http", "plugin")
POD_TYPES = frozenset({"container", "containerSet", "script", "resource", "data"})
LEAF_TYPES = POD_TYPES | {"http", "plugin"}
_WITH_RESULT = frozenset({"container", "script", "data", "http", "plugin"})
_ALWAYS = frozenset({"id", "status", "startedAt", "finishedAt", "hostNodeName"})


def types_of(template: Node) -> list[str]:
    """Which of the template types it sets; exactly one is right."""
    return [name for name in TYPES if template.has(name)]


def type_of(template: Node) -> str:
    """Its type; nothing if it has none."""
    return next(iter(types_of(template)), "")


def is_looped(call: Node) -> bool:
    """Whether the step or task is run for each of several items."""
    return call.has("withParam") or call.has("withSequence") or bool(call.get("withItems").elements)


def named(node: Node) -> Iterator[tuple[str, Node]]:
    """The elements of a list that have names."""
    for element in node.elements:
        if element.has("name"):
            yield element.get("name").text, element


def has_main_container(template: Node) -> bool:
    """Whether its container set has a container called main."""
    return any(name == "main" for name, _ in named(template.get("containerSet", "containers")))


def outputs_of(template: Node | None, *, looped: bool) -> Outputs:
    """What a step or task that runs `template` can be asked for; None if the template is not known."""
    if template is None:
        return Outputs(frozenset(), unknown=True)
    members = set(_ALWAYS)
    if template.get("daemon").is_true():
        members.add("ip")
    if looped or type_of(template) in _WITH_RESULT or has_main_container(template):
        members |= {"outputs.result", "exitCode"}
    if looped:
        members.add("outputs.parameters")
    outputs = template.get("outputs")
    members |= {f"outputs.parameters.{name}" for name, _ in named(outputs.get("parameters"))}
    members |= {f"outputs.artifacts.{name}" for name, _ in named(outputs.get("artifacts"))}
    return Outputs(frozenset(members))


def template_scope(template: Node, parent: Scope) -> Scope:
    """The variables that can be named anywhere in `template`."""
    names: set[str] = {"retries", "node.name", "steps.name", "tasks.name", "outputs.result", "outputs.exitCode"}
    names.add("outputs.parameters")
    inputs, outputs = template.get("inputs"), template.get("outputs")
    leaf = type_of(template) in LEAF_TYPES
    if inputs.get("parameters").elements:
        names.add("inputs.parameters")
    names |= {f"inputs.parameters.{name}" for name, _ in named(inputs.get("parameters"))}
    for name, _ in named(inputs.get("artifacts")):
        names |= {f"inputs.artifacts.{name}", *([f"inputs.artifacts.{name}.path"] if leaf else [])}
    for name, output in named(outputs.get("parameters")):
        names |= {f"outputs.parameters.{name}"}
        names |= {f"outputs.parameters.{name}.path"} if output.get("valueFrom").has("path") else set()
    for name, output in named(outputs.get("artifacts")):
        names |= {f"outputs.artifacts.{name}"} | ({f"outputs.artifacts.{name}.path"} if output.has("path") else set())
    if type_of(template) in POD_TYPES:
        names.add("pod.name")
    return Scope(names, ("lastRetry.",), parent)


def item_names(call: Node) -> tuple[set[str], tuple[str, ...]]:
    """The names of the items of a loop: those known one by one, and prefixes of which all are known."""
    names: set[str] = set()
    if call.has("withParam"):
        return {"item"}, ("item.",)
    if call.has("withSequence"):
        names.add("item")
    for item in call.get("withItems").elements:
        names.add("item")
        if item.kind == "map":
            names |= {f"item.{key}" for key in item.entries}
        elif item.kind == "list":
            names |= {f"item.[{index}]" for index in range(len(item.elements))}
    if call.get("withItems").is_scalar and has_tags(call.get("withItems").text):
        return {"item"}, ("item.",)
    return names, ()


def calls_of(template: Node) -> Iterator[Node]:
    """The steps and tasks of `template` itself, in the order of the file."""
    for group in template.get("steps").elements:
        yield from group.elements if group.kind == "list" else [group]
    yield from template.get("dag", "tasks").elements


def hooks_of(node: Node) -> Iterator[tuple[str, Node]]:
    """The lifecycle hooks of a workflow, step or task by name."""
    yield from node.get("hooks").entries.items()


def with_inline(template: Node) -> Iterator[Node]:
    """`template`, and the inline templates of its steps and tasks at any depth."""
    yield template
    for call in calls_of(template):
        if call.has("inline"):
            yield from with_inline(call.get("inline"))
