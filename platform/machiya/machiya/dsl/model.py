"""A workflow as a plain value: what the renderer and the engines consume. It neither renders nor submits itself.

Everything in it has been checked against the contracts of the stage's pins: names, types, table schemas, cycles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from machiya.pins import Pin
from machiya_component.contract import Contract
from machiya_component.contract.model import Operation, ParameterType


@dataclass(frozen=True)
class Place:
    """Where in a file something was written (the line of the call)."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class WorkflowParameter:
    """A typed scalar that a run can be given; ``fragment`` is its JSON Schema, with description and default."""

    name: str
    type: ParameterType
    fragment: Mapping[str, Any]

    @property
    def description(self) -> str:
        """What it means, for people."""
        return str(self.fragment["description"])

    @property
    def default(self) -> Any:
        """The value where a run is given none."""
        return self.fragment["default"]


@dataclass(frozen=True)
class ExternalArtifact:
    """Data from outside by its location: a path or URL. Without a default every run has to name one.

    ``optional``: only optional ports read it, so that an empty location means that it is absent.
    """

    name: str
    description: str
    default: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class ParameterReference:
    """The value of a workflow parameter."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A value that stands in the workflow file."""

    value: Any


@dataclass(frozen=True)
class ArtifactReference:
    """An artifact from outside."""

    name: str


@dataclass(frozen=True)
class OutputReference:
    """What goes out of a port of a step; of one that fans out, what all its shards put out."""

    step: str
    port: str


@dataclass(frozen=True)
class KeyReference:
    """Where in the store an output lies; of a fan-out, the folder that holds what all its shards put out."""

    step: str
    port: str


@dataclass(frozen=True)
class RunReference:
    """What is known of a run: a fact out of RUN_FACTS; to all steps those of EARLY_FACTS, the others once it ended."""

    fact: str


@dataclass(frozen=True)
class EarlierReference:
    """What the step itself put out at this port when the same run ended before; absent the first time."""

    port: str


@dataclass(frozen=True)
class LeftReference:
    """What steps that do the work put out in the same run, for a step on exit; absent where it did not get there."""

    outputs: tuple[OutputReference, ...]


@dataclass(frozen=True)
class KeptReference:
    """A small file that outlives runs: one key of the store for a workflow at a stage, overwritten whole.

    ``file`` is its name in the folder of a port, of the step that keeps it and of those that read it.
    """

    key: str
    file: str


@dataclass(frozen=True)
class BoundaryReference:
    """What the part of a workflow that is done twice gets from outside of it, by the name it has there."""

    name: str


RUN_FACTS: Mapping[str, ParameterType] = {
    "name": "string",
    "started": "string",
    "status": "string",
    "duration": "number",
    "failures": "string",
    "components": "array",
    "links": "object",
}
"""The facts of a run and their types.

``started`` is when it was created, in ISO 8601 and UTC, ``status`` one of RUN_STATUSES, ``duration`` in seconds,
``failures`` JSON, ``components`` what `dsl.told` says of them, ``links`` the URLs of the stage's profile.
"""

EARLY_FACTS = ("name", "started")
"""The facts that are known while a run does its work."""

PUBLISHED, HISTORY = "published", "history"
KEPT_KINDS = (PUBLISHED, HISTORY)
"""What small files are kept for: ``published`` points at results, ``history`` holds what later runs compare with."""

RUN_STATUSES = ("Succeeded", "Failed", "Error")


@dataclass(frozen=True)
class FanOut:
    """One step for each number from 0 to count - 1, which `parameter` is set to; `over` is set to the count."""

    parameter: str
    over: str | None
    count: ParameterReference | Constant


Value = ParameterReference | Constant | RunReference | KeyReference
Source = OutputReference | ArtifactReference | EarlierReference | LeftReference | KeptReference | BoundaryReference


@dataclass(frozen=True)
class Step:
    """One call of an operation.

    ``parameters`` holds those that the workflow file gives; the contract's defaults hold for the others. A step
    ``on_exit`` runs when the others have ended, however they did; it alone can hold a RunReference to how the
    run ended, an EarlierReference or a LeftReference. ``keeps`` says which outputs hold a file that is kept.
    """

    name: str
    contract: Contract
    operation: Operation
    pin: Pin
    parameters: Mapping[str, Value] = field(default_factory=dict)
    inputs: Mapping[str, Source] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    fan_out: FanOut | None = None
    on_exit: bool = False
    place: Place = Place("", 0)
    keeps: Mapping[str, KeptReference] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[str, ...]:
        """The steps that must be done before, each once, those that are wired first."""
        wired = [source.step for source in self.inputs.values() if isinstance(source, OutputReference)]
        told = [value.step for value in self.parameters.values() if isinstance(value, KeyReference)]
        return tuple(dict.fromkeys([*wired, *told, *self.after]))


@dataclass(frozen=True)
class Canary:
    """The part of a workflow that is done twice, of which a share of the users gets the second; see `dsl.canary`.

    ``steps`` are the second, with the canary's version. ``inputs`` are what they and the two steps below read from
    outside, by the names that their BoundaryReferences have. ``mixed`` divides the users between the stable version's
    result ``control`` and the canary's ``candidate``; where that is not there, ``alone`` gives all of them the first.
    """

    component: str
    share: float
    salt: str
    inputs: Mapping[str, Source]
    steps: tuple[Step, ...]
    mixed: Step
    alone: Step
    candidate: OutputReference
    control: OutputReference

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """The steps, and the two of which one runs in the end."""
        return (*self.steps, self.mixed, self.alone)

    @property
    def needs(self) -> tuple[str, ...]:
        """The steps outside that must be done before."""
        return tuple(dict.fromkeys(one.step for one in self.inputs.values() if isinstance(one, OutputReference)))


@dataclass(frozen=True)
class WorkflowDefinition:
    """A whole workflow at one stage.

    ``steps`` are in an order in which each comes after what it needs, those on exit last. With a canary, what it puts
    out is read as outputs of a step of its name (`dsl.canary.CANARY`). ``keyed`` are outputs whose keys are told though
    no step of it reads them: a part of a workflow, or one with a canary, is remembered as the whole is.
    """

    name: str
    stage: str
    summary: str
    owner: str
    description: str | None = None
    schedule: str | None = None
    timezone: str | None = None
    parameters: tuple[WorkflowParameter, ...] = ()
    artifacts: tuple[ExternalArtifact, ...] = ()
    steps: tuple[Step, ...] = ()
    results: tuple[OutputReference, ...] = ()
    canary: Canary | None = None
    keyed: frozenset[KeyReference] = frozenset()

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """All steps, those of the canary too."""
        return (*self.steps, *(self.canary.all_steps if self.canary is not None else ()))

    @property
    def main_steps(self) -> tuple[Step, ...]:
        """The steps that do the work."""
        return tuple(step for step in self.steps if not step.on_exit)

    @property
    def exit_steps(self) -> tuple[Step, ...]:
        """The steps that run when the work has ended, however it did."""
        return tuple(step for step in self.steps if step.on_exit)

    def step(self, name: str) -> Step:
        """The step of this name; ``KeyError`` if there is none."""
        return {step.name: step for step in self.steps}[name]
