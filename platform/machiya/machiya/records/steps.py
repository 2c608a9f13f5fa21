"""The steps of a run as a tree, in the groups in which Argo shows them; attempts belong to the step that is retried."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase, Usage
from machiya.manifest.names import numbers
from machiya.records.meanings import exit_meaning
from machiya.records.times import iso

COMPONENT, VERSION, OPERATION, COMMIT = (f"machiya/{name}" for name in ("component", "version", "operation", "commit"))
"""Labels of the steps that `machiya render` makes."""

INTERRUPTED = "Interrupted"
"""What has not ended, and nobody works on: the engine was killed, or the machine stopped."""


@dataclass(eq=False)
class Step:
    """A node with what is inside it. ``phase`` is the node's, or ``Interrupted`` where nobody works on it any more.

    A step that ``fans_out`` is a DAG of nothing but one loop of its own name, and stands for that.
    """

    node: Node
    phase: str
    attempts: list["Step"] = field(default_factory=list)
    children: list["Step"] = field(default_factory=list)
    fans_out: bool = False

    @property
    def is_loop(self) -> bool:
        """Whether what is inside are the turns of a loop."""
        return self.fans_out or self.node.type is NodeType.TASK_GROUP

    @property
    def is_hook(self) -> bool:
        """Whether it runs on the exit of another step or of the run, or as a hook of it."""
        return self.node.name.endswith(".onExit") or ".hooks." in self.node.name

    @property
    def name(self) -> str:
        """As people call it: ``train``, ``predict(0:00000)``."""
        return self.node.display_name

    @property
    def cached(self) -> bool:
        """Whether its outputs are those of an earlier run."""
        return self.node.memo_hit

    @property
    def bad(self) -> bool:
        """Whether it ended badly."""
        return self.node.phase.bad

    @property
    def last(self) -> Node:
        """The node whose program ended the step: its last attempt, or its own."""
        return self.attempts[-1].node if self.attempts else self.node

    @property
    def exit_code(self) -> int | None:
        """That of its program; None where none ended."""
        own = self.node.outputs.exit_code
        return own if own is not None else self.last.outputs.exit_code

    @property
    def usage(self) -> Usage | None:
        """What its program took; of a cached step, what it took to compute the outputs. None where none is known."""
        return self.node.usage or self.last.usage

    @property
    def seconds(self) -> float | None:
        """How long it took; None before its end, and for what did not run."""
        node = self.node
        return node.finished - node.started if node.finished is not None and node.phase.completed else None

    def leaves(self) -> Iterator["Step"]:
        """The steps that do something, in order: those with nothing inside."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def makers(self) -> Iterator["Step"]:
        """The steps that put something out, in order: these, and what fans out as a whole."""
        if not self.children or self.fans_out:
            yield self
        for child in self.children:
            yield from child.makers()

    def walk(self) -> Iterator["Step"]:
        """This one and all inside it, attempts too."""
        yield self
        for inner in (*self.attempts, *self.children):
            yield from inner.walk()

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya show`."""
        node = self.node
        return {
            "id": node.id,
            "name": self.name,
            "type": str(node.type),
            "phase": self.phase,
            "message": node.message,
            "started": iso(node.started),
            "finished": iso(node.finished),
            "seconds": self.seconds,
            "cached": self.cached,
            "usage": self.usage.to_json() if self.usage is not None else None,
            "exitCode": self.exit_code,
            "exitMeaning": exit_meaning(self.exit_code, self.last.message),
            "component": node.labels.get(COMPONENT),
            "version": node.labels.get(VERSION),
            "operation": node.labels.get(OPERATION),
            "parameters": dict(node.inputs),
            "numbers": numbers(node.outputs.parameters),
            "attempts": [attempt.to_json() for attempt in self.attempts],
            "steps": [child.to_json() for child in self.children],
        }


def build_tree(nodes: Mapping[str, Node], *, interrupted: bool = False) -> list[Step]:
    """The outermost nodes (the workflow's, and what runs on exit), with all others inside them."""
    steps = {node.id: Step(node, _phase(node, interrupted=interrupted)) for node in nodes.values()}
    by_name = {step.node.name: step for step in steps.values()}
    roots = []
    for step in steps.values():
        retried = _retried(step.node, by_name)
        outer = retried or _group(step.node, steps) or steps.get(step.node.boundary)
        if outer is None or outer is step:
            roots.append(step)
        elif retried is not None and step.node.type is NodeType.POD:
            outer.attempts.append(step)
        else:
            outer.children.append(step)
    for step in steps.values():
        step.children.sort(key=lambda child: _place(child.node, step.node))
        step.attempts.sort(key=lambda attempt: _number(attempt.node.name, step.node.name))
    for step in steps.values():
        _join_fan_out(step)
    return sorted(roots, key=lambda root: root.node.started)


def _join_fan_out(step: Step) -> None:
    """`machiya render` makes a fan-out a template of its own, so that it is remembered as a whole."""
    if step.node.type is NodeType.DAG and len(step.children) == 1:
        (loop,) = step.children
        if loop.node.type is NodeType.TASK_GROUP and loop.name == step.name:
            step.children, step.fans_out = loop.children, True


def _phase(node: Node, *, interrupted: bool) -> str:
    return INTERRUPTED if interrupted and not node.phase.fulfilled else str(node.phase)


def _retried(node: Node, by_name: Mapping[str, Step]) -> Step | None:
    """The retried step of which a node is an attempt."""
    if not node.name.endswith(")"):
        return None
    found = by_name.get(node.name.rpartition("(")[0])
    return found if found is not None and found.node.type is NodeType.RETRY else None


def _group(node: Node, steps: Mapping[str, Step]) -> Step | None:
    """The loop or group of steps that a node is in."""
    for identifier in node.after:
        found = steps.get(identifier)
        if found is None:
            continue
        mark = {NodeType.TASK_GROUP: "(", NodeType.STEP_GROUP: "."}.get(found.node.type)
        if mark is not None and node.name.startswith(found.node.name + mark):
            return found
    return None


def _place(node: Node, outer: Node) -> tuple[float, float]:
    """Turns of a loop in the order of their items, everything else in the order in which it began."""
    if outer.type is NodeType.TASK_GROUP:
        return _number(node.name, outer.name), node.started
    return node.started, 0


def _number(name: str, outer: str) -> int:
    """``3`` of ``outer(3)`` and of ``outer(3:item)``."""
    digits = name.removeprefix(f"{outer}(").split(":")[0].rstrip(")")
    return int(digits) if digits.isdigit() else 0


@dataclass(frozen=True)
class Counts:
    """How many steps came to what. ``done`` ran to a good end; ``cached`` did not have to run."""

    done: int = 0
    cached: int = 0
    failed: int = 0
    running: int = 0
    skipped: int = 0

    def to_json(self) -> dict[str, int]:
        """The counts by name."""
        return dict(vars(self))


def count_steps(steps: Iterable[Step]) -> Counts:
    """Count steps that have nothing inside."""
    found = dict.fromkeys(("done", "cached", "failed", "running", "skipped"), 0)
    for step in steps:
        found[_outcome(step)] += 1
    return Counts(**found)


def _outcome(step: Step) -> str:
    phase = step.node.phase
    if step.cached:
        return "cached"
    if phase.bad:
        return "failed"
    if not phase.fulfilled:
        return "running"
    return "done" if phase is Phase.SUCCEEDED else "skipped"
