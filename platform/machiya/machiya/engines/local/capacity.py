"""How much CPU and memory this machine has, and which steps fit in at a time."""

import asyncio
import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from machiya.engines.local.argo.model import Specification, Template
from machiya.engines.local.argo.values import ArgoValueError, parse_quantity
from machiya_component.findings import Finding

_CGROUP = Path("/sys/fs/cgroup")
_GIB = 1 << 30


@dataclass(frozen=True)
class Capacity:
    """``cpu`` in cores, ``memory`` in bytes, and how many steps at a time at most."""

    cpu: float
    memory: float
    steps: int = 64

    def fits(self, cpu: float, memory: float) -> bool:
        """Whether a step that asks for this much can ever run."""
        return cpu <= self.cpu and memory <= self.memory

    def __str__(self) -> str:
        return f"{self.cpu:g} CPU and {self.memory / _GIB:.1f} Gi of memory"


def machine_capacity() -> Capacity:
    """That of this machine, or of the cgroup (a container, a job) that this process is in."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Capacity(min([float(cpus), *_cpu_limits()]), min([float(memory), *_memory_limits()]))


def _cpu_limits() -> Iterator[float]:
    with suppress(OSError, ValueError):
        quota, period = (_CGROUP / "cpu.max").read_text().split()
        if quota != "max":
            yield int(quota) / int(period)
    with suppress(OSError, ValueError):
        quota_v1 = int((_CGROUP / "cpu/cpu.cfs_quota_us").read_text())
        if quota_v1 > 0:
            yield quota_v1 / int((_CGROUP / "cpu/cpu.cfs_period_us").read_text())


def _memory_limits() -> Iterator[float]:
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            yield float((_CGROUP / name).read_text())


def oversized(specification: Specification, capacity: Capacity) -> list[Finding]:
    """The templates that ask for more than there is; amounts that are not known yet are looked at when they are."""
    findings = []
    for template in specification.templates.values():
        cpu, memory = _asked(template, "cpu"), _asked(template, "memory")
        if not capacity.fits(cpu, memory):
            findings.append(
                Finding(
                    "engine.capacity",
                    f"asks for {cpu:g} CPU and {memory / _GIB:.1f} Gi of memory; this machine has {capacity}.",
                    "Run it on a larger machine, or lower the resources that the component asks for.",
                    f"templates.{template.name}",
                    "",
                    template.line,
                )
            )
    return findings


def _asked(template: Template, name: str) -> float:
    if template.container is None:
        return 0.0
    resources = template.container.resources
    try:
        return parse_quantity(resources.requests.get(name, resources.limits.get(name, "0")))
    except ArgoValueError:
        return 0.0


class Scheduler:
    """Admits steps in the order in which they ask, as long as what they request is free.

    A step that must wait keeps those behind it waiting, so that a large one is not passed by for ever; only steps that
    request nothing pass.
    """

    def __init__(self, capacity: Capacity) -> None:
        self.capacity = capacity
        self._cpu, self._memory, self._steps = capacity.cpu, capacity.memory, capacity.steps
        self._waiting: deque[tuple[float, float, asyncio.Future[None]]] = deque()

    async def acquire(self, cpu: float, memory: float) -> None:
        """Wait until there is room, and take it."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((cpu, memory, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release(cpu, memory)
            else:
                self._waiting = deque(one for one in self._waiting if one[2] is not turn)
                self._admit()
            raise

    def release(self, cpu: float, memory: float) -> None:
        """Give room back."""
        self._cpu, self._memory, self._steps = self._cpu + cpu, self._memory + memory, self._steps + 1
        self._admit()

    def _admit(self) -> None:
        held_back: list[tuple[float, float, asyncio.Future[None]]] = []
        while self._waiting and self._steps > 0:
            cpu, memory, turn = self._waiting.popleft()
            if (held_back and (cpu or memory)) or cpu > self._cpu + 1e-9 or memory > self._memory:
                held_back.append((cpu, memory, turn))
                continue
            self._cpu, self._memory, self._steps = self._cpu - cpu, self._memory - memory, self._steps - 1
            turn.set_result(None)
        self._waiting.extendleft(reversed(held_back))
