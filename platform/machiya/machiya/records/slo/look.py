"""The promises of a workflow's folder, judged: pins, workflow file, ``slo.yaml`` and history together."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path

from machiya.dsl import WorkflowDefinition, load_workflow
from machiya.errors import ArgumentsError
from machiya.pins import Pins, load_pins
from machiya.records.slo.evaluate import Report, evaluate
from machiya.records.slo.history import History
from machiya.records.slo.load import load_slo
from machiya.records.slo.model import Objectives
from machiya.records.slo.schedule import Schedule, schedule_of, zone_of


@dataclass(frozen=True)
class Promise:
    """What one stage of a workflow promises; `folder` is the workflow's."""

    folder: Path
    workflow: WorkflowDefinition
    objectives: Objectives

    @cached_property
    def schedule(self) -> Schedule | None:
        """When runs are started; None where nobody says, or what is said is no schedule."""
        try:
            return schedule_of(self.workflow)
        except ValueError:
            return None

    @property
    def zone(self) -> tzinfo:
        """By which times are meant and shown."""
        return zone_of(self.workflow)

    def judge(self, history: History, at: datetime) -> Report:
        """Whether it is kept, by what was known at a moment."""
        name, stage = self.workflow.name, self.workflow.stage
        return evaluate(name, stage, self.objectives, history, at, schedule=self.schedule, zone=self.zone)


def promises(folder: Path, stage: str | None = None) -> list[Promise]:
    """What the workflow in `folder` promises, by stage; of one stage only where one is named. Empty without slo.yaml.

    Raises:
        SloError: slo.yaml is not valid; as load_pins and load_workflow for the other files.
    """
    pins = load_pins(folder)
    if stage is not None:
        pins.stage(stage)
    loaded: dict[str, WorkflowDefinition] = {}
    levels = load_slo(folder, pins.stages, lambda name: schedule_of(_loaded(folder, name, pins, loaded)))
    found = levels.stages.items() if levels is not None else ()
    return [
        Promise(folder, _loaded(folder, name, pins, loaded), objectives)
        for name, objectives in found
        if stage in (None, name)
    ]


def _loaded(folder: Path, stage: str, pins: Pins, loaded: dict[str, WorkflowDefinition]) -> WorkflowDefinition:
    if stage not in loaded:
        loaded[stage] = load_workflow(folder, stage, pins)
    return loaded[stage]


def moment(text: str, zone: tzinfo) -> datetime:
    """A time as people write it: ISO 8601, by the clock of `zone` where it names none.

    Raises:
        ArgumentsError: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        example = "Examples: 2026-11-25T06:00 (in the workflow's time zone), 2026-11-25T06:00Z"
        raise ArgumentsError(f"{text!r} is no time.", example) from error
    return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=zone).astimezone(UTC)
