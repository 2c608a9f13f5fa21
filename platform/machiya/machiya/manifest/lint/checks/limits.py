"""What is larger than the cluster takes it."""

from collections.abc import Iterator

from machiya.manifest.grammar.tags import without_tags
from machiya.manifest.lint.manifests import Manifest
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

OBJECT_LIMIT = 1_000_000
"""Bytes of an object, as JSON. etcd takes 1.5 MiB by default; a Workflow needs room for the status of its nodes."""

ARGUMENT_LIMIT = 128 * 1024 - 1
"""Bytes of one argument, or one variable with its name, with which Linux starts a program."""


def check_object_size(manifest: Manifest) -> Iterator[Finding]:
    """The object as a whole."""
    size = _size(manifest.root)
    if size > OBJECT_LIMIT:
        message = f"the {manifest.kind} has {size:,} bytes as JSON; a cluster takes about {OBJECT_LIMIT:,}"
        yield manifest.root.finding(Rule.OBJECT_SIZE, message, "Loop over items instead of writing them out.")


def _size(node: Node) -> int:
    """Bytes as JSON without spaces: a comma or colon for each part, quotes around names and texts."""
    if node.kind == "map":
        return 2 + sum(len(name.encode()) + 4 + _size(child) for name, child in node.entries.items())
    if node.kind == "list":
        return 2 + sum(1 + _size(child) for child in node.elements)
    return len(node.text.encode()) + (2 if node.kind == "str" else 0)


def check_argument_size(view: TemplateView) -> Iterator[Finding]:
    """Arguments and variables of programs, as far as they are constant. The source of a script is a file."""
    for kind in ("container", "script"):
        program = view.template.get(kind)
        words = [*program.get("command").elements, *program.get("args").elements]
        for word in (*words, *(variable.get("value") for variable in program.get("env").elements)):
            size = len(without_tags(word.text, "").encode())
            if size > ARGUMENT_LIMIT:
                message = f"{size:,} bytes; a program takes {ARGUMENT_LIMIT:,} in one argument or variable"
                yield word.finding(Rule.ARGUMENT_SIZE, message, "Give it as an artifact: {raw: {data: ...}}.")
