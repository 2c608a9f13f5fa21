"""The variables that tags and expressions may name."""

from collections.abc import Mapping
from typing import Any


class Scope:
    """Variables by their dotted names, over those of a parent: texts, and artifacts as objects."""

    def __init__(self, parent: "Scope | None" = None, values: Mapping[str, Any] | None = None) -> None:
        self._parent = parent
        self._values: dict[str, Any] = dict(values or {})

    def child(self, values: Mapping[str, Any] | None = None) -> "Scope":
        """A scope over this one."""
        return Scope(self, values)

    def update(self, values: Mapping[str, Any]) -> None:
        """Add variables here."""
        self._values.update(values)

    def get(self, name: str) -> Any:
        """The value of a variable, None where there is none."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope._values:
                return scope._values[name]
            scope = scope._parent
        return None

    def variables(self) -> dict[str, Any]:
        """All variables as an expression sees them: ``a.b.c`` is the key c of the map b in the map a."""
        layers: list[Scope] = []
        scope: Scope | None = self
        while scope is not None:
            layers.append(scope)
            scope = scope._parent
        tree: dict[str, Any] = {}
        for layer in reversed(layers):
            for name, value in layer._values.items():
                _insert(tree, name.split("."), value)
        return tree


def _insert(tree: dict[str, Any], path: list[str], value: Any) -> None:
    """A map that is there already stays: ``outputs.parameters`` is a map even where it has a text of its own."""
    for key in path[:-1]:
        below = tree.get(key)
        if not isinstance(below, dict):
            below = tree[key] = {}
        tree = below
    if not isinstance(tree.get(path[-1]), dict):
        tree[path[-1]] = value
