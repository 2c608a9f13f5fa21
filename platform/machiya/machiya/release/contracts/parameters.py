"""Parameters of an operation, compared: what a call may give and what it gets where it gives nothing."""

from collections.abc import Iterator, Mapping

from machiya.release.contracts.constraints import constraint_differences
from machiya.release.contracts.difference import Difference, Place
from machiya.release.contracts.equality import same
from machiya.release.contracts.judging import changed, fixed, widened
from machiya_component.contract.model import Parameter

_TEXTS = ("title", "description", "examples")
_OF_THEIR_OWN = {"type", "default", *_TEXTS}


def parameter_differences(
    operation: str, before: Mapping[str, Parameter], after: Mapping[str, Parameter]
) -> Iterator[Difference]:
    """Differences of the parameters of one operation."""
    for name in before:
        if name not in after:
            place = Place(operation, "parameter", name)
            yield fixed("parameter.removed", place, before[name].fragment, None, "the parameter is gone")
    for name, parameter in after.items():
        place = Place(operation, "parameter", name)
        yield from _parameter(place, before[name], parameter) if name in before else _added(place, parameter)


def _added(place: Place, parameter: Parameter) -> Iterator[Difference]:
    if parameter.required:
        yield fixed("parameter.required", place, None, parameter.fragment, "a new parameter that must be given")
    else:
        message = f"a new parameter, {parameter.default!r} by default"
        yield fixed("parameter.added", place, None, parameter.fragment, message)


def _parameter(place: Place, before: Parameter, after: Parameter) -> Iterator[Difference]:
    yield from _type(place, before, after)
    yield from _default(place, before, after)
    old, new = before.fragment, after.fragment
    names = [name for name in {**old, **new} if name not in _OF_THEIR_OWN]
    rules = [{name: fragment[name] for name in names if name in fragment} for fragment in (old, new)]
    yield from constraint_differences(place, *rules)
    for name in _TEXTS:
        if old.get(name) != new.get(name):
            yield fixed("text.changed", place, old.get(name), new.get(name), f"another {name}")


def _type(place: Place, before: Parameter, after: Parameter) -> Iterator[Difference]:
    if before.type != after.type:
        judge = widened if (before.type, after.type) == ("integer", "number") else changed
        message = f"takes a value of type {after.type}, not {before.type}"
        yield judge("parameter.type", place, before.type, after.type, message)


def _default(place: Place, before: Parameter, after: Parameter) -> Iterator[Difference]:
    if after.required and not before.required:
        message = f"must be given now; it was {before.default!r} by default"
        yield fixed("parameter.required", place, before.default, None, message)
    elif before.required and not after.required:
        yield fixed("parameter.optional", place, None, after.default, f"is {after.default!r} where it is not given")
    elif not after.required and not same(before.default, after.default):
        message = f"is {after.default!r} where it is not given, not {before.default!r}"
        yield fixed("default.changed", place, before.default, after.default, message)
