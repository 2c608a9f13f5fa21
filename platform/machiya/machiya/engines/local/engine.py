"""The engine: one run, from what its events say to its end.

Whatever the interpreter decides is written to the event log before it is done. So a run that ends at any moment, even
by `kill -9`, can be continued: what had succeeded is known; what was running is found, and ended before it runs again.
"""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NoReturn

from machiya.engines.local.argo.interpreter import Interpreter, RunFacts
from machiya.engines.local.argo.interpreter.commands import (
    Command,
    NodeChanged,
    Recall,
    Remember,
    RunEnded,
    StartPod,
    StopPod,
)
from machiya.engines.local.argo.interpreter.nodes import Node, Outcome, Phase
from machiya.engines.local.cache import Memo
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.continuing import Takeover, take_over
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
from machiya.engines.local.launchers import Launcher
from machiya.engines.local.memory import Memory
from machiya.engines.local.programs import Programs
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.scheduling import Scheduler
from machiya.engines.local.share import MachineShare
from machiya.engines.local.state import RunState, fold
from machiya.engines.local.store import ArtifactStore
from machiya.errors import NotFoundError

Observer = Callable[[Entry, RunState], None]
Told = Callable[[], Sequence[Command]]

NOTHING_TO_DO = "the run has succeeded already; there is nothing to do"
_CONTROL_SECONDS = 0.2
_NEVER = -1.0
"""A memory of this age at most: none is."""


@dataclass(frozen=True)
class Parts:
    """What an engine works with. ``grace``: seconds from SIGTERM to SIGKILL; ``clock``: what waits are counted by."""

    launcher: Launcher
    store: ArtifactStore
    memo: Memo
    capacity: Capacity
    grace: float = 30.0
    clock: Callable[[], float] = time.time


