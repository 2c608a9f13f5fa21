"""The variables that tags and expressions may name."""

from collections.abc import Mapping
from typing import Any


class Scope:
    """Variables by their dotted names, over those of a parent: texts, and artifacts as objects."""

    def __init__(self, parent: "Scope | None" = None, values: Mapping[str, Any] | None = None) -> None:
        self._parent = parent
        self._values: dict[str, Any] = dict(values or {})
        self._tree: dict[str, Any] | None = None  # of the values, once an expression was evaluated

    def child(self, values: Mapping[str, Any] | None = None) -> "Scope":
        """A scope over this one."""
        return Scope(self, values)

    def update(self, values: Mapping[str, Any]) -> None:
        """Add variables here."""
        self._values.update(values)
        if self._tree is not None:
            _grow(self._tree, values)

    def get(self, name: str) -> Any:
        """The value of a variable, None where there is none."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope._values:
                return scope._values[name]
            scope = scope._parent
        return None

    def variables(self) -> Mapping[str, Any]:
        """All variables as an expression sees them: ``a.b.c`` is the key c of the map b in the map a. To be read only.

        Scopes seldom hold parts of the same map, so theirs are put together and not copied: a DAG of a thousand tasks
        has many thousand variables, and each task may have an expression.
        """
        if self._tree is None:
            self._tree = _grow({}, self._values)
        return self._tree if self._parent is None else _overlaid(self._parent.variables(), self._tree)


def _grow(tree: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in values.items():
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


def _overlaid(base: Mapping[str, Any], over: Mapping[str, Any]) -> Mapping[str, Any]:
    """Both, where they differ the second, but for maps, which stay maps."""
    if not base or not over:
        return base or over
    merged = dict(base)
    for key, value in over.items():
        before = merged.get(key)
        if not isinstance(before, dict):
            merged[key] = value
        elif isinstance(value, dict):
            merged[key] = _overlaid(before, value)
    return merged
