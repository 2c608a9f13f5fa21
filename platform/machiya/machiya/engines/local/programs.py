"""The programs of one run: each waits for room on the machine, runs, and its end is told."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from machiya.engines.local.argo.interpreter.commands import PodSpec, StopPod
from machiya.engines.local.argo.interpreter.nodes import Outcome, Phase
from machiya.engines.local.capacity import amount
from machiya.engines.local.launchers import Launcher, Workspace
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.scheduling import Scheduler
from machiya.engines.local.steps import Step
from machiya.engines.local.store import ArtifactStore

Started = Callable[[str, Mapping[str, Any]], None]
Ended = Callable[[str, Outcome], None]

_NOT_STARTED = Outcome(Phase.FAILED, "stopped before it started")


@dataclass(frozen=True)
class _Running:
    step: Step
    task: "asyncio.Task[Outcome]"


class Programs:
    """Starts and stops programs. Of each, `started` is told its node and handle, if it came to that, then `ended`."""

    def __init__(
        self,
        launcher: Launcher,
        store: ArtifactStore,
        scheduler: Scheduler,
        grace: float,
        started: Started,
        ended: Ended,
    ) -> None:
        self._launcher = launcher
        self._store = store
        self._scheduler = scheduler
        self._grace = grace
        self._started = started
        self._ended = ended
        self._running: dict[str, _Running] = {}
        self._stopping: set[asyncio.Task[None]] = set()

    def start(self, spec: PodSpec, folder: RunFolder, uid: str) -> None:
        """Start a program of the run with this uid as soon as there is room."""
        node = spec.node_id
        workspace = Workspace(folder.step(node) / "work", folder.log(node), uid, f"{uid}/{node}")
        step = Step(spec, workspace, self._launcher, self._store)
        task = asyncio.create_task(self._run(step))
        self._running[node] = _Running(step, task)
        task.add_done_callback(lambda done: self._done(node, done))

    async def _run(self, step: Step) -> Outcome:
        spec = step.spec
        if not self._scheduler.capacity.fits(spec.cpu, spec.memory):
            asked = amount(spec.cpu, spec.memory)
            return Outcome(Phase.ERROR, f"the step asks for {asked}; this machine has {self._scheduler.capacity}")
        async with self._scheduler.room(spec.cpu, spec.memory):
            return await step.run(lambda handle: self._started(spec.node_id, handle))

    def _done(self, node: str, task: "asyncio.Task[Outcome]") -> None:
        """Also told of one that was cancelled before it began."""
        del self._running[node]
        if task.cancelled():
            self._ended(node, _NOT_STARTED)
        elif (error := task.exception()) is not None:
            message = f"the engine failed at this step: {type(error).__name__}: {error}"
            self._ended(node, Outcome(Phase.ERROR, message))
        else:
            self._ended(node, task.result())

    def stop(self, command: StopPod) -> None:
        """End a program; one that waits for room does not begin."""
        running = self._running.get(command.node_id)
        if running is None:
            return
        if running.step.waiting:
            running.task.cancel()
            return
        stop = asyncio.create_task(running.step.stop(0.0 if command.kill else self._grace))
        self._stopping.add(stop)
        stop.add_done_callback(self._stopping.discard)

    async def close(self) -> None:
        """End all at once that still run, and wait for that."""
        for node in list(self._running):
            self.stop(StopPod(node, kill=True))
        await asyncio.gather(*(one.task for one in self._running.values()), *self._stopping, return_exceptions=True)
