"""Steps templates: groups one after the other, the steps of a group side by side."""

from typing import TYPE_CHECKING

from machiya.engines.local.argo.interpreter.call import Done
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase
from machiya.engines.local.argo.interpreter.outputs import template_outputs
from machiya.engines.local.argo.interpreter.tasks import Place, TaskRun
from machiya.engines.local.argo.model import Task, Template

if TYPE_CHECKING:
    from machiya.engines.local.argo.interpreter.execution import Execution


class StepsRun:
    """Runs the groups in turn, until one fails."""

    def __init__(self, execution: "Execution", node: Node, template: Template, done: Done) -> None:
        self._machine = execution.machine
        self._library = execution.machine.library
        self._node = node
        self._template = template
        self._done = done
        scope = execution.scope.child()
        call = execution.call
        self._place = Place(execution.machine, node, execution.source, scope, "steps", call.in_exit, call.depth)
        self._groups = template.steps or ()
        self._index = -1
        self._after: tuple[str, ...] = (node.id,)

    def begin(self) -> None:
        """Start the first group."""
        self._next()

    def _next(self) -> None:
        self._index += 1
        if self._index == len(self._groups):
            self._succeed()
            return
        steps = self._groups[self._index]
        name = f"{self._node.name}[{self._index}]"
        self._group = self._machine.add_node(
            name,
            NodeType.STEP_GROUP,
            Phase.RUNNING,
            display_name=f"[{self._index}]",
            boundary=self._node.id,
            after=self._after,
            template=self._node.template,
        )
        self._open = len(steps)
        self._runs = [
            TaskRun(self._place, step, f"{name}.{step.name}", (self._group.id,), self._ended) for step in steps
        ]
        self._machine.later(*(run.begin for run in self._runs))
        if not steps:
            self._close()

    def _ended(self, _: TaskRun) -> None:
        self._open -= 1
        if self._open == 0:
            self._close()

    def _close(self) -> None:
        """Judge the group; all its steps have ended."""
        for run in self._runs:
            template = self._called(run.task) if run.task.expands else None
            self._place.scope.update(run.variables(template))
        failed = next((node for run in self._runs for node in run.nodes if _fails(run.task, node)), None)
        if failed is not None:
            message = f"child '{failed.id}' failed"
            self._machine.change(self._group, Phase.FAILED, message)
            self._done(Phase.FAILED, message, None)
            return
        self._machine.change(self._group, Phase.SUCCEEDED)
        self._after = tuple(node.id for run in self._runs for node in run.nodes) or (self._group.id,)
        self._machine.later(self._next)

    def _called(self, task: Task) -> Template | None:
        try:
            return self._library.find(task.template, task.template_ref, task.inline, self._place.source)[0]
        except NodeError:
            return None

    def _succeed(self) -> None:
        try:
            self._done(Phase.SUCCEEDED, "", template_outputs(self._template, self._place.scope))
        except NodeError as error:
            self._done(Phase.ERROR, str(error), None)


def _fails(step: Task, node: Node) -> bool:
    """Whether the end of a step ends its group badly."""
    continue_on = step.continue_on
    return (node.phase is Phase.FAILED and not continue_on.failed) or (
        node.phase is Phase.ERROR and not continue_on.error
    )
