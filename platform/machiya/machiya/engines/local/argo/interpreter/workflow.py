"""The workflow as a whole: its entrypoint, its hooks, what runs on exit, and the phase in which it ends."""

import json

from machiya.engines.local.argo.interpreter.call import Call
from machiya.engines.local.argo.interpreter.hooks import HookRun
from machiya.engines.local.argo.interpreter.machine import Interpreter
from machiya.engines.local.argo.interpreter.nodes import Node, Phase
from machiya.engines.local.argo.model import Hook, Parameter, Values
from machiya.engines.local.argo.scope import Scope


class WorkflowRun:
    """Calls the entrypoint, then the exit handler."""

    def __init__(self, machine: Interpreter) -> None:
        self._machine = machine
        self._root: Node | None = None

    def begin(self) -> None:
        """Call the entrypoint."""
        machine = self._machine
        call = Call(
            name=machine.facts.name,
            display_name=machine.facts.name,
            source=machine.workflow,
            template=machine.specification.entrypoint,
            arguments=self._arguments(),
        )
        hooks = tuple(hook for hook in machine.specification.hooks if hook.name != "exit")
        HookRun(machine, hooks, call, self._hook_scope, self._ended).begin()

    def _arguments(self) -> Values:
        """The workflow's arguments with the values of this run: the entrypoint may take them as inputs."""
        arguments = self._machine.specification.arguments
        scope = self._machine.scope
        parameters = tuple(
            Parameter(one.name, value=str(scope.get(f"workflow.parameters.{one.name}"))) for one in arguments.parameters
        )
        return Values(parameters, arguments.artifacts)

    def _hook_scope(self, node: Node) -> Scope:
        return self._machine.scope.child({"workflow.status": str(node.phase)})

    def _ended(self, root: Node) -> None:
        self._root = root
        machine = self._machine
        machine.scope.update({
            "workflow.status": str(root.phase),
            "workflow.failures": json.dumps([_failure(node) for node in machine.nodes.values() if node.phase.bad]),
            "workflow.duration": f"{machine.now - root.started:.6f}",
        })  # fmt: skip
        hook = self._exit_hook()
        if hook is None or machine.stopping == "Terminate":
            self._close(None)
            return
        name = f"{machine.facts.name}.onExit"
        call = Call(
            name=name,
            display_name=name,
            source=machine.workflow,
            template=hook.template,
            template_ref=hook.template_ref,
            arguments=hook.arguments if hook.arguments != Values() else self._arguments(),
            after=(root.id,),
            in_exit=True,
        )
        machine.execute(call, self._close)

    def _exit_hook(self) -> Hook | None:
        specification = self._machine.specification
        if specification.on_exit:
            return Hook("exit", specification.on_exit)
        return next((hook for hook in specification.hooks if hook.name == "exit"), None)

    def _close(self, exit_node: Node | None) -> None:
        root = self._root
        if root is None:
            return
        phase, message = root.phase, root.message
        if phase in (Phase.SKIPPED, Phase.OMITTED):
            phase = Phase.SUCCEEDED
        if phase.bad and self._machine.stopping:
            strategies = {"Deadline": "Max duration limit exceeded"}
            message = strategies.get(self._machine.stopping, f"Stopped with strategy '{self._machine.stopping}'")
        elif not phase.bad and exit_node is not None and exit_node.phase.bad:
            phase, message = exit_node.phase, exit_node.message
        self._machine.end(phase, message)


def _failure(node: Node) -> dict[str, str]:
    return {
        "displayName": node.display_name,
        "message": node.message,
        "templateName": node.template,
        "phase": str(node.phase),
        "podName": node.id,
    }
