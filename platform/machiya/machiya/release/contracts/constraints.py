"""Constraints of values (JSON Schema of parameters, Frictionless of columns), compared: stricter, looser, or other."""

from collections.abc import Iterator, Mapping
from typing import Any

from machiya.release.contracts.difference import Difference, Place
from machiya.release.contracts.equality import among, same_set
from machiya.release.contracts.judging import changed, narrowed, widened

_FLOORS = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"}
_CEILINGS = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"}
_FLAGS = {"required", "unique", "uniqueItems"}
"""What is stricter when it is true. Of JSON Schema, ``required`` is a list: of names, of which more are stricter."""


def constraint_differences(place: Place, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Differences between two sets of constraints, each given as a mapping of the keyword to its value."""
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if not same_set(old, new):
            yield _enum(place, old, new) if name == "enum" else _constraint(place, name, old, new)


def _enum(place: Place, before: Any, after: Any) -> Difference:
    lost = [] if after is None else [value for value in before or () if not among(value, after)]
    found = [] if before is None else [value for value in after or () if not among(value, before)]
    if before is None or (lost and not found):
        gone = f"{_listed(lost)} is not possible any more" if lost else f"only {_listed(after)} is possible now"
        return narrowed("enum.narrowed", place, before, after, gone)
    if after is None or (found and not lost):
        message = f"{_listed(found)} is possible now" if found else "any value is possible now"
        return widened("enum.widened", place, before, after, message)
    message = f"{_listed(lost)} is not possible any more, {_listed(found)} is"
    return changed("enum.narrowed", place, before, after, message)


def _listed(values: Any) -> str:
    return ", ".join(repr(value) for value in values)


def _constraint(place: Place, name: str, before: Any, after: Any) -> Difference:
    message = f"{name}: {_shown(before)} -> {_shown(after)}"
    if before is None or after is None:
        stricter = after is not None
    elif name in _FLOORS | _CEILINGS and isinstance(before, str) == isinstance(after, str):
        stricter = (after > before) == (name in _FLOORS)
    elif name in _FLAGS:
        stricter = _is_stricter(before, after)
    else:
        return changed("constraint.changed", place, before, after, message)
    if stricter:
        return narrowed("constraint.narrowed", place, before, after, message)
    return widened("constraint.widened", place, before, after, message)


def _is_stricter(before: Any, after: Any) -> bool:
    """Of flags: true is stricter. Of lists of names: unless names only went away."""
    return not set(after) <= set(before) if isinstance(after, list) else bool(after)


def _shown(value: Any) -> str:
    return "none" if value is None else repr(value)
