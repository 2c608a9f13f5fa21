"""A process of ours from its start to its end, and what it used."""

import asyncio
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from machiya.engines.local.launchers.processes import high_water

_SHORTEST, _LONGEST, _SHARE = 0.02, 0.5, 20
"""Seconds between two looks at the memory of a process: a twentieth of the time it has been running."""
_UNIT = 1 if sys.platform == "darwin" else 1024
"""Of ru_maxrss, in bytes."""
_DRIFT = 4 << 20
"""Bytes by which two figures of the kernel for one peak may differ: it counts pages by processor, and adds up late."""


class Child:
    """A process that leads a session of its own. asyncio's would not tell what it used."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], stdout: int, stderr: int
    ) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        self._inherited = high_water(os.getpid())
        self._seen = 0
        self._ended: asyncio.Future[tuple[int, resource.struct_rusage]] = asyncio.get_running_loop().create_future()
        threading.Thread(target=self._await, args=(asyncio.get_running_loop(),), daemon=True).start()
        self._watch = asyncio.create_task(self._look())

    @property
    def pid(self) -> int:
        """Its number, which is that of its group and session, too."""
        return self._process.pid

    async def wait(self) -> int:
        """Its exit code; minus the signal that ended it."""
        status, self._usage = await asyncio.shield(self._ended)
        self._watch.cancel()
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return self._process.returncode

    @property
    def cpu_seconds(self) -> float:
        """What it and its children that it waited for have used; after its end."""
        return self._usage.ru_utime + self._usage.ru_stime

    @property
    def peak_memory(self) -> int | None:
        """The most memory that it, or one of its children, had, in bytes; None if that is not known. After its end.

        The kernel's own figure begins with what the process that started it used. One that is not above that
        says nothing: then it is what was seen last, at most a twentieth of its time before its end.
        """
        counted = self._usage.ru_maxrss * _UNIT
        return counted if counted > self._inherited + _DRIFT else self._seen or None

    def _await(self, loop: asyncio.AbstractEventLoop) -> None:
        _, status, usage = os.wait4(self._process.pid, 0)
        try:
            loop.call_soon_threadsafe(self._tell, status, usage)
        except RuntimeError:  # the engine is gone
            self._process.returncode = os.waitstatus_to_exitcode(status)

    def _tell(self, status: int, usage: resource.struct_rusage) -> None:
        if not self._ended.done():
            self._ended.set_result((status, usage))

    async def _look(self) -> None:
        began = time.monotonic()
        while not self._ended.done():
            self._seen = max(self._seen, high_water(self._process.pid))
            await asyncio.sleep(min(max((time.monotonic() - began) / _SHARE, _SHORTEST), _LONGEST))
