"""A value of a manifest together with the place where it is written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from machiya_component.findings import Finding

Kind = Literal["map", "list", "str", "int", "float", "bool", "null", "missing"]
SCALARS: frozenset[str] = frozenset({"str", "int", "float", "bool"})


@dataclass(slots=True, eq=False)
class Node:
    """One value: a map, a list, a scalar, a null, or one that is missing.

    ``line`` is where the field (for an entry of a map) or the element (of a list) begins; ``path`` leads there from the
    document's root (``spec.templates[0].name``). ``text`` is a scalar as written, without quotes. Asking any node for
    any child is safe: what is not there is a node of kind ``missing`` at its parent's line.
    """

    kind: Kind
    file: str
    line: int
    path: str
    text: str = ""
    entries: dict[str, "Node"] = field(default_factory=dict)
    elements: list["Node"] = field(default_factory=list)

    @property
    def given(self) -> bool:
        """Whether it is there and not null."""
        return self.kind not in ("missing", "null")

    @property
    def is_scalar(self) -> bool:
        """Whether it is a string, a number or a boolean."""
        return self.kind in SCALARS

    def get(self, *names: str) -> "Node":
        """The value below `names`."""
        node = self
        for name in names:
            node = node.entries.get(name) or Node("missing", node.file, node.line, child_path(node.path, name))
        return node

    def has(self, name: str) -> bool:
        """Whether the field `name` is there and not null."""
        return self.get(name).given

    def is_true(self) -> bool:
        """Whether it is the boolean true."""
        return self.kind == "bool" and self.text.lower() in ("true", "yes", "on", "y")

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, in the order of the file."""
        yield self
        for child in (*self.entries.values(), *self.elements):
            yield from child.walk()

    def finding(self, rule: str, message: str, remedy: str = "") -> Finding:
        """A finding at this place."""
        return Finding(rule, message, remedy, self.path, self.file, self.line)


def child_path(path: str, name: str) -> str:
    """The path of the field `name` below `path`; names that are no identifiers stand in brackets."""
    if not name.replace("-", "_").isidentifier():
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name
