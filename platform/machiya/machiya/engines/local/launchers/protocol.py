"""What the engine asks of a launcher."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.model import Specification
from machiya.errors import MachiyaError
from machiya_component.findings import Finding


class LaunchError(MachiyaError):
    """A program could not be started."""

    exit_code = 69


@dataclass(frozen=True)
class Workspace:
    """Where a step works on this machine; ``mark`` is unique to the run and the step, and finds its program again."""

    folder: Path
    log: Path
    run: str
    mark: str


@dataclass(frozen=True)
class Exit:
    """How a program ended: its exit code (128 + signal where a signal ended it), and whether for want of memory.

    ``cpu_seconds`` and ``peak_memory`` (bytes) are what it used, None where that is not known.
    """

    code: int
    out_of_memory: bool = False
    cpu_seconds: float | None = None
    peak_memory: int | None = None


class RunningStep(Protocol):
    """A program that runs."""

    @property
    def handle(self) -> Mapping[str, Any]:
        """How to find it when the engine is gone; plain JSON."""

    @property
    def result(self) -> str:
        """What it wrote to its standard output so far (at most RESULT_LIMIT bytes)."""

    async def wait(self) -> Exit:
        """Wait for its end."""

    async def stop(self, grace: float) -> None:
        """SIGTERM, and SIGKILL after `grace` seconds; `wait` returns when it has ended. 0: SIGKILL at once."""

    async def fetch(self, path: str) -> Path | None:
        """Where the file or folder that the program wrote at `path` is on this machine; None if it is not there."""

    async def close(self) -> None:
        """Free what it holds; after the outputs are fetched."""


class Launcher(Protocol):
    """Runs programs."""

    @property
    def name(self) -> str:
        """As options name it."""

    def check(self, specification: Specification) -> Sequence[Finding]:
        """What of a workflow it cannot run, before anything starts."""

    def place(self, spec: PodSpec, workspace: Workspace, path: str) -> Path:
        """Where an input artifact for `path` is to be put on this machine, before the start."""

    async def start(self, spec: PodSpec, workspace: Workspace) -> RunningStep:
        """Start a program.

        Raises:
            LaunchError: it could not be started.
        """

    async def end_leftovers(self, run: str, handles: Sequence[Mapping[str, Any]]) -> int:
        """End what an engine that is gone left running of a run; how many programs that were."""

    async def close(self) -> None:
        """Free what it holds."""


RESULT_LIMIT = 256 * 1024
"""Argo's limit of outputs.result."""