class Engine:
    """One session of work on one run. Use it once: `run`."""

    def __init__(self, folder: RunFolder, parts: Parts, observers: Sequence[Observer] = ()) -> None:
        self.folder = folder
        self._parts = parts
        self._clock = parts.clock
        self._observers = observers
        self._told: asyncio.Queue[Told] = asyncio.Queue()
        self._background: set[asyncio.Task[None]] = set()
        self._stops = 0
        self._closing = False
        self._memory = Memory(
            parts.memo,
            parts.store,
            folder.name,
            self._gives_up,
            self._note,
        )
        self._share = MachineShare(folder.home / "engines" / socket.gethostname(), parts.capacity)
        scheduler = Scheduler(parts.capacity, self._share)
        self._programs = Programs(parts.launcher, parts.store, scheduler, parts.grace, self._started, self._ended)

    async def run(self, again: str | None = None, *, handle_signals: bool = True) -> RunState:
        """Work until the run has ended; `again` names a step that is to run again, with all that follows from it.

        A run that has succeeded, and whose artifacts are all there, is left as it is.
        """
        with self._signals(handle_signals), self.folder.lock(), EventLog(self.folder.events) as self._log:
            self.state = fold(self._log.entries)
            if self.state.facts is None:
                raise NotFoundError(f"the run {self.folder.name} was never begun.", "Start it again: machiya run")
            taken = await asyncio.to_thread(take_over, self.state, self._parts.store, again)
            if self.state.phase == Phase.SUCCEEDED and again is None and not taken.lost:
                return replace(self.state, message=NOTHING_TO_DO)
            self._forced = taken.forced
            self._interpreter = Interpreter(self.folder.manifest(), self.state.facts, taken.known)
            await self._begin(taken, self.state.facts)
            try:
                await self._work()
            finally:
                await self._close()
            return self.state

    async def _begin(self, taken: Takeover, facts: RunFacts) -> None:
        """Clear up after earlier sessions, and write down that another begins."""
        left = await self._parts.launcher.end_leftovers(facts.uid, list(self.state.handles.values()))
        kept = {node.id for node in taken.known.values()}
        forgotten = tuple(identifier for identifier in self.state.nodes if identifier not in kept)
        self._write(SessionStarted(os.getpid(), socket.gethostname(), forgotten))
        if self._log.problem:
            self._note(f"the event log was cut: {self._log.problem}")
        if left:
            self._note(f"{left} programs of an earlier session were still running; they were ended")
        if taken.lost:
            self._note(taken.describe_lost())
        self._log.sync()

    # Telling the interpreter, and doing what it says

    async def _work(self) -> None:
        self._listen(self._waiting())  # who stops the run before it begins need not see it begin
        if self._interpreter.ended is None:
            self._obey(self._interpreter.start(self._clock()))
        while self._interpreter.ended is None:
            self._listen([await self._next(), *self._waiting()])

    def _waiting(self) -> Iterator[Told]:
        """What has happened and was not told yet."""
        while not self._told.empty():
            yield self._told.get_nowait()

    def _listen(self, happened: Iterator[Told] | Sequence[Told]) -> None:
        """Tell the interpreter what happened; what comes of it is made durable together."""
        commands: list[Command] = []
        for tell in happened:
            if self._interpreter.ended is None:
                commands += tell()
        self._obey(commands)

    async def _next(self) -> Told:
        """What happens next: something is told, or it is time for something."""
        interpreter = self._interpreter
        while True:
            due = interpreter.next_time
            wait = None if due is None else max(due - self._clock(), 0.0)
            if interpreter.suspended:
                wait = _CONTROL_SECONDS if wait is None else min(wait, _CONTROL_SECONDS)
            try:
                async with asyncio.timeout(wait):
                    return await self._told.get()
            except TimeoutError:
                if due is not None and due <= self._clock():
                    return lambda: interpreter.advance(self._clock())
                if interpreter.suspended and self._resumed():
                    return lambda: interpreter.resume(self._clock())

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
                durable = self._record(command.node) or durable
            elif isinstance(command, RunEnded):
                self._write(RunEndedEvent(str(command.phase), command.message))
                durable = True
        if durable:
            self._log.sync()
        for command in commands:
            self._do(command)

    def _record(self, node: Node) -> bool:
        """Write down how a node is now; whether that must be on the disk before anything else is done."""
        before = self.state.nodes.get(node.id)
        if before is not None and before.phase is Phase.SUCCEEDED and node.phase is Phase.PENDING:
            return False  # an earlier session's success counts until it is known that it does not
        if before is not None and before.to_json() == node.to_json():
            return False
        self._write(node_event(node))
        return node.phase.completed

    def _do(self, command: Command) -> None:
        if isinstance(command, StartPod):
            self._programs.start(command.spec, self.folder, self._interpreter.facts.uid)
        elif isinstance(command, StopPod):
            self._programs.stop(command)
        elif isinstance(command, Recall):
            self._spawn(self._recall(command))
        elif isinstance(command, Remember):
            self._spawn(self._memory.remember(command))

    def _write(self, event: Event) -> None:
        entry = self._log.append(event, self._clock())
        self.state.apply(entry)
        for observer in self._observers:
            observer(entry, self.state)

    def _note(self, text: str) -> None:
        self._write(Noted(text))

    def _gives_up(self) -> bool:
        """Whether nothing is worth waiting for any more."""
        return self._stops > 0 or self._closing

    # What goes on beside it

    def _tell(self, tell: Told) -> None:
        self._told.put_nowait(tell)

    def _started(self, node: str, handle: Mapping[str, Any]) -> None:
        def tell() -> Sequence[Command]:
            self._write(PodLaunched(node, dict(handle)))
            return self._interpreter.pod_started(node, self._clock())

        self._tell(tell)

    def _ended(self, node: str, outcome: Outcome) -> None:
        self._tell(lambda: self._interpreter.pod_ended(node, outcome, self._clock()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """What goes wrong beside the run must not leave it waiting for ever."""
        self._background.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._tell(partial(_fail, error))

    async def _recall(self, command: Recall) -> None:
        wanted = replace(command, max_age=_NEVER) if command.node_id in self._forced else command
        outputs = await self._memory.recall(wanted)
        self._tell(lambda: self._interpreter.recalled(command.node_id, outputs, self._clock()))

    # Stopping

    def stop(self) -> None:
        """The first time gracefully, the second time at once. To be called in the engine's own thread."""
        self._stops += 1
        kill = self._stops > 1

        def tell() -> Sequence[Command]:
            self._write(Stopping(kill))
            return self._interpreter.stop(self._clock(), kill=kill)

        self._tell(tell)

    @contextmanager
    def _signals(self, wanted: bool) -> Iterator[None]:
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
        self._closing = True
        await self._programs.close()
        await asyncio.gather(*self._background, return_exceptions=True)
        self._memory.close()
        self._share.close()


def _fail(error: BaseException) -> NoReturn:
    raise error
