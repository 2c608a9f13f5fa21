"""The values that ``slo.yaml`` is read into: the objectives of each stage."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from machiya.errors import MachiyaError
from machiya.pins.model import count, listed
from machiya_component.findings import Finding

SLO_FILE = "slo.yaml"
API_VERSION = "machiya/v1"

Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Age = Annotated[str, StringConstraints(pattern=r"^([0-9]+[smhd])+$")]
Share = Annotated[float, Field(gt=0, le=1, strict=True)]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, use_attribute_docstrings=True)


class SuccessRate(_Part):
    """The share of the runs of the last days that must succeed."""

    at_least: Share
    """0.95: one of 20 may fail."""
    over: Age = "30d"
    """How far back runs count."""


class Coverage(_Part):
    """The share of the known users who must have a result."""

    at_least: Share


class Duration(_Part):
    """How long a run may take."""

    at_most: Age


class Objectives(_Part):
    """What is promised at a stage; what is not given is not judged."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    finished_by: Clock | None = None
    """Time of day in the workflow's time zone, by which the run that the schedule starts has succeeded: "06:00"."""
    success_rate: SuccessRate | None = None
    """The share of the runs of the last days that must succeed: {atLeast: 0.95, over: 30d}."""
    freshness: Age | None = None
    """How old the published result may be, from the start of the run that made it: 26h."""
    coverage: Coverage | None = None
    """The share of the known users who must have a result: {atLeast: 0.9}."""
    duration: Duration | None = None
    """How long a run may take: {atMost: 2h}."""

    @model_validator(mode="after")
    def _something(self) -> "Objectives":
        if not self.model_fields_set:
            raise ValueError("a stage without objectives promises nothing")
        return self


@dataclass(frozen=True)
class ServiceLevels:
    """All of a workflow, by stage."""

    stages: Mapping[str, Objectives]


class SloError(MachiyaError):
    """A ``slo.yaml`` that is not valid; ``findings`` holds everything that is wrong with it."""

    exit_code: ClassVar[int] = 65

    def __init__(self, file: str, findings: list[Finding]) -> None:
        super().__init__(f"{file} has {count(findings)}.", listed(findings))
        self.findings = findings


def age(text: str) -> timedelta:
    """``90s``, ``26h``, ``1d12h``."""
    parts = re.findall(r"(\d+)([smhd])", text)
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def clock(text: str) -> time:
    """``06:00``."""
    return time.fromisoformat(text)


def spoken(duration: timedelta) -> str:
    """In the two largest units: ``41 s``, ``12 min``, ``3 h 5 min``, ``2 d 4 h``."""
    seconds = round(duration.total_seconds())
    sizes = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    # Up to two days hours read better: 26 h.
    first = next((number for number, (_, size) in enumerate(sizes) if seconds >= size * (2 if size == 86400 else 1)), 3)
    parts, rest = list[str](), seconds
    for unit, size in sizes[first : first + 2]:
        number, rest = divmod(rest, size)
        parts.append(f"{number} {unit}" if number or not parts else "")
    return " ".join(filter(None, parts))
