"""One mapping while it is read: it knows which of its fields were asked for, so that it can name the others."""

from collections.abc import Iterable
from typing import Any

from machiya.manifest.lint.node import Node
from machiya_component.findings import Finding

UNSUPPORTED = "engine.unsupported"
INVALID = "engine.invalid"


class Fields:
    """A reader of one mapping. Ask for every field that is supported, then call `finish`."""

    def __init__(self, node: Node, findings: list[Finding]) -> None:
        self.node = node
        self.findings = findings
        self._known: set[str] = set()
        if node.given and node.kind != "map":
            self._report(INVALID, node, f"a mapping is expected here, not {node.text!r}", "Write `name: value` lines.")

    @property
    def line(self) -> int:
        """Where the mapping begins."""
        return self.node.line

    @property
    def given(self) -> bool:
        """Whether it is there."""
        return self.node.given

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.node.has(name)

    def text(self, name: str, default: str = "") -> str:
        """A scalar as text."""
        return self.optional(name, default) or ""

    def optional(self, name: str, default: str | None = None) -> str | None:
        """A scalar as text, or `default` where it is not given."""
        node = self._get(name)
        if not node.given:
            return default
        if not node.is_scalar:
            self._report(INVALID, node, "a single value is expected here", "Write a string or a number.")
            return default
        return scalar_text(node)

    def path(self, name: str, *, relative: bool = False) -> str:
        """A path as text; one that climbs out of its folder is reported."""
        path = self.text(name)
        if ".." in path.split("/") or (relative and path.startswith("/")):
            remedy = f"Give {'a relative' if relative else 'an absolute'} path without `..`."
            self.invalid(name, f"the {name} {path!r} climbs out of its folder.", remedy)
        return path

    def boolean(self, name: str, default: bool = False) -> bool:
        """A boolean."""
        node = self._get(name)
        return node.is_true() if node.given else default

    def integer(self, name: str) -> int | None:
        """A whole number, None where it is not given."""
        node = self._get(name)
        if not node.given:
            return None
        try:
            return int(node.text, 0) if node.text.lower().startswith("0x") else int(node.text)
        except ValueError:
            self._report(INVALID, node, f"{node.text!r} is not a whole number", "Write for example 3.")
            return None

    def child(self, name: str) -> "Fields":
        """The mapping below `name`, an empty one where it is not given."""
        return Fields(self._get(name), self.findings)

    def children(self, name: str) -> list["Fields"]:
        """The mappings in the list below `name`."""
        return [Fields(node, self.findings) for node in self.elements(name)]

    def elements(self, name: str) -> list[Node]:
        """The elements of the list below `name`."""
        node = self._get(name)
        if node.given and node.kind != "list":
            self._report(INVALID, node, "a list is expected here", "Begin each element with a dash.")
        return node.elements

    def strings(self, name: str) -> tuple[str, ...]:
        """The list of scalars below `name`."""
        return tuple(scalar_text(node) for node in self.elements(name) if node.is_scalar)

    def mapping(self, name: str) -> dict[str, str]:
        """The mapping of names to scalars below `name`."""
        return {key: scalar_text(node) for key, node in self._get(name).entries.items() if node.is_scalar}

    def ignore(self, *names: str) -> None:
        """Fields that have no meaning on one machine, or that others care for."""
        self._known.update(names)

    def refuse(self, name: str, remedy: str) -> None:
        """A field that is known and not supported."""
        node = self._get(name)
        if node.given and not (node.kind == "bool" and not node.is_true()):
            self._report(UNSUPPORTED, node, f"the local engine does not support `{name}`.", remedy)

    def invalid(self, name: str, message: str, remedy: str) -> None:
        """Report what is wrong with the value of a field."""
        self._report(INVALID, self._get(name), message, remedy)

    def finish(self) -> None:
        """Report every field that nobody asked for."""
        for name, node in self.node.entries.items():
            if name not in self._known and node.given:
                self._report(
                    UNSUPPORTED,
                    node,
                    f"the local engine does not support `{name}` here.",
                    "Leave it out for local runs, or use a cluster; `machiya lint` finds misspelt fields.",
                )

    def _get(self, name: str) -> Node:
        self._known.add(name)
        return self.node.get(name)

    def _report(self, rule: str, node: Node, message: str, remedy: str) -> None:
        self.findings.append(node.finding(rule, message, remedy))


def scalar_text(node: Node) -> str:
    """A scalar as Argo sees it in a string's place."""
    return node.text.lower() if node.kind == "bool" else node.text


def plain(node: Node) -> Any:
    """The value of a node as JSON knows it."""
    if node.kind == "map":
        return {name: plain(child) for name, child in node.entries.items()}
    if node.kind == "list":
        return [plain(child) for child in node.elements]
    if node.kind == "int":
        return int(node.text.replace("_", ""), 0) if not node.text.lstrip("+-").isdigit() else int(node.text)
    if node.kind == "float":
        return float(node.text)
    if node.kind == "bool":
        return node.is_true()
    return node.text if node.kind == "str" else None


def without_empty(values: Iterable[Any]) -> tuple[Any, ...]:
    """The values that say something."""
    return tuple(value for value in values if value)
