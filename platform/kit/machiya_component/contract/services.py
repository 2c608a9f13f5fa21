"""What a service shows, as ``component.yaml`` says it: outputs that are there, through ports that take them."""

from collections.abc import Iterator
from typing import Any

from machiya_component.contract.model import Shown
from machiya_component.contract.parse import KeyPath
from machiya_component.contract.problem import Problem

_RULE = "contract.service-shows"
_HOLD_FOLDERS = ("files", "table")
"""Kinds of artifacts that may consist of many folders; of the others one file has its place."""


def shown_are_outputs(data: dict[str, Any]) -> Iterator[Problem]:
    """``shows`` leads from an input of the service to an output of the same component, of the same type."""
    for name, operation in data["operations"].items():
        inputs = operation.get("inputs") or {}
        for port, text in (operation.get("service") or {}).get("shows", {}).items():
            path = ("operations", name, "service", "shows", port)
            if port not in inputs:
                yield Problem(_RULE, path, f"the service has no input {port!r}.", _known(inputs))
            yield from _of_output(path, Shown.parse(text), inputs.get(port), data["operations"])


def _of_output(
    path: KeyPath, shown: Shown, port: dict[str, Any] | None, operations: dict[str, Any]
) -> Iterator[Problem]:
    if shown.operation not in operations:
        yield Problem(_RULE, path, f"there is no operation {shown.operation!r}.", _known(operations))
        return
    outputs = operations[shown.operation].get("outputs") or {}
    if shown.output not in outputs:
        yield Problem(_RULE, path, f"{shown.operation} has no output {shown.output!r}.", _known(outputs))
    elif port is not None:
        yield from _of_type(path, port["type"], outputs[shown.output]["type"])


def _of_type(path: KeyPath, taken: str, given: str) -> Iterator[Problem]:
    kind = taken.partition("@")[0]
    if _major(taken) != _major(given):
        yield Problem(_RULE, path, f"the input takes {taken}, and the output is {given}.", "Correct one of the types.")
    elif kind not in _HOLD_FOLDERS:
        message = f"the outputs of many runs lie beside each other, and {kind} is one file."
        yield Problem(_RULE, path, message, f"Types that can: {', '.join(_HOLD_FOLDERS)}.")


def _major(text: str) -> str:
    """With the major version that counts where none is written. (The text may be no type at all.)"""
    return text if "@" in text else f"{text}@1"


def _known(names: dict[str, Any]) -> str:
    return f"Known here: {', '.join(names) or 'none'}."
