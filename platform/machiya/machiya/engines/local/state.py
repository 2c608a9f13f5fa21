"""The state of a run: a fold of its events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from machiya.engines.local.argo.interpreter.machine import RunFacts
from machiya.engines.local.argo.interpreter.nodes import Node
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


def named_nodes(state: RunState, name: str) -> list[Node]:
    """The nodes that people may mean by a name: an id, a whole name, a display name, or a step's with its loop."""
    exact = [node for node in state.nodes.values() if name in (node.id, node.name, node.display_name)]
    return exact or [node for node in state.nodes.values() if node.display_name.split("(")[0] == name]
