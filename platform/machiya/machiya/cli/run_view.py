"""What is seen of a run while it runs: a line for what begins and ends; on a terminal, what is running below them."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from machiya.cli.output import shown_path
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase, node_id
from machiya.engines.local.events import Entry, NodeChanged, Noted, PodLaunched, Stopping
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.state import RunState
from machiya.records.meanings import exit_meaning

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN_RUNNING = 8
_REFRESHES = 4
_TAIL_BYTES = 4096


@dataclass
class _Running:
    name: str
    since: float
    log: "Path"


class RunView:
    """Watches the events of one session; see `shown`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._folder: RunFolder | None = None
        self._running: dict[str, _Running] = {}
        self._ended: set[str] = set()
        self._began: dict[str, float] = {}
        self._start = time.time()

    def follow(self, folder: RunFolder) -> None:
        """The run that the events are of."""
        self._folder = folder
        self.say(f"{folder.name}: begins in {shown_path(folder.path)}")

    def say(self, text: str) -> None:
        """One line."""
        line = Text(f"{time.strftime('%H:%M:%S')}  ", "dim").append(Text(text))
        self._console.print(line, soft_wrap=True, highlight=False)

    def observe(self, entry: Entry, state: RunState) -> None:
        """One event; called in the engine's thread."""
        event = entry.event
        if isinstance(event, PodLaunched):
            self._launched(state.nodes[event.node], state, entry.time)
        elif isinstance(event, NodeChanged):
            self._changed(state.nodes[event.node["id"]], state)
        elif isinstance(event, Stopping):
            self.say("killing what still runs" if event.kill else "stopping; once more kills what still runs")
        elif isinstance(event, Noted):
            self.say(f"note: {event.text}")

    def _launched(self, node: Node, state: RunState, now: float) -> None:
        log = self._folder.log(node.id) if self._folder is not None else None
        step = _retried(node, state) or node
        self._began.setdefault(step.id, now)
        if log is not None:
            self._running[node.id] = _Running(step.display_name, now, log)
        if step is node or node.name.endswith("(0)"):
            self.say(f"{step.display_name}: started")
        else:
            self.say(f"{step.display_name}: started again")

    def _changed(self, node: Node, state: RunState) -> None:
        if node.phase.fulfilled:
            self._running.pop(node.id, None)
        is_step = node.type in (NodeType.POD, NodeType.RETRY) or node.memo_hit  # a fan-out is remembered as a whole
        if not is_step or node.id in self._ended:
            return
        if node.type is NodeType.RETRY and node.message.startswith("Backoff"):
            self.say(f"{node.display_name}: {_last_failure(node, state)}; {node.message[0].lower()}{node.message[1:]}")
        elif node.phase.completed and _retried(node, state) is None:
            self._ended.add(node.id)
            self.say(f"{node.display_name}: {_ending(node, self._began.pop(node.id, node.started))}")

    def __rich__(self) -> RenderableType:
        rows = Table.grid(padding=(0, 2))
        running = list(self._running.values())
        for one in running[:_SHOWN_RUNNING]:
            rows.add_row("  ", one.name, _clock(time.time() - one.since), _progress(one.log))
        if len(running) > _SHOWN_RUNNING:
            rows.add_row("  ", f"and {len(running) - _SHOWN_RUNNING} more", "", "")
        counts = f"{len(self._ended)} steps done, {len(running)} running"
        return Group(Text(f"{_clock(time.time() - self._start)}  {counts}", "bold"), rows)


@contextmanager
def shown(console: Console) -> Iterator[RunView]:
    """A view that is shown while the block runs."""
    view = RunView(console)
    if not console.is_terminal:
        yield view
        return
    with Live(view, console=console, refresh_per_second=_REFRESHES, transient=True):
        yield view


def _retried(node: Node, state: RunState) -> Node | None:
    """The retried step of which a node is an attempt."""
    if not node.name.endswith(")") or state.facts is None:
        return None
    found = state.nodes.get(node_id(state.facts.name, node.name.rpartition("(")[0]))
    return found if found is not None and found.type is NodeType.RETRY else None


def _last_failure(node: Node, state: RunState) -> str:
    """How the last attempt of a retried step ended."""
    attempts = [one for one in state.nodes.values() if one.name.startswith(f"{node.name}(") and one.phase.bad]
    last = max(attempts, key=lambda one: one.started, default=None)
    return _ending(last, last.started) if last is not None else "failed"


def _ending(node: Node, began: float) -> str:
    """How a step ended that began to run at some time: it may have waited for room before."""
    seconds = f"{(node.finished or began) - began:.1f} s"
    if node.memo_hit:
        return "from the cache"
    if node.phase is Phase.SUCCEEDED:
        return f"done in {seconds}"
    meaning = exit_meaning(node.outputs.exit_code, node.message)
    return f"{str(node.phase).lower()} after {seconds}: {node.message}" + (f": {meaning}" if meaning else "")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def _progress(log: "Path") -> str:
    """What the program last told of its progress (see the kit's `Progress`), else nothing."""
    try:
        with log.open("rb") as file:
            file.seek(max(log.stat().st_size - _TAIL_BYTES, 0))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        if line.startswith('{"progress"'):
            try:
                told = json.loads(line)
                return f"{told['progress']} {told['done']} of {told['total']}"
            except (ValueError, KeyError, TypeError):
                continue
    return ""
