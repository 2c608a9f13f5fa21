"""The two sides of a diff: runs of one workflow, with the pins of a stage and with another version of a component."""

from dataclasses import dataclass

from machiya.dsl import WorkflowDefinition
from machiya.pins import Pins
from machiya.records import RunRecord


@dataclass(frozen=True)
class Sides:
    """Two runs of a workflow as a stage pins it; ``names`` is what people call the two, the base first."""

    workflow: WorkflowDefinition
    pins: Pins
    base: RunRecord
    candidate: RunRecord
    names: tuple[str, str]
