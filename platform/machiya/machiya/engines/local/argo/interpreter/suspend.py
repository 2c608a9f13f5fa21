"""Suspend templates."""

from typing import TYPE_CHECKING

from machiya.engines.local.argo.interpreter.call import Done
from machiya.engines.local.argo.interpreter.nodes import Node, Phase
from machiya.engines.local.argo.model import Template
from machiya.engines.local.argo.values import ArgoValueError, parse_duration

if TYPE_CHECKING:
    from machiya.engines.local.argo.interpreter.execution import Execution


class SuspendRun:
    """Waits for a time, or for somebody."""

    def __init__(self, execution: "Execution", node: Node, template: Template, done: Done) -> None:
        self._machine = execution.machine
        self._in_exit = execution.call.in_exit
        self._node = node
        self._template = template
        self._done = done

    def begin(self) -> None:
        """Wait, unless an earlier session of the run has waited."""
        known = self._machine.known.get(self._node.name)
        if known is not None and known.phase is Phase.SUCCEEDED:
            self._done(Phase.SUCCEEDED, "", None)
            return
        self._machine.change(self._node, Phase.RUNNING)
        duration = self._template.suspend.duration if self._template.suspend is not None else ""
        if not duration:
            self._machine.suspended[self._node.id] = self._go_on
            return
        try:
            end = self._node.started + parse_duration(duration)
        except ArgoValueError as error:
            self._done(Phase.ERROR, f"suspend.duration: {error}", None)
            return
        self._machine.timers.add(end, self._go_on, cut_short=True)

    def _go_on(self) -> None:
        if self._machine.may_run(self._in_exit):
            self._done(Phase.SUCCEEDED, "", None)
        else:
            self._done(Phase.FAILED, self._machine.stop_message, None)
