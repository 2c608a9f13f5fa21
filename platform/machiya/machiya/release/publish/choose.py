"""Which registry is meant where nobody says it."""

from collections.abc import Iterable
from pathlib import Path

from machiya.errors import ArgumentsError
from machiya.pins import load_pins
from machiya.release.registry import parse_registry
from machiya.release.registry.reference import has_host

_EXAMPLES = "Example: --registry ghcr.io/acme (or MACHIYA_REGISTRY=ghcr.io/acme)."


def choose_registry(named: str | None, workflows: Iterable[Path]) -> str:
    """The registry that is named, else the one in the pins of the workflows, given as folders.

    A ``registry`` of pins without a host means images of this machine, which are nowhere else. Raises ArgumentsError
    where there is none, or where workflows name several.
    """
    if named:
        return str(parse_registry(named))
    found = {pins.registry for pins in map(load_pins, workflows) if has_host(pins.registry)}
    if len(found) == 1:
        return found.pop()
    if found:
        raise ArgumentsError(f"the workflows here use several registries: {', '.join(sorted(found))}.", _EXAMPLES)
    raise ArgumentsError(
        "it is not said which registry is meant, and no workflow below workflows/ names one in its pins.yaml.",
        _EXAMPLES,
    )
