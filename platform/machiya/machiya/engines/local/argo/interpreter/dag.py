"""DAG templates."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from machiya.engines.local.argo.depends import Dependence, DependsError, dependence_of
from machiya.engines.local.argo.interpreter.call import Done
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase, usage_together
from machiya.engines.local.argo.interpreter.outputs import template_outputs
from machiya.engines.local.argo.interpreter.tasks import Place, TaskRun
from machiya.engines.local.argo.model import Dag, Task, Template

if TYPE_CHECKING:
    from machiya.engines.local.argo.interpreter.execution import Execution

_RESULTS = {
    Phase.SUCCEEDED: "Succeeded",
    Phase.FAILED: "Failed",
    Phase.ERROR: "Errored",
    Phase.SKIPPED: "Skipped",
    Phase.OMITTED: "Omitted",
}


class DagRun:
    """Starts each task when those that it depends on have ended; looks at a task only when one of those has."""

    def __init__(self, execution: "Execution", node: Node, template: Template, done: Done) -> None:
        self._machine = execution.machine
        self._library = execution.machine.library
        self._node = node
        self._template = template
        self._remembered = execution.template.memoize is not None
        self._done = done
        self._dag = template.dag or Dag(())
        scope = execution.scope.child()
        call = execution.call
        self._place = Place(execution.machine, node, execution.source, scope, "tasks", call.in_exit, call.depth)
        self._tasks = {task.name: task for task in self._dag.tasks}
        self._runs: dict[str, TaskRun] = {}
        self._results: dict[str, frozenset[str]] = {}
        self._branches: dict[str, Phase] = {}
        self._ids: dict[str, str] = {}

    def begin(self) -> None:
        """Start the tasks that wait for nothing."""
        try:
            self._dependence = {name: dependence_of(task, self._tasks) for name, task in self._tasks.items()}
            self._targets = self._find_targets()
            wanted = self._needed(self._targets)
        except (DependsError, NodeError) as error:
            self._done(Phase.ERROR, str(error), None)
            return
        self._waiting = {name: len(self._dependence[name].tasks) for name in self._tasks if name in wanted}
        self._dependents: dict[str, list[str]] = {name: [] for name in wanted}
        for name in self._waiting:
            for dependency in self._dependence[name].tasks:
                self._dependents[dependency].append(name)
        if not self._waiting:
            self._finish()
        for name in [name for name, count in self._waiting.items() if count == 0]:
            self._start(name)

    def _find_targets(self) -> list[str]:
        if self._dag.target:
            targets = self._dag.target.split()
            if missing := [name for name in targets if name not in self._tasks]:
                raise NodeError(f"dag.target: there is no task {missing[0]!r}")
            return targets
        needed = {name for dependence in self._dependence.values() for name in dependence.tasks}
        return [name for name in self._tasks if name not in needed]

    def _needed(self, targets: Iterable[str]) -> set[str]:
        """The targets and all they depend on; NodeError if some wait for each other."""
        found: set[str] = set()
        stack = list(targets)
        while stack:
            name = stack.pop()
            if name not in found:
                found.add(name)
                stack += self._dependence[name].tasks
        self._check_order(found if self._dag.target else self._tasks)
        return found

    def _check_order(self, names: Iterable[str]) -> None:
        """NodeError if some tasks wait for each other."""
        waiting = {name: len(self._dependence[name].tasks) for name in names}
        dependents: dict[str, list[str]] = {name: [] for name in waiting}
        for name in waiting:
            for dependency in self._dependence[name].tasks:
                dependents[dependency].append(name)
        ready = [name for name, count in waiting.items() if count == 0]
        while ready:
            name = ready.pop()
            del waiting[name]
            for other in dependents[name]:
                waiting[other] -= 1
                if waiting[other] == 0:
                    ready.append(other)
        if waiting:
            raise NodeError(f"these tasks wait for each other: {', '.join(waiting)}")

    def _start(self, name: str) -> None:
        task, dependence = self._tasks[name], self._dependence[name]
        after = tuple(self._ids[one] for one in dependence.tasks) or (self._node.id,)
        run = TaskRun(self._place, task, f"{self._node.name}.{name}", after, self._ended)
        self._runs[name] = run
        if dependence.tasks and not dependence.holds(self._results):
            self._omit(task, run, after)
            return
        self._machine.later(run.begin)

    def _omit(self, task: Task, run: TaskRun, after: tuple[str, ...]) -> None:
        node = self._machine.add_node(
            f"{self._node.name}.{task.name}",
            NodeType.SKIPPED,
            Phase.OMITTED,
            display_name=task.name,
            boundary=self._node.id,
            after=after,
            template=task.template,
            message="omitted: depends condition not met",
        )
        run.nodes.append(node)
        self._machine.later(lambda: self._ended(run))

    def _ended(self, run: TaskRun) -> None:
        name = run.task.name
        self._ids[name] = (run.group or run.nodes[0]).id
        self._results[name] = self._result(run)
        self._branches[name] = self._branch(run, self._dependence[name])
        template = self._called(run.task) if run.task.expands else None
        self._place.scope.update(run.variables(template))
        for other in self._dependents[name]:
            self._waiting[other] -= 1
            if self._waiting[other] == 0:
                self._start(other)
        if len(self._branches) == len(self._waiting):
            self._finish()

    def _called(self, task: Task) -> Template | None:
        try:
            return self._library.find(task.template, task.template_ref, task.inline, self._place.source)[0]
        except NodeError:
            return None

    def _result(self, run: TaskRun) -> frozenset[str]:
        results = {_RESULTS[run.phase]}
        if run.group is not None:
            phases = [node.phase for node in run.nodes]
            results |= {"AnySucceeded"} if Phase.SUCCEEDED in phases else set()
            results |= {"AllFailed"} if all(phase is Phase.FAILED for phase in phases) else set()
        return frozenset(results)

    def _branch(self, run: TaskRun, dependence: Dependence) -> Phase:
        """The phase of a task, or if it did not run, what its branch has come to: a failure before it stays one."""
        if run.phase.completed:
            return run.phase
        before = [self._branches[name] for name in dependence.tasks]
        return next((phase for phase in before if phase.bad), Phase.SUCCEEDED)

    def _finish(self) -> None:
        """The DAG ends as its targets do."""
        for name in self._targets:
            phase, continue_on = self._branches[name], self._tasks[name].continue_on
            passes = continue_on.failed if phase is Phase.FAILED else continue_on.error
            if phase.bad and not passes:
                self._done(phase, "", None)
                return
        try:
            outputs = template_outputs(self._template, self._place.scope)
        except NodeError as error:
            self._done(Phase.ERROR, str(error), None)
            return
        if self._remembered:
            nodes = [node for run in self._runs.values() for node in run.nodes]
            outputs = replace(outputs, usage=usage_together([node.usage for node in nodes]))
        self._done(Phase.SUCCEEDED, "", outputs)
