"""One task of a DAG or one step of steps: its loop, its condition, its call, its hooks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from machiya.engines.local.argo.conditions import ConditionError, holds
from machiya.engines.local.argo.interpreter.call import Call
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.hooks import HookRun
from machiya.engines.local.argo.interpreter.loops import expanded, loop_items
from machiya.engines.local.argo.interpreter.machine import Interpreter
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase
from machiya.engines.local.argo.interpreter.outputs import gathered_variables, node_variables, resolve_arguments
from machiya.engines.local.argo.model import Document, Task, Template
from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute_all


@dataclass(frozen=True)
class Place:
    """Where tasks are: in which node, whose templates, with which variables, named ``tasks`` or ``steps``."""

    machine: Interpreter
    boundary: Node
    source: Document
    scope: Scope
    group: str
    in_exit: bool
    depth: int


class TaskRun:
    """Runs a task; calls `done` when all its nodes and their hooks have ended."""

    def __init__(
        self, place: Place, task: Task, name: str, after: tuple[str, ...], done: Callable[["TaskRun"], None]
    ) -> None:
        self.place = place
        self.task = task
        self.nodes: list[Node] = []
        self.group: Node | None = None
        self._prefix = name.removesuffix(task.name)
        self._after = after
        self._done = done
        self._open = 0

    def begin(self) -> None:
        """Expand it and call its template."""
        try:
            self._task = substitute_all(self.task, self.place.scope)
            if self._skipped_whole():
                self._add(self.task.name, Phase.SKIPPED, f"when '{self._task.when}' evaluated false")
                self._finish()
                return
            turns = self._turns()
        except NodeError as error:
            self._add(self.task.name, Phase.ERROR, str(error))
            self._finish()
            return
        if not turns:
            self._add(self.task.name, Phase.SKIPPED, "Skipped, empty params")
            self._finish()
            return
        self._open = len(turns)
        for name, task in turns:
            self._run(name, task)

    @property
    def phase(self) -> Phase:
        """That of the one node, or of the whole group."""
        if not self.task.expands or len(self.nodes) == 1:
            return self.nodes[0].phase
        bad = [node.phase for node in self.nodes if node.phase.bad]
        return bad[-1] if bad else Phase.SUCCEEDED

    def variables(self, template: Template | None) -> dict[str, object]:
        """What others may know of it."""
        prefix = f"{self.place.group}.{self.task.name}"
        if not self.task.expands:
            return dict(node_variables(prefix, self.nodes[0]))
        gathered = gathered_variables(prefix, self.nodes, template)
        return {**gathered, f"{prefix}.status": str(self.phase)}

    def make_group(self) -> None:
        """A node of type TaskGroup for a loop in a DAG."""
        self.group = self._new(self.task.name, NodeType.TASK_GROUP, Phase.RUNNING, self._after)

    def _skipped_whole(self) -> bool:
        """Whether the condition is false, before any item is looked at; one that speaks of items is left to them."""
        if not self.task.expands or "{{item" in self._task.when or "{{=" in self._task.when:
            return False
        return not self._holds(self._task.when)

    def _holds(self, condition: str) -> bool:
        try:
            return holds(condition)
        except ConditionError as error:
            raise NodeError(str(error)) from error

    def _turns(self) -> Sequence[tuple[str, Task]]:
        if not self.task.expands:
            return [(self.task.name, self._task)]
        items = loop_items(self._task)
        if items and self.place.group == "tasks":
            self.make_group()
        return [expanded(self._task, index, item) for index, item in enumerate(items)]

    def _run(self, name: str, task: Task) -> None:
        try:
            if not self._holds(task.when):
                self._add(name, Phase.SKIPPED, f"when '{task.when}' evaluated false")
                self._close()
                return
            arguments = resolve_arguments(task.arguments, self.place.scope)
        except NodeError as error:
            self._add(name, Phase.ERROR, str(error))
            self._close()
            return
        slot = len(self.nodes)
        self.nodes.append(Node("", "", "", NodeType.SKIPPED, Phase.PENDING))  # keeps the order of the items
        call = Call(
            name=self._prefix + name,
            display_name=name,
            source=self.place.source,
            template=task.template,
            template_ref=task.template_ref,
            inline=replace(task.inline, name=task.inline.name or task.name) if task.inline is not None else None,
            arguments=arguments,
            boundary=self.place.boundary.id,
            after=(self.group.id,) if self.group is not None else self._after,
            in_exit=self.place.in_exit,
            depth=self.place.depth + 1,
        )
        hooks = HookRun(self.place.machine, task.hooks, call, self._hook_scope, lambda node: self._ended(slot, node))
        hooks.begin()

    def _hook_scope(self, node: Node) -> Scope:
        return self.place.scope.child(node_variables(f"{self.place.group}.{self.task.name}", node))

    def _ended(self, slot: int, node: Node) -> None:
        self.nodes[slot] = node
        self._close()

    def _close(self) -> None:
        self._open -= 1
        if self._open == 0:
            self._finish()

    def _finish(self) -> None:
        if self.group is not None:
            self.place.machine.change(self.group, self.phase)
        self.place.machine.later(lambda: self._done(self))

    def _add(self, name: str, phase: Phase, message: str) -> None:
        after = (self.group.id,) if self.group is not None else self._after
        self.nodes.append(self._new(name, NodeType.SKIPPED, phase, after, message))

    def _new(self, name: str, kind: NodeType, phase: Phase, after: tuple[str, ...], message: str = "") -> Node:
        return self.place.machine.add_node(
            self._prefix + name,
            kind,
            phase,
            display_name=name,
            boundary=self.place.boundary.id,
            after=after,
            template=self.task.template_ref.template if self.task.template_ref is not None else self.task.template,
            message=message,
        )
