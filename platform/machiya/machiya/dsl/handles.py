"""What a workflow file holds in its hands while it is read: components, operations, steps, outputs.

They only note what is written. ``Nothing`` stands for what could not be found; whatever is done with it gives
``Nothing`` again and no further finding, so one mistake is told once.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from machiya.dsl.findings import calling_place, nearest
from machiya.dsl.model import KeptReference, Place
from machiya.pins import Pin
from machiya_component.contract import Contract
from machiya_component.contract.model import Operation, Port

if TYPE_CHECKING:
    from machiya.dsl.builder import Workflow


class Nothing:
    """What a name that is not known gives."""

    def __getattr__(self, name: str) -> "Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, name: str) -> "Nothing":
        return self

    def __call__(self, *_: object, **__: object) -> "Nothing":
        return self


NOTHING = Nothing()


@dataclass(frozen=True, eq=False)
class ParameterHandle:
    """A workflow parameter."""

    workflow: "Workflow"
    name: str


@dataclass(frozen=True, eq=False)
class ArtifactHandle:
    """An artifact from outside."""

    workflow: "Workflow"
    name: str


@dataclass(frozen=True, eq=False)
class OutputHandle:
    """An output of a step, to be wired to inputs of others."""

    step: "StepHandle"
    port: Port

    @property
    def key(self) -> "KeyHandle":
        """Where in the store it lies, for a parameter of another step."""
        return KeyHandle(self)


@dataclass(frozen=True, eq=False)
class KeyHandle:
    """The key of an output in the store: ``predict.recommendations.key``."""

    output: OutputHandle


@dataclass(frozen=True, eq=False)
class KeptHandle:
    """A small file that is kept for later runs, to be read by optional inputs; ``workflow.keep`` says who writes it."""

    workflow: "Workflow"
    reference: KeptReference


@dataclass(frozen=True, eq=False)
class FactHandle:
    """A fact about the run: ``run.status``."""

    name: str


@dataclass(frozen=True, eq=False)
class EarlierHandle:
    """What a step on exit put out when the same run ended before: ``run.earlier.receipt``."""

    port: str


class EarlierHandles:
    """``run.earlier``: the outputs of the step itself, by attribute or item."""

    def __getattr__(self, port: str) -> EarlierHandle:
        if port.startswith("_"):
            raise AttributeError(port)
        return EarlierHandle(port)

    def __getitem__(self, port: str) -> EarlierHandle:
        return EarlierHandle(port)


class RunHandle:
    """``run``: what a step can be told about the run. Which facts there are is checked with the step."""

    earlier = EarlierHandles()

    def __getattr__(self, fact: str) -> FactHandle:
        if fact.startswith("_"):
            raise AttributeError(fact)
        return FactHandle(fact)


run = RunHandle()
"""The run: its name, workflow, stage and start; for steps on exit also how it ended, and components and links."""


@dataclass(frozen=True)
class FanOutCall:
    """What ``fan_out`` was called with."""

    parameter: str
    over: str | None
    count: Any
    place: Place


@dataclass(eq=False)
class Draft:
    """A step as it was written, before anything about it is checked."""

    name: str
    contract: Contract
    operation: Operation
    pin: Pin
    arguments: dict[str, Any]
    place: Place
    after: list[Any] = field(default_factory=list)
    fan_out: FanOutCall | None = None
    on_exit: bool = False
    keeps: dict[str, KeptReference] = field(default_factory=dict)

    @property
    def may_be_cached(self) -> bool:
        """Whether the cache may give its outputs."""
        return self.operation.cache and not self.on_exit


class StepHandle:
    """A step; its outputs are its attributes, or items where a port is called like a method: ``clean.interactions``."""

    def __init__(self, workflow: "Workflow", draft: Draft) -> None:
        self._workflow = workflow
        self._draft = draft

    def __getattr__(self, port: str) -> Any:
        if port.startswith("_"):
            raise AttributeError(port)
        return self[port]

    def __getitem__(self, port: str) -> Any:
        draft = self._draft
        outputs = draft.operation.outputs
        if port in outputs:
            return OutputHandle(self, outputs[port])
        message = f"{draft.contract.name}.{draft.operation.name} has no output {port!r}."
        self._workflow.findings.add(calling_place(), "output", draft.name, message, nearest(port, outputs, "Outputs"))
        return NOTHING

    def named(self, name: str) -> "StepHandle":
        """Call the step by another name than its operation's; needed where an operation is used twice."""
        self._draft.name = name
        return self

    def after(self, *steps: Any) -> "StepHandle":
        """Wait for steps that nothing is read from."""
        self._draft.after += steps
        return self

    def fan_out(self, parameter: str, *, count: Any, over: str | None = None) -> "StepHandle":
        """Run one step for each number from 0 to count - 1.

        Args:
            parameter: the parameter that is set to the number.
            count: how many, as a number or a workflow parameter.
            over: the parameter that is set to the count.
        """
        self._draft.fan_out = FanOutCall(parameter, over, count, calling_place())
        return self


def draft_of(step: StepHandle) -> Draft:
    """What was written of a step. (Every plain name of a handle may be a port.)"""
    return step._draft


def workflow_of(step: StepHandle) -> "Workflow":
    """The workflow that a step belongs to."""
    return step._workflow


@dataclass(frozen=True, eq=False)
class OperationHandle:
    """An operation; calling it with inputs and parameters by name makes a step."""

    workflow: "Workflow"
    contract: Contract
    operation: Operation
    pin: Pin

    def __call__(self, **arguments: Any) -> StepHandle:
        draft = Draft(self.operation.name, self.contract, self.operation, self.pin, arguments, calling_place())
        return self.workflow.add_step(draft)


class ComponentHandle:
    """A component at the version that the stage pins; its operations are its attributes."""

    def __init__(self, workflow: "Workflow", contract: Contract, pin: Pin) -> None:
        self._workflow = workflow
        self._contract = contract
        self._pin = pin

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        operations = self._contract.operations
        operation = operations.get(name) or operations.get(name.replace("_", "-"))
        if operation is not None:
            return OperationHandle(self._workflow, self._contract, operation, self._pin)
        contract = self._contract
        message = f"{contract.name} {contract.version} has no operation {name!r}."
        remedy = nearest(name, operations, "Operations")
        self._workflow.findings.add(calling_place(), "operation", contract.name, message, remedy)
        return NOTHING
