"""One step from its inputs to its outputs: linked from the store, run by a launcher, kept in the store."""

import asyncio
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.interpreter.nodes import Outcome, Outputs, Phase
from machiya.engines.local.launchers import Exit, Launcher, RunningStep, Workspace
from machiya.engines.local.paths import check_paths
from machiya.engines.local.step_inputs import StepInputs
from machiya.engines.local.step_outputs import StepOutputs, told
from machiya.engines.local.store import ArtifactStore
from machiya.errors import MachiyaError


class Step:
    """Runs one program; `stop` may be called at any time."""

    def __init__(self, spec: PodSpec, workspace: Workspace, launcher: Launcher, store: ArtifactStore) -> None:
        self.spec = spec
        self._workspace = workspace
        self._launcher = launcher
        self._inputs = StepInputs(store)
        self._outputs = StepOutputs(spec, workspace, store)
        self._running: RunningStep | None = None
        self._stop: float | None = None
        self.waiting = True
        """Whether it has not been begun."""

    async def run(self, on_start: Callable[[Mapping[str, Any]], None]) -> Outcome:
        """The whole way. Whatever goes wrong with the step is the outcome's message; what `on_start` raises ends it."""
        self.waiting = False
        try:
            await asyncio.to_thread(self._prepare)
            if self._stop is not None:
                return Outcome(Phase.FAILED, "stopped before it started")
            running = await self._launcher.start(self.spec, self._workspace)
        except MachiyaError as error:
            return Outcome(Phase.ERROR, told(error))
        except OSError as error:
            return Outcome(Phase.ERROR, f"the step could not be prepared: {told(error)}")
        try:
            on_start(running.handle)
            return await self._attend(running)
        except BaseException:
            with suppress(MachiyaError):
                await running.stop(0.0)
                await running.wait()
            raise
        finally:
            await asyncio.to_thread(self.clean)  # before its log is completed, which may need the room
            await running.close()

    async def _attend(self, running: RunningStep) -> Outcome:
        self._running = running
        try:
            if self._stop is not None:  # while it was being started
                await running.stop(self._stop)
            began = time.monotonic()
            ending = await running.wait()
            outputs, problems = await self._outputs.collect(running, ending, time.monotonic() - began)
        except MachiyaError as error:
            with suppress(MachiyaError):
                await running.stop(0.0)
            return Outcome(Phase.ERROR, told(error))
        harmed = await asyncio.to_thread(self._inputs.harmed)
        return _outcome(ending, outputs, problems, harmed)

    async def stop(self, grace: float) -> None:
        """End it: SIGTERM, then after `grace` seconds SIGKILL; with 0 at once."""
        self._stop = grace
        if self._running is not None:
            await self._running.stop(grace)

    def clean(self) -> None:
        """Remove what it worked with; its log stays."""
        shutil.rmtree(self._workspace.folder, ignore_errors=True)

    def _prepare(self) -> None:
        self.clean()
        check_paths(self.spec)
        self._workspace.folder.mkdir(parents=True)
        log = self._workspace.log
        if log.exists():
            number = 1
            while (older := log.with_name(f"log-{number}.txt")).exists():
                number += 1
            log.rename(older)
        for artifact in self.spec.inputs:
            self._inputs.give(artifact, self._launcher.place(self.spec, self._workspace, artifact.path))


def _outcome(ending: Exit, outputs: Outputs, problems: Sequence[str], harmed: str) -> Outcome:
    if ending.code != 0:
        return Outcome(Phase.FAILED, "; ".join(part for part in (exit_message(ending), harmed) if part), outputs)
    if problems or harmed:
        return Outcome(Phase.ERROR, "; ".join((*problems, harmed) if harmed else problems), outputs)
    return Outcome(Phase.SUCCEEDED, "", outputs)


def exit_message(ending: Exit) -> str:
    """As Argo says it."""
    if ending.out_of_memory:
        return f"OOMKilled (exit code {ending.code})"
    return f"Error (exit code {ending.code})"
