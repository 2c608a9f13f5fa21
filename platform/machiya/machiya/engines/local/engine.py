"""The engine: one run, from what its events say to its end.

Whatever the interpreter decides is written to the event log before it is done. So a run that ends at any moment, even
by `kill -9`, can be continued: what had succeeded is known; what was running is found, and ended before it runs again.
"""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from machiya.engines.local.argo.interpreter import Interpreter
from machiya.engines.local.argo.interpreter.commands import (
    Command,
    NodeChanged,
    PodSpec,
    Recall,
    Remember,
    RunEnded,
    StartPod,
    StopPod,
)
from machiya.engines.local.argo.interpreter.nodes import NodeType, Outcome, Phase
from machiya.engines.local.cache import Memo
from machiya.engines.local.capacity import Capacity, Scheduler
from machiya.engines.local.events import (
    Entry,
    Event,
    EventLog,
    Noted,
    PodLaunched,
    SessionStarted,
    Stopping,
    node_event,
)
from machiya.engines.local.events import RunEnded as RunEndedEvent
from machiya.engines.local.launchers import Launcher, Workspace
from machiya.engines.local.memory import Memory
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.state import RunState, downstream, fold, known_nodes, named_nodes
from machiya.engines.local.steps import Step
from machiya.engines.local.store import ArtifactStore
from machiya.errors import ArgumentsError, NotFoundError

Observer = Callable[[Entry, RunState], None]
Told = Callable[[], Sequence[Command]]

_CONTROL_SECONDS = 0.2


@dataclass(frozen=True)
class Parts:
    """What an engine works with. ``grace`` is how long a program has between SIGTERM and SIGKILL, in seconds."""

    launcher: Launcher
    store: ArtifactStore
    memo: Memo
    capacity: Capacity
    grace: float = 30.0


