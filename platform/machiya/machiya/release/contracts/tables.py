"""Schemas of tables, compared. What a schema promises of an output, it asks of an input."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from machiya.release.contracts.constraints import constraint_differences
from machiya.release.contracts.difference import Difference, Place
from machiya.release.contracts.judging import changed, fixed, narrowed, widened
from machiya_component.tables.schema import FieldType, TableField, TableSchema

_WIDER: dict[FieldType, set[str]] = {"integer": {"number"}}
"""For a type, those that take all its values (any takes all)."""


def schema_differences(place: Place, before: TableSchema | None, after: TableSchema | None) -> Iterator[Difference]:
    """Differences between the schemas of one port."""
    if before is None or after is None:
        yield from _whole(place, before, after)
        return
    yield from _columns(place, before, after)
    yield from _further_columns(place, before, after)
    yield from _key(place, before.primary_key, after.primary_key)
    yield from _watch(place, before, after)


def _whole(place: Place, before: TableSchema | None, after: TableSchema | None) -> Iterator[Difference]:
    if after is not None:
        names = ", ".join(after.field_names())
        yield narrowed("schema.added", place, None, after.to_json(), f"has a schema now: {names}")
    elif before is not None:
        yield widened("schema.removed", place, before.to_json(), None, "has no schema any more")


def _columns(place: Place, before: TableSchema, after: TableSchema) -> Iterator[Difference]:
    old = {field.name: field for field in before.fields}
    new = {field.name: field for field in after.fields}
    for name, field in old.items():
        if name not in new:
            yield _removed(replace(place, column=name), field, after)
    for name, field in new.items():
        at = replace(place, column=name)
        if name in old:
            yield from _column(at, old[name], field)
        else:
            yield _added(at, field, before)


def _removed(place: Place, field: TableField, after: TableSchema) -> Difference:
    """An input that refuses columns it does not know refuses those who still have it; others just ask for less."""
    if place.side == "input" and after.fields_match == "equal":
        return changed("column.removed", place, field.type, None, "the column is refused now")
    message = "the column is not asked for any more" if place.side == "input" else "the column is gone"
    return widened("column.removed", place, field.type, None, message)


def _added(place: Place, field: TableField, before: TableSchema) -> Difference:
    """A new column of an output is met by readers who were told that there would be no others."""
    if place.side == "output" and before.fields_match == "equal":
        message = "a new column in a table that promised to have no others"
        return changed("column.added", place, None, field.type, message)
    message = "a new column, which must be there" if place.side == "input" else "a new column"
    return narrowed("column.added", place, None, field.type, message)


def _column(place: Place, before: TableField, after: TableField) -> Iterator[Difference]:
    if before.type != after.type:
        judge = changed
        if _takes(after.type, before.type):
            judge = widened
        elif _takes(before.type, after.type):
            judge = narrowed
        yield judge("column.type", place, before.type, after.type, f"is of type {after.type}, not {before.type}")
    yield from constraint_differences(place, _constraints(before), _constraints(after))
    yield from _watch(place, before, after)
    for name in ("title", "description"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield fixed("text.changed", place, old, new, f"another {name}")


def _watch(place: Place, before: TableSchema | TableField, after: TableSchema | TableField) -> Iterator[Difference]:
    """What the data watch judges changes no value, so it breaks nobody; but a run may be stopped where none was."""
    old, new = (
        one.model_dump(mode="json", by_alias=True, exclude_defaults=True).get("watch") for one in (before, after)
    )
    if old != new:
        yield fixed("watch.changed", place, old, new, "the data watch has other limits")


def _takes(wide: FieldType, narrow: FieldType) -> bool:
    return wide == "any" or wide in _WIDER.get(narrow, set())


def _constraints(field: TableField) -> dict[str, Any]:
    """By the names of Frictionless, without those that are not there."""
    return field.constraints.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _further_columns(place: Place, before: TableSchema, after: TableSchema) -> Iterator[Difference]:
    old, new = before.fields_match, after.fields_match
    if old == "subset" and new == "equal":
        yield narrowed("columns.closed", place, old, new, "columns that are not declared are refused now")
    elif old == "equal" and new == "subset":
        yield widened("columns.opened", place, old, new, "columns that are not declared may be there now")


def _key(place: Place, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Difference]:
    """A key of fewer columns is stricter: rows that differ in the others are refused."""
    old, new = set(before), set(after)
    if old == new:
        return
    judge = changed
    if not old or (new and new < old):
        judge = narrowed
    elif not new or old < new:
        judge = widened
    message = f"a row is identified by {', '.join(after) or 'nothing'}, not {', '.join(before) or 'nothing'}"
    yield judge("key.changed", place, list(before), list(after), message)
