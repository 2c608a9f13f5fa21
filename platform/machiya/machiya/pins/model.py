"""Which version of each component a stage of a workflow runs: the values that ``pins.yaml`` is read into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar

from machiya.errors import MachiyaError, NotFoundError
from machiya_component.findings import Finding

PINS_FILE = "pins.yaml"
CANARY_STAGE = "production"
"""The stage that a canary is of where it names none."""


def count(findings: Sequence[Finding]) -> str:
    """How many mistakes there are, for people."""
    return "1 mistake" if len(findings) == 1 else f"{len(findings)} mistakes"


def listed(findings: Sequence[Finding]) -> str:
    """Each finding with its place in one line, and what would be right below it."""
    return "\n".join(f"{replace(finding, remedy='')}\n    {finding.remedy}" for finding in findings)


class PinsError(MachiyaError):
    """A ``pins.yaml`` that is not valid; ``findings`` holds everything that is wrong with it."""

    exit_code: ClassVar[int] = 65

    def __init__(self, file: str, findings: list[Finding]) -> None:
        super().__init__(f"{file} has {count(findings)}.", listed(findings))
        self.findings = findings


@dataclass(frozen=True)
class Pin:
    """A version (the image's tag, for people) and the image's digest (``sha256:<hex>``, for machines).

    Without a digest the version is not released yet: what runs is a working copy, or an image that was built here.
    """

    version: str
    digest: str | None = None

    def __str__(self) -> str:
        return f"{self.version}@{self.digest}" if self.digest else self.version


@dataclass(frozen=True)
class CanaryPin:
    """A version that a share of the users (0 to 1) of a stage gets; ``salt`` decides which."""

    pin: Pin
    share: float
    salt: str
    stage: str = CANARY_STAGE


@dataclass(frozen=True)
class Pins:
    """All stages of one workflow."""

    file: Path
    registry: str
    stages: Mapping[str, Mapping[str, Pin]]
    canary: Mapping[str, CanaryPin] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    """By component, an image that stands in for the registry's, for one run."""

    def stage(self, name: str) -> Mapping[str, Pin]:
        """The pins of a stage by component.

        Raises:
            NotFoundError: there is no such stage.
        """
        if name in self.stages:
            return self.stages[name]
        close = get_close_matches(name, self.stages, n=1)
        known = f"Stages: {', '.join(self.stages) or 'none'}."
        raise NotFoundError(
            f"{self.file} has no stage {name!r}.", f"Did you mean {close[0]}? {known}" if close else known
        )

    def canary_of(self, stage: str) -> tuple[str, CanaryPin] | None:
        """The component that a stage has a canary of, and its pin; None if it has none."""
        return next(((name, one) for name, one in self.canary.items() if one.stage == stage), None)

    def image(self, component: str, pin: Pin) -> str:
        """The reference of an image: ``ghcr.io/acme/recommender:1.0.0@sha256:...``."""
        released = f"{self.registry}/{component}:{pin}"
        return self.images.get(component, released) if pin.digest is None else released

    def with_pin(self, stage: str, component: str, pin: Pin, image: str | None = None) -> "Pins":
        """These pins with one of them replaced, for one run; `image` is where it is if not in the registry.

        Raises ``NotFoundError`` for a stage that is not there.
        """
        stages = {**self.stages, stage: {**self.stage(stage), component: pin}}
        return replace(self, stages=stages, images={**self.images, component: image} if image else self.images)
