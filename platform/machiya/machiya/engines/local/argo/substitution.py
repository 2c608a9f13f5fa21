"""Tags: ``{{inputs.parameters.x}}`` and ``{{=expression}}`` are replaced by what a scope holds.

What cannot be resolved stays as it is, for a later scope may hold it; values that were put in are not looked at again.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

from machiya.engines.local.argo.expressions import ExpressionError, evaluate, go_text
from machiya.engines.local.argo.scope import Scope
from machiya.manifest.grammar.tags import Tag, outermost_tags, replace_tags

T = TypeVar("T")

_REPORTED = (
    "inputs.", "outputs.", "steps.", "tasks.", "workflow.", "item", "retries", "lastRetry.", "pod.", "node.",
)  # fmt: skip


class UnresolvedError(ValueError):
    """A variable that Argo knows has no value here."""


def substitute(text: str, scope: Scope) -> str:
    """`text` with its tags replaced as far as `scope` knows them."""
    return replace_tags(text, lambda tag: _resolve(tag, scope))


def _resolve(tag: Tag, scope: Scope) -> str:
    if tag.expression:
        try:
            value = evaluate(tag.body, scope.variables())
        except ExpressionError:
            value = None
        return tag.raw if value is None else go_text(value)
    inside = substitute(tag.raw[2:-2], scope) if tag.nested else tag.raw[2:-2]
    value = scope.get(inside.strip())
    return value if isinstance(value, str) else f"{{{{{inside}}}}}"


def substitute_all(value: T, scope: Scope) -> T:
    """`value` (texts, tuples, mappings and dataclasses of them) with the tags of all texts replaced."""
    return map_texts(value, lambda text: substitute(text, scope))


def map_texts(value: T, change: Callable[[str], str]) -> T:
    """`value` with every text that holds a tag changed; parts without one stay the same objects."""
    result: Any = _mapped(value, change)
    return result  # type: ignore[no-any-return]  # of the same type as it came


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value) if "{{" in value else value
    if not value or value is True:
        return value
    if isinstance(value, list | tuple):
        changed = [_mapped(one, change) for one in value]
        same = all(new is old for new, old in zip(changed, value, strict=True))
        return value if same else type(value)(changed)
    if isinstance(value, Mapping):
        entries = {_mapped(key, change): _mapped(one, change) for key, one in value.items()}
        return value if all(entries.get(key) is one for key, one in value.items()) else entries
    updates = {}
    for name in _field_names(value.__class__):
        old = getattr(value, name)
        new = _mapped(old, change)
        if new is not old:
            updates[name] = new
    return replace(value, **updates) if updates else value


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def unresolved(value: Any) -> list[str]:
    """The variables of Argo that stand unresolved in the texts of `value`, without braces."""
    names: list[str] = []

    def look(text: str) -> str:
        known = (tag for tag in outermost_tags(text) if tag.expression or tag.body.startswith(_REPORTED))
        names.extend(tag.raw[2:-2].strip() for tag in known)
        return text

    map_texts(value, look)
    return list(dict.fromkeys(names))
