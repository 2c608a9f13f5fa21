"""A program that runs as a process of this machine."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from machiya.engines.local.launchers.child import Child
from machiya.engines.local.launchers.logs import StepLog
from machiya.engines.local.launchers.memory_watch import Watched
from machiya.engines.local.launchers.processes import end_group, kernel_kills, start_time
from machiya.engines.local.launchers.protocol import Exit, LaunchError, Workspace

DATA = "/data"
_DRAIN_SECONDS = 2.0
_MIB = 1 << 20


class ProcessStep:
    """Implements `machiya.engines.local.launchers.RunningStep`."""

    def __init__(
        self,
        process: Child,
        workspace: Workspace,
        log: StepLog,
        pipes: Sequence[tuple[asyncio.StreamReader, bool]],
    ) -> None:
        self._process = process
        self._workspace = workspace
        self._log = log
        self._ended = asyncio.Event()
        self._readers = [asyncio.create_task(self._read(pipe, stdout=stdout)) for pipe, stdout in pipes]
        self._handle = {"pid": process.pid, "started": start_time(process.pid)}
        self._killed = False
        self._kernel_kills = kernel_kills()
        self.watched: Watched | None = None
        """Set where there is a limit of memory."""

    @property
    def handle(self) -> Mapping[str, Any]:
        """The process, and when it began: a number is given to another one day."""
        return self._handle

    @property
    def result(self) -> str:
        """What it wrote to its standard output."""
        return self._log.result

    async def _read(self, stream: asyncio.StreamReader, *, stdout: bool) -> None:
        while data := await stream.read(1 << 16):
            self._log.write(data, stdout=stdout)

    async def wait(self) -> Exit:
        """Wait for its end, then end what it left running in its group."""
        code = await self._process.wait()
        self._ended.set()
        if self.watched is not None:
            self.watched.forget()
        end_group(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                await asyncio.gather(*self._readers)
        for reader in self._readers:
            reader.cancel()
        return Exit(
            code if code >= 0 else 128 - code,
            self._out_of_memory(code),
            self._process.cpu_seconds,
            self._process.peak_memory,
        )

    def _out_of_memory(self, code: int) -> bool:
        """Whether that is why it ended; the log says what is known of it."""
        if code != -signal.SIGKILL or self._killed:
            return False
        if self.watched is not None and self.watched.exceeded:
            used, limit = (amount / _MIB for amount in (self.watched.exceeded, self.watched.limit))
            self._tell(f"killed: it used {used:.0f} MiB of memory, and its limit is {limit:.0f} MiB.")
            return True
        if kernel_kills() > self._kernel_kills:
            self._tell("killed by the kernel: there was no memory left.")
            return True
        return False

    def _tell(self, text: str) -> None:
        self._log.write(f"machiya: {text}\n".encode(), stdout=False)

    async def stop(self, grace: float) -> None:
        """Tell the whole group."""
        if grace > 0 and not self._ended.is_set():
            end_group(self._process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self._ended.wait()
        if not self._ended.is_set():
            self._killed = True
            end_group(self._process.pid, signal.SIGKILL)

    async def fetch(self, path: str) -> Path | None:
        """The same file under the step's own folder."""
        found = local_path(self._workspace, path)
        return found if found.exists() or found.is_symlink() else None

    async def close(self) -> None:
        """Complete its log."""
        self._log.close()


def local_path(workspace: Workspace, path: str) -> Path:
    """A path below /data as the step sees it.

    Raises:
        LaunchError: it is elsewhere, or climbs out.
    """
    if not is_local(path):
        remedy = f"Use a path below {DATA}, or --launcher docker."
        raise LaunchError(f"the process launcher has no place for {path}.", remedy)
    return workspace.folder / "data" / os.path.relpath(os.path.normpath(path), DATA)


def is_local(path: str) -> bool:
    """Whether a path is below /data."""
    normal = os.path.normpath(path)
    return ".." not in Path(path).parts and (normal == DATA or normal.startswith(f"{DATA}/"))
