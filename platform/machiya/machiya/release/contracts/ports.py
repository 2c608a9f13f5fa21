"""Inputs and outputs of an operation, compared."""

from collections.abc import Iterator, Mapping

from machiya.release.contracts.difference import Difference, Place
from machiya.release.contracts.judging import changed, fixed, narrowed, widened
from machiya.release.contracts.tables import schema_differences
from machiya_component.contract.model import Port

Ports = Mapping[str, Port]


def input_differences(operation: str, before: Ports, after: Ports) -> Iterator[Difference]:
    """Differences of the inputs of one operation."""
    for name, port in before.items():
        if name not in after:
            place = Place(operation, "input", name)
            yield fixed("input.removed", place, str(port.type), None, "the input is gone")
    for name, port in after.items():
        place = Place(operation, "input", name)
        if name in before:
            yield from _optional(place, before[name], port)
            yield from _port(place, before[name], port)
        elif port.optional:
            yield fixed("input.added", place, None, str(port.type), "a new input, which may be left out")
        else:
            yield fixed("input.required", place, None, str(port.type), "a new input that must be wired")


def output_differences(operation: str, before: Ports, after: Ports) -> Iterator[Difference]:
    """Differences of the outputs of one operation."""
    for name, port in before.items():
        if name not in after:
            place = Place(operation, "output", name)
            yield fixed("output.removed", place, str(port.type), None, "the output is gone")
    for name, port in after.items():
        place = Place(operation, "output", name)
        if name in before:
            yield from _port(place, before[name], port)
        else:
            yield fixed("output.added", place, None, str(port.type), "a new output")


def _optional(place: Place, before: Port, after: Port) -> Iterator[Difference]:
    if before.optional and not after.optional:
        yield fixed("input.required", place, "optional", "required", "must be wired now")
    elif after.optional and not before.optional:
        yield fixed("input.optional", place, "required", "optional", "may be left out now")


def _port(place: Place, before: Port, after: Port) -> Iterator[Difference]:
    if before.description != after.description:
        yield fixed("text.changed", place, before.description, after.description, "another description")
    if before.type != after.type:
        rule = "type.major" if before.type.kind == after.type.kind else "type.changed"
        message = f"carries {after.type}, not {before.type}"
        yield changed(rule, place, str(before.type), str(after.type), message)
    elif after.type.kind == "table":
        yield from _empty(place, before, after)
        yield from schema_differences(place, before.table_schema, after.table_schema)
    if before.expose != after.expose:
        old, new = (", ".join(port.expose) or None for port in (before, after))
        yield fixed("expose.changed", place, old, new, "exposes other metrics")


def _empty(place: Place, before: Port, after: Port) -> Iterator[Difference]:
    if after.allow_empty and not before.allow_empty:
        yield widened("empty.allowed", place, False, True, "may be without rows now")
    elif before.allow_empty and not after.allow_empty:
        yield narrowed("empty.refused", place, True, False, "may not be without rows any more")
