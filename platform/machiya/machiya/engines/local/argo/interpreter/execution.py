"""How a template is executed: inputs, locks, memory, retries, then what kind of template it is."""

from dataclasses import replace

from machiya.engines.local.argo.interpreter.arguments import bind
from machiya.engines.local.argo.interpreter.call import Call, Done, Ended
from machiya.engines.local.argo.interpreter.commands import Recall, Remember
from machiya.engines.local.argo.interpreter.dag import DagRun
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.gates import Gate
from machiya.engines.local.argo.interpreter.machine import Interpreter
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Outputs, Phase
from machiya.engines.local.argo.interpreter.pods import PodRun
from machiya.engines.local.argo.interpreter.retries import RetryRun
from machiya.engines.local.argo.interpreter.steps import StepsRun
from machiya.engines.local.argo.interpreter.suspend import SuspendRun
from machiya.engines.local.argo.model import Memoize, Template
from machiya.engines.local.argo.substitution import substitute_all, unresolved
from machiya.engines.local.argo.values import ArgoValueError, parse_duration, parse_integer
from machiya.manifest.grammar.names import is_field_name

MAX_DEPTH = 100
"""Argo's limit: a recursion that never ends ends here."""

_TYPES = {
    "container": NodeType.POD,
    "script": NodeType.POD,
    "dag": NodeType.DAG,
    "steps": NodeType.STEPS,
    "suspend": NodeType.SUSPEND,
}


