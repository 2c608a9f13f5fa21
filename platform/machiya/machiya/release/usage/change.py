"""The change that is judged: a workflow, and two contracts of one of its components."""

from dataclasses import dataclass

from machiya.dsl import OutputReference, Step, WorkflowDefinition, WorkflowParameter
from machiya_component.contract import Contract
from machiya_component.contract.model import Operation, Port


@dataclass(frozen=True)
class Change:
    """A workflow, and the two contracts of one of its components."""

    workflow: WorkflowDefinition
    before: Contract
    after: Contract

    def steps(self, operation: str) -> list[Step]:
        """The steps that call an operation of the component."""
        return [step for step in self.workflow.steps if self.is_own(step) and step.operation.name == operation]

    def is_own(self, step: Step) -> bool:
        """Whether it is a step of the component that changes."""
        return step.contract.name == self.before.name

    def parameter(self, name: str) -> WorkflowParameter:
        """A parameter of the workflow."""
        return next(parameter for parameter in self.workflow.parameters if parameter.name == name)

    def operation_of(self, step: Step, contract: Contract) -> Operation | None:
        """The operation of a step: of the component that changes, as a contract has it; None where it is gone."""
        return contract.operations.get(step.operation.name) if self.is_own(step) else step.operation

    def promised(self, source: OutputReference, contract: Contract) -> Port | None:
        """The port that a source comes from, with one of the two contracts; None where there is none."""
        operation = self.operation_of(self.workflow.step(source.step), contract)
        return operation.outputs.get(source.port) if operation is not None else None
