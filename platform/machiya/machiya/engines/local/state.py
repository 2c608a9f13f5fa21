"""The state of a run: a fold of its events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from machiya.engines.local.argo.interpreter.machine import RunFacts
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase
from machiya.engines.local.events import (
    Entry,
    NodeChanged,
    Noted,
    PodLaunched,
    RunCreated,
    RunEnded,
    SessionStarted,
    Stopping,
)

_GROUPS = (NodeType.TASK_GROUP, NodeType.STEP_GROUP, NodeType.RETRY)


@dataclass
class RunState:
    """What is known of a run. ``handles`` are those of programs that were started and have not been seen to end."""

    facts: RunFacts | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    handles: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    phase: str = "Pending"
    message: str = ""
    sessions: int = 0
    stopping: bool = False
    started: float | None = None
    finished: float | None = None

    @property
    def ended(self) -> bool:
        """Whether the last session came to the end of the run."""
        return self.finished is not None

    def apply(self, entry: Entry) -> None:
        """Take one event in."""
        event = entry.event
        if isinstance(event, RunCreated):
            self.facts, self.options = RunFacts(**event.facts), event.options
        elif isinstance(event, SessionStarted):
            self.sessions += 1
            self.phase, self.message, self.finished, self.stopping = "Running", "", None, False
            self.started = self.started or entry.time
            for identifier in event.forgotten:
                self.nodes.pop(identifier, None)
        elif isinstance(event, NodeChanged):
            self._node(Node.from_json(event.node))
        elif isinstance(event, PodLaunched):
            self.handles[event.node] = event.handle
        elif isinstance(event, Stopping):
            self.stopping = True
        elif isinstance(event, Noted):
            self.notes.append(event.text)
        elif isinstance(event, RunEnded):
            self.phase, self.message, self.finished = event.phase, event.message, entry.time

    def _node(self, node: Node) -> None:
        self.nodes[node.id] = node
        if node.phase.fulfilled:
            self.handles.pop(node.id, None)


def fold(entries: Iterable[Entry]) -> RunState:
    """The state after these events."""
    state = RunState()
    for entry in entries:
        state.apply(entry)
    return state


def known_nodes(state: RunState, again: frozenset[str] = frozenset()) -> dict[str, Node]:
    """The nodes, by name, whose outcome the next session may take over; those in `again` (ids) it may not.

    These are all that succeeded, and the failed attempts of a retry that has not come to a bad end: they count
    against its limit. What runs on exit runs again once the run had ended.
    """
    by_name = {node.name: node for node in state.nodes.values()}
    exits = f"{state.facts.name}.onExit" if state.facts is not None and state.ended else None
    return {
        node.name: node
        for node in state.nodes.values()
        if node.id not in again
        and not (exits is not None and node.name.startswith(exits))
        and (node.phase is Phase.SUCCEEDED or _counts(node, by_name))
    }


def _counts(node: Node, by_name: Mapping[str, Node]) -> bool:
    retry = by_name.get(node.name.rpartition("(")[0])
    attempt = node.type is NodeType.POD and node.phase.bad and retry is not None and retry.type is NodeType.RETRY
    return attempt and retry is not None and not retry.phase.bad


def named_nodes(state: RunState, name: str) -> list[Node]:
    """The nodes that people may mean by a name: an id, a whole name, a display name, or a step's with its loop."""
    exact = [node for node in state.nodes.values() if name in (node.id, node.name, node.display_name)]
    return exact or [node for node in state.nodes.values() if node.display_name.split("(")[0] == name]


def downstream(state: RunState, names: Iterable[str]) -> frozenset[str]:
    """The ids of these nodes (ids), of all inside them, and of all that waited for one of them."""
    dirty, touched = set(names), set[str]()
    by_name = {node.name: node for node in state.nodes.values()}
    containers = {node.id: _around(node, state.nodes, by_name) for node in state.nodes.values()}
    changed = True
    while changed:
        changed = False
        for node in state.nodes.values():
            around = containers[node.id]
            hit = node.id in dirty or any(one in dirty for one in around)
            hit = hit or any(one in dirty or one in touched for one in node.after if one not in around)
            if hit and node.id not in dirty:
                dirty.add(node.id)
                changed = True
            if (node.id in dirty or node.id in touched) and not touched.issuperset(around):
                touched.update(around)
                changed = True
    return frozenset(dirty)


def _around(node: Node, nodes: Mapping[str, Node], by_name: Mapping[str, Node]) -> list[str]:
    """The ids of what contains a node: the DAG or steps, and its group or retry."""
    containers = [node.boundary] if node.boundary else []
    for identifier in node.after:
        other = nodes.get(identifier)
        if other is not None and other.type in _GROUPS and node.name.startswith((f"{other.name}(", f"{other.name}.")):
            containers.append(identifier)
    if node.name.endswith(")"):  # a later attempt waits for the one before, and is inside the same retry
        retry = by_name.get(node.name.rpartition("(")[0])
        if retry is not None:
            containers.append(retry.id)
    return containers