class Execution:
    """One template on its way; calls `ended` with its node, once."""

    def __init__(self, machine: Interpreter, call: Call, ended: Ended) -> None:
        self.machine = machine
        self.call = call
        self._ended = ended
        self._gates: list[Gate] = []
        self._node: Node | None = None
        self._memo: Memoize | None = None
        self.template = Template(call.template_name)
        self.scope = machine.scope
        self.source = call.source

    def begin(self) -> None:
        """Resolve it and begin, or wait for room."""
        call, machine = self.call, self.machine
        if call.depth >= MAX_DEPTH:
            self.fail(f"maximum recursion depth exceeded: {call.depth} templates are called inside each other")
            return
        try:
            template, self.source = machine.library.find(call.template, call.template_ref, call.inline, call.source)
            self.template, self.scope = bind(template, call.arguments, machine.scope, machine.manifest.config_maps)
            wanted = self._wanted()
        except (NodeError, ArgoValueError) as error:
            self.fail(str(error))
            return
        self._enter(wanted)

    def fail(self, message: str) -> None:
        """End in the phase Error without having run."""
        if self._node is None:
            self._node = self._add(NodeType.SKIPPED, Phase.ERROR, message)
        self.finish(self._node, Phase.ERROR, message)

    def add_node(self, name: str, kind: NodeType, *, display_name: str = "", after: tuple[str, ...] = ()) -> Node:
        """A node of this template, beside its own: an attempt."""
        node = self.machine.add_node(
            name,
            kind,
            Phase.PENDING if kind is NodeType.POD else Phase.RUNNING,
            display_name=display_name,
            boundary=self.call.boundary,
            after=after,
            template=self.template.name or self.call.template_name,
        )
        node.labels = self.template.labels
        return node

    def _add(self, kind: NodeType, phase: Phase, message: str = "") -> Node:
        node = self.machine.add_node(
            self.call.name,
            kind,
            phase,
            display_name=self.call.display_name,
            boundary=self.call.boundary,
            after=self.call.after,
            template=self.template.name or self.call.template_name,
            message=message,
        )
        node.labels = self.template.labels
        node.inputs = {one.name: one.value or "" for one in self.template.inputs.parameters}
        return node

    # Locks and limits

    def _wanted(self) -> list[Gate]:
        gates = []
        siblings = self.machine.gates.children_of(self.call.boundary)
        if siblings is not None:
            gates.append(siblings)
        locks = self.template.synchronization
        if locks is not None:
            gates += [self.machine.gates.lock(f"Mutex/{name}", 1) for name in sorted(locks.mutexes)]
            for reference in locks.semaphores:
                size = self.machine.manifest.config_maps.get(reference.name, {}).get(reference.key)
                if size is None:
                    raise NodeError(
                        f"the semaphore needs the key {reference.key!r} of the ConfigMap {reference.name!r}, "
                        "which is not there; give a file that has it"
                    )
                limit = parse_integer(size, "the size of a semaphore")
                gates.append(self.machine.gates.lock(f"ConfigMap/{reference.name}/{reference.key}", limit))
        return gates

    def _enter(self, wanted: list[Gate]) -> None:
        """Through one gate after the other, always in the same order, so that no two wait for each other."""
        if not wanted:
            self._recall()
            return
        gate, rest = wanted[0], wanted[1:]
        at_once = gate.enter(self.call.name, lambda: self._entered(gate, rest))
        if not at_once and gate.name:
            kind = NodeType.RETRY if self.template.retry else _TYPES[self.template.kind]
            message = f"Waiting for {gate.name} lock. Lock status: {gate.limit}/{gate.limit}"
            self._node = self._add(kind, Phase.PENDING, message)

    def _entered(self, gate: Gate, rest: list[Gate]) -> None:
        self._gates.append(gate)
        self.machine.later(lambda: self._enter(rest))

    # Memory

    def _recall(self) -> None:
        memo = self.template.memoize
        if memo is None or not memo.key:
            self._execute()
            return
        if unresolved(memo.key) or not is_field_name(memo.key):
            self.fail(
                f"invalid cache key {memo.key!r}: it may hold letters, digits and dashes, and begins with no dash"
            )
            return
        if not self.machine.may_run(self.call.in_exit):
            self._execute()
            return
        self._memo = memo
        node = self._own_node()
        node.memo_key = memo.key
        before = self.machine.known.get(node.name)
        if before is not None and before.memo_key == memo.key and before.phase is Phase.SUCCEEDED:
            self._take_over(node, before)
            return
        try:
            max_age = parse_duration(memo.max_age) if memo.max_age else None
        except ArgoValueError as error:
            self.fail(f"memoize.maxAge: {error}")
            return
        self.machine.recalls[node.id] = self._remembered
        self.machine.do(Recall(node.id, memo.key, memo.cache, max_age))

    def _remembered(self, outputs: Outputs | None) -> None:
        if outputs is None:
            self._execute()
            return
        self._memo = None
        node = self._own_node()
        node.memo_hit = True
        self.finish(node, Phase.SUCCEEDED, "", outputs)

    def _take_over(self, node: Node, before: Node) -> None:
        """What an earlier session of the run had under the same key; it is remembered, unless it came from there."""
        if before.memo_hit:
            self._memo = None
        node.memo_hit, node.fingerprint = before.memo_hit, before.fingerprint
        node.started, node.finished = before.started, before.finished
        self.finish(node, Phase.SUCCEEDED, "", before.outputs)

    def _own_node(self) -> Node:
        if self._node is None:
            kind = NodeType.RETRY if self.template.retry else _TYPES[self.template.kind]
            self._node = self._add(kind, Phase.PENDING)
        return self._node

    # The thing itself

    def _execute(self) -> None:
        node = self._own_node()
        if self.template.retry is not None:
            RetryRun(self, node, self.template.retry).begin()
        else:
            self.run_body(node, {}, lambda phase, message, outputs: self.finish(node, phase, message, outputs))

    def run_body(self, node: Node, more: dict[str, str], done: Done) -> None:
        """Run what kind of template it is, as `node`; `more` are variables of the attempt."""
        variables = {"node.name": node.name, "pod.name": pod_name(self.machine, node), **more}
        template: Template = substitute_all(replace(self.template, memoize=None), self.scope.child(variables))
        kind = template.kind
        if kind in ("container", "script"):
            PodRun(self, node, template, done).begin()
        elif kind == "suspend":
            SuspendRun(self, node, template, done).begin()
        elif kind == "dag":
            self._limit(node)
            DagRun(self, node, template, done).begin()
        else:
            self._limit(node)
            StepsRun(self, node, template, done).begin()

    def _limit(self, node: Node) -> None:
        self.machine.change(node, Phase.RUNNING)
        if self.template.parallelism is not None:
            self.machine.gates.limit_children(node.id, self.template.parallelism)

    def finish(self, node: Node, phase: Phase, message: str = "", outputs: Outputs | None = None) -> None:
        """The end of it."""
        self.machine.change(node, phase, message, outputs)
        if self._memo is not None:
            kept = node.outputs if phase is Phase.SUCCEEDED else None
            self.machine.do(Remember(node.id, self._memo.key, self._memo.cache, kept))
            self._memo = None
        names = {
            f"parameters.{one.name}": one.global_name for one in self.template.outputs.parameters if one.global_name
        }
        names |= {
            f"artifacts.{one.name}": one.global_name for one in self.template.outputs.artifacts if one.global_name
        }
        if names:
            self.machine.export(node, names)
        for gate in self._gates:
            self.machine.later(*gate.leave(self.call.name))
        self.machine.later(lambda: self._ended(node))


def pod_name(machine: Interpreter, node: Node) -> str:
    """Argo's name of a pod: the workflow, the template and the hash of the node's name."""
    if node.id == machine.facts.name:
        return node.id
    return f"{machine.facts.name}-{node.template}-{node.id.rpartition('-')[2]}"