class Engine:
    """One session of work on one run. Use it once: `run`."""

    def __init__(self, folder: RunFolder, parts: Parts, observers: Sequence[Observer] = ()) -> None:
        self.folder = folder
        self._parts = parts
        self._observers = observers
        self._scheduler = Scheduler(parts.capacity)
        self._told: asyncio.Queue[Told] = asyncio.Queue()
        self._steps: dict[str, Step] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._stops = 0

    async def run(self, again: str | None = None, *, handle_signals: bool = True) -> RunState:
        """Work until the run has ended; `again` names a step that is to run again, with all that follows from it."""
        with self.folder.lock(), EventLog(self.folder.events) as self._log:
            self.state = fold(self._log.entries)
            if self.state.facts is None:
                raise NotFoundError(f"the run {self.folder.name} was never begun.", "Start it again: machiya run")
            interpreter = await self._begin(again)
            self._memory = Memory(self._parts.memo, self._parts.store, self.folder.name, lambda: self._stops > 0)
            with self._signals(handle_signals):
                try:
                    await self._work(interpreter)
                finally:
                    await self._close()
            return self.state

    async def _begin(self, again: str | None) -> Interpreter:
        """Clear up after earlier sessions, and set the interpreter up with what they came to."""
        facts = self.state.facts
        assert facts is not None  # `run` has looked
        dirty = frozenset[str]()
        if again is not None:
            nodes = named_nodes(self.state, again)
            if not nodes:
                names = sorted({node.display_name for node in self.state.nodes.values() if node.type is NodeType.POD})
                raise ArgumentsError(f"the run has no step {again!r}.", f"It has {', '.join(names)}.")
            dirty = downstream(self.state, [node.id for node in nodes])
        known = known_nodes(self.state, dirty)
        interpreter = Interpreter(self.folder.manifest(), facts, known)
        left = await self._parts.launcher.end_leftovers(facts.uid, list(self.state.handles.values()))
        kept = {node.id for node in known.values()}
        forgotten = tuple(identifier for identifier in self.state.nodes if identifier not in kept)
        self._write(SessionStarted(os.getpid(), socket.gethostname(), forgotten))
        if self._log.problem:
            self._write(Noted(f"the event log was cut: {self._log.problem}"))
        if left:
            self._write(Noted(f"{left} programs of an earlier session were still running; they were ended"))
        self._log.sync()
        return interpreter

    # Telling the interpreter, and doing what it says

    async def _work(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._obey(interpreter.start(time.time()))
        while interpreter.ended is None:
            self._obey((await self._next(interpreter))())

    async def _next(self, interpreter: Interpreter) -> Told:
        """What happens next: something is told, or it is time for something."""
        while True:
            due = interpreter.next_time
            wait = None if due is None else max(due - time.time(), 0.0)
            if interpreter.suspended:
                wait = _CONTROL_SECONDS if wait is None else min(wait, _CONTROL_SECONDS)
            try:
                async with asyncio.timeout(wait):
                    return await self._told.get()
            except TimeoutError:
                if due is not None and due <= time.time():
                    return lambda: interpreter.advance(time.time())
                if interpreter.suspended and self._resumed():
                    return lambda: interpreter.resume(time.time())

    def _resumed(self) -> bool:
        """Whether somebody left the sign that what is suspended may go on."""
        try:
            (self.folder.path / "resume").unlink()
        except FileNotFoundError:
            return False
        return True

    def _obey(self, commands: Sequence[Command]) -> None:
        """First write down, then do."""
        durable = False
        for command in commands:
            if isinstance(command, NodeChanged):
                node = command.node
                before = self.state.nodes.get(node.id)
                if before is None or before.to_json() != node.to_json():
                    self._write(node_event(node))
                    durable = durable or node.phase.completed
            elif isinstance(command, RunEnded):
                self._write(RunEndedEvent(str(command.phase), command.message))
                durable = True
        if durable:
            self._log.sync()
        for command in commands:
            if isinstance(command, StartPod):
                self._start(command.spec)
            elif isinstance(command, StopPod):
                self._stop(command)
            elif isinstance(command, Recall):
                self._spawn(self._recall(command))
            elif isinstance(command, Remember):
                self._spawn(self._memory.remember(command))

    def _write(self, event: Event) -> None:
        entry = self._log.append(event, time.time())
        self.state.apply(entry)
        for observer in self._observers:
            observer(entry, self.state)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _recall(self, command: Recall) -> None:
        outputs = await self._memory.recall(command)
        self._told.put_nowait(lambda: self._interpreter.recalled(command.node_id, outputs, time.time()))

    # Programs

    def _start(self, spec: PodSpec) -> None:
        uid = self._interpreter.facts.uid
        folder = self.folder.step(spec.node_id)
        workspace = Workspace(folder / "work", self.folder.log(spec.node_id), uid, f"{uid}/{spec.node_id}")
        step = Step(spec, workspace, self._parts.launcher, self._parts.store)
        self._steps[spec.node_id] = step
        self._tasks[spec.node_id] = asyncio.create_task(self._run(step))

    async def _run(self, step: Step) -> None:
        spec = step.spec
        node = spec.node_id

        def started(handle: Any) -> None:
            self._write(PodLaunched(node, dict(handle)))
            self._told.put_nowait(lambda: self._interpreter.pod_started(node, time.time()))

        outcome = Outcome(Phase.FAILED, "stopped before it started")
        try:
            if not self._parts.capacity.fits(spec.cpu, spec.memory):
                needs = f"the step asks for {spec.cpu:g} CPU and {spec.memory:.0f} bytes of memory"
                outcome = Outcome(Phase.ERROR, f"{needs}; this machine has {self._parts.capacity}")
                return
            await self._scheduler.acquire(spec.cpu, spec.memory)
            try:
                outcome = await step.run(started)
            finally:
                self._scheduler.release(spec.cpu, spec.memory)
            await asyncio.to_thread(step.clean)
        except asyncio.CancelledError:
            pass
        except Exception as error:
            outcome = Outcome(Phase.ERROR, f"the engine failed at this step: {type(error).__name__}: {error}")
        finally:
            self._steps.pop(node, None)
            self._tasks.pop(node, None)
            self._told.put_nowait(lambda: self._interpreter.pod_ended(node, outcome, time.time()))

    def _stop(self, command: StopPod) -> None:
        step, task = self._steps.get(command.node_id), self._tasks.get(command.node_id)
        if step is None or task is None:
            return
        if step.waiting:
            task.cancel()
        else:
            self._spawn(step.stop(0.0 if command.kill else self._parts.grace))

    # Stopping

    def stop(self) -> None:
        """The first time gracefully, the second time at once. To be called in the engine's own thread."""
        self._stops += 1
        kill = self._stops > 1
        self._write(Stopping(kill))
        self._told.put_nowait(lambda: self._interpreter.stop(time.time(), kill=kill))

    @contextlib.contextmanager
    def _signals(self, wanted: bool) -> Any:
        """While it lasts, SIGINT and SIGTERM stop the run."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM) if wanted else ()
        for number in numbers:
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    async def _close(self) -> None:
        """End whatever still runs: nothing, unless the engine itself failed."""
        for step in list(self._steps.values()):
            await step.stop(0.0)
        await asyncio.gather(*self._tasks.values(), *self._background, return_exceptions=True)
        self._memory.close()
