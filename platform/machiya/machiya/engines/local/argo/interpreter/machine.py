"""The interpreter itself: what it is told, the nodes it keeps, and the commands it answers with."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from machiya.engines.local.argo.interpreter.call import Call, Ended
from machiya.engines.local.argo.interpreter.commands import Command, NodeChanged, RunEnded, StopPod
from machiya.engines.local.argo.interpreter.gates import Gates
from machiya.engines.local.argo.interpreter.library import Library, effective_workflow
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Outcome, Outputs, Phase, node_id
from machiya.engines.local.argo.interpreter.timers import Timers
from machiya.engines.local.argo.interpreter.variables import exported, global_variables
from machiya.engines.local.argo.model import Manifest
from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.values import parse_duration


@dataclass(frozen=True)
class RunFacts:
    """What is particular to a run. ``created`` is in seconds since 1970, UTC."""

    name: str
    uid: str
    created: float
    parameters: Mapping[str, str] = field(default_factory=dict)
    namespace: str = "default"


class ActivePod:
    """What the machine needs to know of a pod that runs: how to tell it."""

    in_exit: bool

    def started(self) -> None:
        """Its program runs."""

    def ended(self, outcome: Outcome) -> None:
        """Its program ended."""

    def stop(self, message: str) -> None:
        """It shall end: the run is being stopped."""


class Interpreter:
    """Executes one manifest. Every method takes the time and returns the commands that follow.

    ``known`` are nodes of earlier sessions of the same run, by name: pods among them that succeeded, and that would be
    started just the same, are not started again.
    """

    def __init__(self, manifest: Manifest, facts: RunFacts, known: Mapping[str, Node] | None = None) -> None:
        self.manifest = manifest
        self.facts = facts
        self.known = dict(known or {})
        self.workflow = effective_workflow(manifest)
        self.library = Library(manifest, self.workflow)
        self.specification = self.workflow.specification
        self.scope = Scope(values=global_variables(self.workflow, facts, manifest.config_maps))
        self.gates = Gates(self.specification.parallelism)
        self.timers = Timers()
        self.nodes: dict[str, Node] = {}
        self.active: dict[str, ActivePod] = {}
        self.recalls: dict[str, Callable[[Outputs | None], None]] = {}
        self.suspended: dict[str, Callable[[], None]] = {}
        self.now = facts.created
        self.stopping = ""
        self.ended: RunEnded | None = None
        self._commands: list[Command] = []
        self._queue: deque[Callable[[], None]] = deque()

    # What it is told

    def start(self, now: float) -> list[Command]:
        """Begin."""
        from machiya.engines.local.argo.interpreter.workflow import WorkflowRun

        run = WorkflowRun(self)
        if self.specification.active_deadline:
            deadline = now + parse_duration(self.specification.active_deadline)
            self.timers.add(deadline, lambda: self._stop("Deadline"))
        return self._turn(now, run.begin)

    def pod_started(self, node: str, now: float) -> list[Command]:
        """The program of a node runs."""
        return self._turn(now, self.active[node].started)

    def pod_ended(self, node: str, outcome: Outcome, now: float) -> list[Command]:
        """The program of a node ended, and its outputs are kept."""
        pod = self.active.pop(node)
        return self._turn(now, lambda: pod.ended(outcome))

    def recalled(self, node: str, outputs: Outputs | None, now: float) -> list[Command]:
        """The answer to `Recall`: the remembered outputs, or None."""
        answer = self.recalls.pop(node)
        return self._turn(now, lambda: answer(outputs))

    def resume(self, now: float) -> list[Command]:
        """Let what is suspended go on."""
        waiting = list(self.suspended.values())
        self.suspended.clear()
        return self._turn(now, *waiting)

    def advance(self, now: float) -> list[Command]:
        """Time passed."""
        return self._turn(now, *self.timers.due(now))

    def stop(self, now: float, *, kill: bool = False) -> list[Command]:
        """Stop: programs are ended and nothing new begins, except (unless `kill`) what runs on exit."""
        return self._turn(now, lambda: self._stop("Terminate" if kill else "Stop"))

    @property
    def next_time(self) -> float | None:
        """When `advance` is to be called next, None if nothing waits for a time."""
        return self.timers.next_time

    # What its parts use

    def execute(self, call: Call, ended: Ended) -> None:
        """Execute a template; `ended` is told its node in the end."""
        from machiya.engines.local.argo.interpreter.execution import Execution  # which knows this module

        self.later(Execution(self, call, ended).begin)

    def do(self, command: Command) -> None:
        """Ask for something."""
        self._commands.append(command)

    def later(self, *actions: Callable[[], None]) -> None:
        """Do something after what is being done now."""
        self._queue.extend(actions)

    def add_node(
        self,
        name: str,
        kind: NodeType,
        phase: Phase,
        *,
        display_name: str = "",
        boundary: str = "",
        after: Sequence[str] = (),
        template: str = "",
        message: str = "",
    ) -> Node:
        """A new node."""
        identifier = node_id(self.facts.name, name)
        while identifier in self.nodes:  # two names with one hash: rare, and Argo would mistake one for the other
            identifier += "x"
        node = Node(identifier, name, display_name or name, kind, phase, template, boundary, tuple(after), message)
        node.started = self.now
        node.finished = self.now if phase.fulfilled else None
        self.nodes[identifier] = node
        self.do(NodeChanged(node))
        return node

    def change(self, node: Node, phase: Phase, message: str = "", outputs: Outputs | None = None) -> None:
        """A node's new phase, with what it gives to others; outputs with global names are known everywhere from now."""
        if outputs is not None:
            node.outputs = outputs
        if (phase, message) == (node.phase, node.message) and outputs is None:
            return
        node.phase, node.message = phase, message
        if phase.fulfilled and node.finished is None:
            node.finished = self.now
        self.do(NodeChanged(node))

    def export(self, node: Node, names: Mapping[str, str]) -> None:
        """Make outputs known to the whole workflow, under their global names."""
        self.scope.update(exported(node.outputs, names))

    def may_run(self, in_exit: bool) -> bool:
        """Whether new programs may start."""
        return not self.stopping or (in_exit and self.stopping != "Terminate")

    @property
    def stop_message(self) -> str:
        """Why programs do not start any more."""
        if self.stopping == "Deadline":
            return "workflow exceeded its activeDeadlineSeconds"
        return f"workflow shutdown with strategy: {self.stopping}"

    def end(self, phase: Phase, message: str) -> None:
        """The run is over."""
        self.ended = RunEnded(phase, message)
        self.do(self.ended)

    def _stop(self, how: str) -> None:
        if self.ended or self.stopping in (how, "Terminate"):
            return
        self.stopping = how
        for identifier, pod in list(self.active.items()):
            if not pod.in_exit or how == "Terminate":
                pod.stop(self.stop_message)
                self.do(StopPod(identifier, kill=how == "Terminate"))
        waiting = list(self.suspended.values())
        self.suspended.clear()
        self.later(*waiting, *self.timers.cut(), *self.gates.open())

    def _turn(self, now: float, *actions: Callable[[], None]) -> list[Command]:
        self.now = max(self.now, now)
        self._queue.extend(actions)
        while self._queue:
            self._queue.popleft()()
        commands, self._commands = self._commands, []
        return commands
