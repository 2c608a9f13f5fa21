"""Container and script templates: one program."""

from typing import TYPE_CHECKING

from machiya.engines.local.argo.interpreter.call import Done
from machiya.engines.local.argo.interpreter.commands import StartPod, StopPod
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.machine import ActivePod
from machiya.engines.local.argo.interpreter.nodes import Node, Outcome, Phase
from machiya.engines.local.argo.interpreter.podspec import pod_spec
from machiya.engines.local.argo.interpreter.timers import Timer
from machiya.engines.local.argo.model import Template
from machiya.engines.local.argo.values import ArgoValueError, parse_duration, parse_integer

if TYPE_CHECKING:
    from machiya.engines.local.argo.interpreter.execution import Execution

ACTIVE_TOO_LONG = "Pod was active on the node longer than the specified deadline"
STEP_TOO_LONG = "Step exceeded its deadline"


class PodRun(ActivePod):
    """Asks for the program to be started when the workflow's parallelism allows, and sees to its time limits."""

    def __init__(self, execution: "Execution", node: Node, template: Template, done: Done) -> None:
        self._machine = execution.machine
        self.in_exit = execution.call.in_exit
        self._node = node
        self._template = template
        self._done = done
        self._timers: list[Timer] = []
        self._stopped_by = ""
        self._too_late = ""
        self._active_deadline: float | None = None

    def begin(self) -> None:
        """Start it, unless an earlier session of the run knows how it ended."""
        try:
            self._spec = pod_spec(self._machine, self._node, self._template)
            timeout = parse_duration(self._template.timeout) if self._template.timeout else None
            deadline = self._template.active_deadline
            self._active_deadline = parse_integer(deadline, "activeDeadlineSeconds") if deadline else None
        except (NodeError, ArgoValueError) as error:
            self._done(Phase.ERROR, str(error), None)
            return
        self._node.fingerprint = self._spec.fingerprint()
        known = self._machine.known.get(self._node.name)
        if known is not None and known.fingerprint == self._node.fingerprint and known.phase.completed:
            self._node.started, self._node.finished = known.started, known.finished
            self._done(known.phase, known.message, known.outputs)
            return
        if timeout is not None:
            self._timers.append(
                self._machine.timers.add(self._machine.now + timeout, lambda: self._late(STEP_TOO_LONG))
            )
        self._machine.gates.pods.enter(self._node.id, self._admitted)

    def _admitted(self) -> None:
        if not self._machine.may_run(self.in_exit) or self._too_late:
            self._finish(Phase.FAILED, self._too_late or self._machine.stop_message, None)
            return
        self._machine.active[self._node.id] = self
        self._machine.do(StartPod(self._spec))

    def started(self) -> None:
        """Its program runs."""
        self._machine.change(self._node, Phase.RUNNING)
        if self._active_deadline is not None:
            end = self._machine.now + self._active_deadline
            self._timers.append(self._machine.timers.add(end, lambda: self._late(ACTIVE_TOO_LONG)))

    def stop(self, message: str) -> None:
        """It is being ended because the run is."""
        self._stopped_by = message

    def _late(self, message: str) -> None:
        self._too_late = self._too_late or message
        if self._node.id in self._machine.active:
            self._machine.do(StopPod(self._node.id))

    def ended(self, outcome: Outcome) -> None:
        """Its program ended."""
        if self._too_late:
            self._finish(Phase.FAILED, self._too_late, outcome)
        elif self._stopped_by and outcome.phase is not Phase.SUCCEEDED:
            self._finish(Phase.FAILED, self._stopped_by, outcome)
        else:
            self._finish(outcome.phase, outcome.message, outcome)

    def _finish(self, phase: Phase, message: str, outcome: Outcome | None) -> None:
        for timer in self._timers:
            timer.cancel()
        self._machine.later(*self._machine.gates.pods.leave(self._node.id))
        self._done(phase, message, outcome.outputs if outcome is not None else None)
