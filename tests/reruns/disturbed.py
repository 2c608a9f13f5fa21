"""A launcher that runs real programs, and lets happen to them what happens on a cluster; and a clock that can jump."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase
from machiya.engines.local.argo.model import Specification
from machiya.engines.local.events import Entry, NodeChanged
from machiya.engines.local.launchers import Exit, Launcher, LaunchError, RunningStep, Workspace
from machiya.engines.local.state import RunState
from machiya_component.findings import Finding

LONGER_THAN_ANY_WAIT = 100.0
"""Seconds: the backoff of a rendered step is 10, 30 and 90."""
LONGER_THAN_ANY_LIMIT = 100_000.0


@dataclass(frozen=True)
class Trouble:
    """What becomes of an attempt whose program has done its work.

    It ends with ``code``; or it is ``lost``, with these words of the cluster and without a code; or neither: it hangs.
    """

    code: int | None = None
    out_of_memory: bool = False
    lost: str = ""

    @property
    def hangs(self) -> bool:
        """Whether it goes on until it is stopped."""
        return self.code is None and not self.lost


class Clock:
    """The time, and what was added to it."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._ahead

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += seconds


@dataclass
class Disturbed:
    """Implements `Launcher`.

    ``troubles`` are, by the name of a step, what its next attempts meet (None: nothing); the last one stays.
    """

    inner: Launcher
    clock: Clock
    troubles: dict[str, list[Trouble | None]] = field(default_factory=dict)
    started: list[PodSpec] = field(default_factory=list)
    _hanging: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """That of the real one."""
        return self.inner.name

    def check(self, specification: Specification) -> Sequence[Finding]:
        """What the real one cannot run."""
        return self.inner.check(specification)

    def place(self, spec: PodSpec, workspace: Workspace, path: str) -> Path:
        """Where the real one has it."""
        return self.inner.place(spec, workspace, path)

    async def start(self, spec: PodSpec, workspace: Workspace) -> RunningStep:
        """Start the real program."""
        self.started.append(spec)
        trouble = self._next(step_of(spec))
        if trouble is None:
            return await self.inner.start(spec, workspace)
        if trouble.hangs:
            self._hanging.add(spec.node_id)
        return DisturbedStep(await self.inner.start(spec, workspace), trouble)

    def _next(self, step: str) -> Trouble | None:
        coming = self.troubles.get(step) or [None]
        return coming.pop(0) if len(coming) > 1 else coming[0]

    def observe(self, entry: Entry, _state: RunState) -> None:
        """Let time pass where a run would only wait: for the next attempt, or for the end of a step that hangs."""
        if not isinstance(entry.event, NodeChanged):
            return
        node = Node.from_json(entry.event.node)
        if node.phase.bad and node.type is NodeType.POD:
            self.clock.jump(LONGER_THAN_ANY_WAIT)
        elif node.phase is Phase.RUNNING and node.id in self._hanging:
            self._hanging.discard(node.id)
            self.clock.jump(LONGER_THAN_ANY_LIMIT)

    async def end_leftovers(self, run: str, handles: Sequence[Mapping[str, Any]]) -> int:
        """Of the real one."""
        return await self.inner.end_leftovers(run, handles)

    async def close(self) -> None:
        """Of the real one."""
        await self.inner.close()


class DisturbedStep:
    """Implements `RunningStep`: a real program that ends in another way. What it put out is cut in half before."""

    def __init__(self, inner: RunningStep, trouble: Trouble) -> None:
        self._inner = inner
        self._trouble = trouble
        self._stopped = asyncio.Event()

    @property
    def handle(self) -> Mapping[str, Any]:
        """Of the real one."""
        return self._inner.handle

    @property
    def result(self) -> str:
        """Of the real one."""
        return self._inner.result

    async def wait(self) -> Exit:
        """Let the real one do its work, spoil it, and end as it is to end."""
        ended = await self._inner.wait()
        out = await self._inner.fetch("/data/out")
        assert out is not None
        await asyncio.to_thread(_halve, out)
        if self._trouble.lost:
            raise LaunchError(self._trouble.lost, "")
        if self._trouble.hangs:
            await self._stopped.wait()
        code = 143 if self._trouble.code is None else self._trouble.code
        return Exit(code, self._trouble.out_of_memory, ended.cpu_seconds, ended.peak_memory)

    async def stop(self, grace: float) -> None:
        """Stop the real one, and this."""
        await self._inner.stop(grace)
        self._stopped.set()

    async def fetch(self, path: str) -> Path | None:
        """Of the real one."""
        return await self._inner.fetch(path)

    async def close(self) -> None:
        """Of the real one."""
        await self._inner.close()


def step_of(spec: PodSpec) -> str:
    """The step that an attempt is of: `train`, `predict(1:00001)`."""
    return spec.node_name.rpartition(".")[2].rpartition("(")[0]


def _halve(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
