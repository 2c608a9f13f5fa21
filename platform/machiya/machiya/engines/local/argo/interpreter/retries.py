"""retryStrategy: attempts, and whether there is another."""

from typing import TYPE_CHECKING

from machiya.engines.local.argo.expressions import ExpressionError, evaluate
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Outputs, Phase
from machiya.engines.local.argo.model import RetryStrategy
from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute_all
from machiya.engines.local.argo.values import ArgoValueError, parse_duration, parse_integer

if TYPE_CHECKING:
    from machiya.engines.local.argo.interpreter.execution import Execution

_POLICIES = {
    "OnFailure": {Phase.FAILED},
    "OnError": {Phase.ERROR},
    "Always": {Phase.FAILED, Phase.ERROR},
    "OnTransientError": set[Phase](),
}
_FIRST = {"lastRetry.exitCode": "0", "lastRetry.status": "", "lastRetry.duration": "0", "lastRetry.message": ""}
_TYPES = {"dag": NodeType.DAG, "steps": NodeType.STEPS, "suspend": NodeType.SUSPEND}


class RetryRun:
    """The node of type Retry, whose attempts are nodes ``name(0)``, ``name(1)`` and so on."""

    def __init__(self, execution: "Execution", node: Node, strategy: RetryStrategy) -> None:
        self._execution = execution
        self._machine = execution.machine
        self._node = node
        self._strategy = strategy
        self._attempts: list[Node] = []

    def begin(self) -> None:
        """The first attempt."""
        self._machine.change(self._node, Phase.RUNNING)
        self._attempt()

    def _attempt(self) -> None:
        number = len(self._attempts)
        last = self._attempts[-1] if self._attempts else None
        if last is not None and not self._machine.may_run(self._execution.call.in_exit):
            self._end(last.phase, self._machine.stop_message, None)
            return
        kind = _TYPES.get(self._execution.template.kind, NodeType.POD)
        display = f"{self._node.display_name}({number})"
        after = (last.id,) if last is not None else (self._node.id,)
        node = self._execution.add_node(f"{self._node.name}({number})", kind, display_name=display, after=after)
        self._attempts.append(node)
        more = {"retries": str(number), **_FIRST, **(_last_retry(last) if last is not None else {})}
        self._execution.run_body(
            node, more, lambda phase, message, outputs: self._attempted(node, phase, message, outputs)
        )

    def _attempted(self, node: Node, phase: Phase, message: str, outputs: Outputs | None) -> None:
        self._machine.change(node, phase, message, outputs)
        if not phase.bad:
            self._end(phase, "", outputs)
            return
        try:
            refusal = self._refusal(node)
            wait = self._wait()
        except (ArgoValueError, ExpressionError) as error:
            self._end(Phase.ERROR, f"retryStrategy: {error}", None)
            return
        if refusal is not None:
            self._end(phase, refusal, node.outputs)
        elif wait > 0:
            self._machine.change(self._node, Phase.RUNNING, f"Backoff for {wait:g} seconds")
            self._machine.timers.add(self._machine.now + wait, self._attempt, cut_short=True)
        else:
            self._machine.later(self._attempt)

    def _end(self, phase: Phase, message: str, outputs: Outputs | None) -> None:
        self._execution.finish(self._node, phase, message, outputs)

    def _refusal(self, last: Node) -> str | None:
        """Why there is no other attempt; None if there is one."""
        strategy = substitute_all(
            self._strategy, Scope(self._execution.scope, {"retries": str(len(self._attempts) - 1)})
        )
        policy = strategy.policy or ("Always" if strategy.expression else "OnFailure")
        if not self._machine.may_run(self._execution.call.in_exit):
            return last.message or self._machine.stop_message
        if policy not in _POLICIES:
            raise ArgoValueError(f"{policy!r} is no retryPolicy; it is one of {', '.join(_POLICIES)}")
        if last.phase not in _POLICIES[policy]:
            return last.message
        if strategy.limit and len(self._attempts) > parse_integer(strategy.limit, "retryStrategy.limit"):
            return f"No more retries left: {last.message}" if last.message else "No more retries left"
        if (limit := self._too_late()) is not None:
            return limit
        if strategy.expression and not self._wanted(strategy.expression, last):
            return last.message or "retryStrategy.expression evaluated to false"
        return None

    def _wanted(self, expression: str, last: Node) -> bool:
        variables = Scope(self._execution.scope, {"retries": str(len(self._attempts) - 1), **_last_retry(last)})
        value = evaluate(expression, variables.variables())
        if not isinstance(value, bool):
            raise ArgoValueError(f"the expression {expression!r} is {value!r}, neither true nor false")
        return value

    def _wait(self) -> float:
        backoff = self._strategy.backoff
        if backoff is None:
            return 0.0
        if not backoff.duration:
            raise ArgoValueError("the backoff has no duration")
        factor = parse_integer(backoff.factor, "backoff.factor") if backoff.factor else 1
        wait = parse_duration(backoff.duration) * float(factor ** (len(self._attempts) - 1))
        return min(wait, parse_duration(backoff.cap)) if backoff.cap else wait

    def _too_late(self) -> str | None:
        """Argo's message when there is no time for another attempt."""
        backoff = self._strategy.backoff
        if backoff is None or not backoff.max_duration:
            return None
        end = self._attempts[0].started + parse_duration(backoff.max_duration)
        if self._machine.now > end:
            return "Max duration limit exceeded"
        return "Backoff would exceed max duration limit" if self._machine.now + self._wait() > end else None


def _last_retry(last: Node) -> dict[str, str]:
    """What an expression may know of the last attempt; all are texts, as in Argo."""
    code = last.outputs.exit_code
    seconds = (last.finished or last.started) - last.started
    return {
        "lastRetry.exitCode": "-1" if code is None else str(code),
        "lastRetry.status": str(last.phase),
        "lastRetry.duration": f"{seconds:g}",
        "lastRetry.message": last.message,
    }
