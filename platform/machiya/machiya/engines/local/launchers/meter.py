"""Looks at what a container uses, for its engine tells nothing of one that has ended."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from machiya.containers import Consumption
from machiya.errors import MachiyaError

_SHORTEST, _LONGEST, _SHARE = 0.05, 2.0, 40
"""Seconds between two looks: a fortieth of the time it has been running."""


class Meter:
    """Looks until it is told to stop; `measure` is asked in between, and a look that fails is none."""

    def __init__(self, measure: Callable[[], Awaitable[Consumption | None]]) -> None:
        self._measure = measure
        self.cpu_seconds: float | None = None
        self.peak_memory: int | None = None
        self._task = asyncio.create_task(self._look())

    async def _look(self) -> None:
        began = time.monotonic()
        while True:
            try:
                seen = await self._measure()
            except MachiyaError:
                seen = None
            if seen is not None:
                self.cpu_seconds = seen.cpu_seconds
                self.peak_memory = max(self.peak_memory or 0, seen.memory)
            await asyncio.sleep(min(max((time.monotonic() - began) / _SHARE, _SHORTEST), _LONGEST))

    async def stop(self) -> None:
        """Look no more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
