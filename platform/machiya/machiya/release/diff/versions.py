"""What is pinned, and what would take its place: a release, a working copy, or an image of this machine."""

from dataclasses import dataclass, replace
from pathlib import Path

from machiya.dsl.findings import nearest
from machiya.engines.planning import Override, Version, parse_override
from machiya.engines.planning.overrides import Labels
from machiya.errors import ArgumentsError, MachiyaError
from machiya.images.revision import revision_of
from machiya.pins import Pin, Pins, parse_pin, vendored_commit, vendored_contract
from machiya.release.diff.model import Side
from machiya.release.registry import Registry
from machiya.release.stages.candidate import Candidate, find_candidate, registry_of
from machiya_component.contract import Contract


@dataclass(frozen=True)
class Pinned:
    """The version that a stage pins."""

    pin: Pin
    contract: Contract
    side: Side


@dataclass(frozen=True)
class Proposed:
    """The version that would take its place: `released`, or else what stands in for it (`override`)."""

    contract: Contract
    side: Side
    released: Candidate | None = None
    override: Override | None = None

    @property
    def unkept(self) -> tuple[Version, ...]:
        """Its contract, where it is not kept beside the pins."""
        return (Version(self.contract, self.side.commit),) if self.released is not None else ()

    @property
    def overrides(self) -> tuple[Override, ...]:
        """What stands in for the pin."""
        return (self.override,) if self.override is not None else ()

    def pins(self, pins: Pins, stage: str) -> Pins:
        """The pins as they would be."""
        if self.released is None:
            return pins
        return pins.with_pin(stage, self.contract.name, self.released.pin)


def without_canary(pins: Pins) -> Pins:
    """The pins of the stages alone: what most users get is compared."""
    return replace(pins, canary={})


def pinned(pins: Pins, stage: str, component: str) -> Pinned:
    """The version of a component that a stage pins.

    Raises:
        ArgumentsError: it pins none.
        NotFoundError: there is no such stage, or the contract is not kept.
    """
    known = pins.stage(stage)
    if component not in known:
        raise ArgumentsError(
            f"the stage {stage} of {pins.file} pins no {component}.", nearest(component, known, "Pinned")
        )
    pin, folder = known[component], pins.file.parent
    contract = vendored_contract(folder, component, pin.version)
    commit = vendored_commit(folder, component, pin.version)
    source = "" if pin.digest else "not released"
    return Pinned(pin, contract, Side(pin.version, pin.digest or "", commit, source))


def proposed(pins: Pins, component: str, text: str, label: Labels) -> Proposed:
    """What a text names: ``1.1.0``, ``1.1.0@sha256:...``, a folder, or an image.

    Raises:
        ArgumentsError, NotFoundError, ContractError: it is nothing of this kind, or another component.
        RegistryError, AccessError: the registry does not answer, or refuses.
    """
    try:
        parse_pin(text)
    except ValueError:
        return _unreleased(parse_override(f"{component}={text}", label))
    candidate = find_candidate(registry_of(pins), component, text)
    side = Side(candidate.pin.version, candidate.pin.digest or "", candidate.commit, "", candidate.created)
    return Proposed(candidate.contract, side, released=candidate)


def _unreleased(override: Override) -> Proposed:
    version = override.contract.version
    if override.folder is not None:
        commit = revision_of(override.folder).commit
        side = Side(version, commit=commit, source=f"working copy {override.folder}")
    else:
        side = Side(version, source=f"image {override.image}")
    return Proposed(override.contract, side, override=override)


def registry_or_none(pins: Pins) -> tuple[Registry | None, str]:
    """The registry of the pins; None, and why, where there is none that could be asked."""
    try:
        return registry_of(pins), ""
    except MachiyaError as error:
        return None, error.message


def at_hand(component: str, side_folder: Path | None) -> Path | None:
    """The folder of a component's source, where it is here: that of a working copy, or below ``components/``."""
    beside = Path("components") / component
    return side_folder or (beside if beside.is_dir() else None)
