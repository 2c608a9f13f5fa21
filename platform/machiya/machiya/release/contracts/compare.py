"""Two contracts -> every difference, in the order of the newer contract, what is gone first."""

from collections.abc import Iterator, Mapping
from typing import Any

from machiya.release.contracts.difference import Difference, Place
from machiya.release.contracts.judging import fixed
from machiya.release.contracts.parameters import parameter_differences
from machiya.release.contracts.ports import input_differences, output_differences
from machiya.release.contracts.running import running_differences
from machiya_component.contract import Contract
from machiya_component.contract.model import Operation

_TEXTS = ("summary", "description", "owner", "source", "runbook")


def compare(before: Contract, after: Contract) -> list[Difference]:
    """Every difference between two versions of a contract but the version itself.

    Samples are left out: they are checks of the component, no promise to anybody.
    """
    return [*_component(before, after), *_operations(before.operations, after.operations)]


def _component(before: Contract, after: Contract) -> Iterator[Difference]:
    place = Place()
    if before.name != after.name:
        message = f"the component is called {after.name}, not {before.name}"
        yield fixed("component.renamed", place, before.name, after.name, message)
    yield from text_differences(place, before, after, _TEXTS)
    for code in sorted({*before.exit_codes, *after.exit_codes}):
        old, new = before.exit_codes.get(code), after.exit_codes.get(code)
        if old != new:
            yield fixed("exitcode.changed", place, old, new, f"exit code {code} is explained differently")


def _operations(before: Mapping[str, Operation], after: Mapping[str, Operation]) -> Iterator[Difference]:
    for name in before:
        if name not in after:
            yield fixed("operation.removed", Place(name), name, None, "the operation is gone")
    for name, operation in after.items():
        if name not in before:
            yield fixed("operation.added", Place(name), None, name, "there is a new operation")
        else:
            yield from _operation(before[name], operation)


def _operation(before: Operation, after: Operation) -> Iterator[Difference]:
    name = after.name
    yield from parameter_differences(name, before.parameters, after.parameters)
    yield from input_differences(name, before.inputs, after.inputs)
    yield from output_differences(name, before.outputs, after.outputs)
    yield from running_differences(before, after)
    yield from text_differences(Place(name), before, after, ("summary", "description"))


def text_differences(place: Place, before: Any, after: Any, names: tuple[str, ...]) -> Iterator[Difference]:
    """Texts for people that are others; `names` are attributes of both."""
    for name in names:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield fixed("text.changed", place, old, new, f"another {name}")
