"""Lifecycle hooks: templates that run when a step (or the workflow) begins, changes or ends."""

from collections.abc import Callable
from dataclasses import replace

from machiya.engines.local.argo.expressions import ExpressionError, evaluate
from machiya.engines.local.argo.interpreter.call import Call, Ended
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.machine import Interpreter
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase
from machiya.engines.local.argo.interpreter.outputs import resolve_arguments
from machiya.engines.local.argo.model import Hook
from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute_all

ScopeOf = Callable[[Node], Scope]


class HookRun:
    """A call with its hooks; calls `ended` with the call's node when the hooks have ended, too."""

    def __init__(
        self, machine: Interpreter, hooks: tuple[Hook, ...], call: Call, scope_of: ScopeOf, ended: Ended
    ) -> None:
        self._machine = machine
        self._hooks = list(hooks)
        self._call = call
        self._scope_of = scope_of
        self._ended = ended
        self._node: Node | None = None
        self._open = 0
        self._exits = False

    def begin(self) -> None:
        """Make the call, and see which hooks speak of a step that runs."""
        if any(hook.name != "exit" for hook in self._hooks):
            running = Node("", self._call.name, self._call.display_name, NodeType.POD, Phase.RUNNING)
            self._trigger(running)
        self._machine.execute(self._call, self._called)

    def _called(self, node: Node) -> None:
        self._node = node
        if self._hooks and node.phase.completed:
            self._trigger(node)
        self._close()

    def _trigger(self, node: Node, *, on_exit: bool = False) -> None:
        """Start the hooks whose time has come; the one that runs on exit when all others have ended."""
        scope = self._scope_of(node)
        for hook in [hook for hook in self._hooks if (hook.name == "exit") is on_exit]:
            call = self._hook_call(hook)
            try:
                if not self._due(hook, scope):
                    continue
                resolved = substitute_all(hook.arguments, scope)
                call = replace(call, arguments=resolve_arguments(resolved, scope))
            except NodeError as error:
                self._machine.add_node(
                    call.name, NodeType.SKIPPED, Phase.ERROR, message=str(error), boundary=call.boundary
                )
                self._hooks.remove(hook)
                continue
            self._hooks.remove(hook)
            self._open += 1
            self._machine.execute(call, lambda _: self._hook_ended())

    def _due(self, hook: Hook, scope: Scope) -> bool:
        if not hook.expression and hook.name != "exit":
            raise NodeError(f"hook {hook.name!r}: an expression is required")
        if not hook.expression:
            return True
        try:
            return evaluate(hook.expression, scope.variables()) is True
        except ExpressionError as error:
            raise NodeError(f"hook {hook.name!r}: {error} (at character {error.position})") from error

    def _hook_call(self, hook: Hook) -> Call:
        suffix = "onExit" if hook.name == "exit" else f"hooks.{hook.name}"
        return replace(
            self._call,
            name=f"{self._call.name}.{suffix}",
            display_name=f"{self._call.display_name}.{suffix}",
            template=hook.template,
            template_ref=hook.template_ref,
            inline=None,
            arguments=hook.arguments,
            in_exit=self._call.in_exit or hook.name == "exit",
        )

    def _hook_ended(self) -> None:
        self._open -= 1
        self._close()

    def _close(self) -> None:
        if self._open or self._node is None:
            return
        if self._node.phase.completed and not self._exits:
            self._exits = True
            self._trigger(self._node, on_exit=True)
        self._end()

    def _end(self) -> None:
        if self._open == 0 and self._node is not None:
            node, self._node = self._node, None
            self._ended(node)
