"""What a schema still has to be checked for when the same data is known to keep another one.

A rule is left out only if it follows from a rule of the other schema, rule by rule; nothing is concluded from what the
other schema does not say. Bounds are compared as numbers; dates, which are text in a contract, only for being equal.
"""

from collections.abc import Callable
from typing import Any

from machiya_component.tables.schema import Constraints, TableField, TableSchema


def left_to_check(schema: TableSchema, kept: TableSchema | None) -> TableSchema:
    """The schema without the rules that follow from ``kept``. Its columns and their types are those of ``schema``."""
    if kept is None:
        return schema
    known = {field.name: field for field in kept.fields}
    unique = [{field.name} for field in kept.fields if field.constraints.unique]
    keys = [*unique, *([set(kept.primary_key)] if kept.primary_key else [])]
    fields = tuple(_left_of(field, known.get(field.name), keys) for field in schema.fields)
    proven = any(key <= set(schema.primary_key) for key in keys)
    return schema.model_copy(update={"fields": fields, "primary_key": () if proven else schema.primary_key})


def _left_of(field: TableField, known: TableField | None, keys: list[set[str]]) -> TableField:
    """Without the rules that what is known of the column proves."""
    if known is None:
        return field
    wanted, kept = field.constraints, known.constraints
    nothing = Constraints()
    proven = {name: getattr(nothing, name) for name, follows in _FOLLOWS.items() if follows(wanted, kept)}
    if {field.name} in keys:
        proven["unique"] = False
    return field.model_copy(update={"constraints": wanted.model_copy(update=proven)})


Follows = Callable[[Constraints, Constraints], bool]


def _at_least(wanted: Any, kept: Any) -> bool:
    """Whether a lower bound that holds makes a wanted one hold."""
    return kept is not None and (wanted == kept or (_is_number(wanted) and _is_number(kept) and kept >= wanted))


def _at_most(wanted: Any, kept: Any) -> bool:
    return kept is not None and (wanted == kept or (_is_number(wanted) and _is_number(kept) and kept <= wanted))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_FOLLOWS: dict[str, Follows] = {
    "required": lambda _, kept: kept.required,
    "minimum": lambda wanted, kept: _at_least(wanted.minimum, kept.minimum),
    "maximum": lambda wanted, kept: _at_most(wanted.maximum, kept.maximum),
    "enum": lambda wanted, kept: kept.enum is not None and wanted.enum is not None and {*kept.enum} <= {*wanted.enum},
    "pattern": lambda wanted, kept: kept.pattern is not None and wanted.pattern == kept.pattern,
    "min_length": lambda wanted, kept: _at_least(wanted.min_length, kept.min_length),
    "max_length": lambda wanted, kept: _at_most(wanted.max_length, kept.max_length),
}
