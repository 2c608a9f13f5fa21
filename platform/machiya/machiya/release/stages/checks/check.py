"""All checks of the pins of one workflow, in the order in which people mend what they find."""

from collections.abc import Iterator
from pathlib import Path

from machiya.errors import MachiyaError
from machiya.pins import PINS_FILE, Pins, PinsError, load_pins
from machiya.release.registry import Registry
from machiya.release.stages.candidate import registry_of
from machiya.release.stages.checks.conflicts import conflicts_in
from machiya.release.stages.checks.derived import check_contracts, check_digests, check_manifests
from machiya.release.stages.checks.lines import Lines, pinned_lines
from machiya.release.stages.checks.registered import check_registered
from machiya.release.stages.checks.waivers import check_waivers
from machiya_component.findings import Finding


def check_pins(folder: Path, *, offline: bool = False, registry: Registry | None = None) -> list[Finding]:
    """Everything that is wrong with the pins of the workflow in `folder`, and with what is derived from them.

    Args:
        folder: of the workflow.
        offline: ask no registry: whether digests and tags are what they were is then not looked at.
        registry: the one that the pins name, if none is given.
    """
    found = conflicts_in(folder)
    if any(finding.file == str(folder / PINS_FILE) for finding in found):
        return found  # the file cannot be read before that is mended
    try:
        pins = load_pins(folder)
    except PinsError as error:
        return [*found, *error.findings]
    lines = Lines(pins.file)
    broken = {finding.file for finding in found}
    derived = [*check_digests(pins, lines), *check_contracts(folder, pins, lines), *check_manifests(folder, pins)]
    found += [finding for finding in derived if finding.file not in broken]
    if not offline:
        found += _online(pins, lines, registry)
    return found


def _online(pins: Pins, lines: Lines, registry: Registry | None) -> Iterator[Finding]:
    """What the registry says. Where it cannot be asked, that is one finding, not one for each pin."""
    if not any(one.pin.digest for one in pinned_lines(pins, lines)):
        return  # nothing is released yet
    try:
        asked = registry or registry_of(pins)
        yield from check_registered(pins, lines, asked)
        yield from check_waivers(pins, lines, asked)
    except MachiyaError as error:
        remedy = " ".join([*error.remedy.splitlines(), "Without it: machiya pins check --offline"])
        yield Finding("registry.unreachable", error.message, remedy, "", str(pins.file), lines.of("registry"))
