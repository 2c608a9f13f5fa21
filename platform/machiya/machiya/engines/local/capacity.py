"""How much CPU and memory this machine has, and which steps ask for more."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from machiya.engines.local.argo.model import Resources, Specification, Template
from machiya.engines.local.argo.pod_patch import patch_resources
from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute, substitute_all
from machiya.engines.local.argo.values import ArgoValueError, parse_quantity
from machiya_component.findings import Finding

_CGROUP = Path("/sys/fs/cgroup")
_GIB = 1 << 30


@dataclass(frozen=True)
class Capacity:
    """``cpu`` in cores, ``memory`` in bytes, and how many steps at a time at most.

    Steps that request no CPU are taken to need a core each, for most programs do: no more of them than `unasked` run
    at a time. They never wait for those that do request some.
    """

    cpu: float
    memory: float
    steps: int = 64

    @property
    def unasked(self) -> int:
        """One for each core, but not less than a small workflow's few steps that wait for something."""
        return min(self.steps, max(4, int(self.cpu)))

    def fits(self, cpu: float, memory: float) -> bool:
        """Whether a step that asks for this much can ever run."""
        return cpu <= self.cpu and memory <= self.memory

    def __str__(self) -> str:
        return amount(self.cpu, self.memory)


def amount(cpu: float, memory: float) -> str:
    """As people read it; `memory` in bytes."""
    return f"{cpu:g} CPU and {memory / _GIB:.1f} Gi of memory"


def machine_capacity() -> Capacity:
    """That of this machine, or of the cgroup (a container, a job) that this process is in."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cpu = min([float(cpus), *_cpu_limits()])
    return Capacity(cpu, min([float(memory), *_memory_limits()]), max(64, 4 * int(cpu)))


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


def oversized(specification: Specification, capacity: Capacity, known: Scope | None = None) -> list[Finding]:
    """The templates that ask for more than there is, with the variables that are `known` before the start.

    Amounts that depend on others are looked at when a step is about to start.
    """
    scope = known or Scope()
    findings = []
    for template in specification.templates.values():
        resources = _resources(template, specification.pod_patch, scope)
        cpu, memory = _asked(resources, "cpu"), _asked(resources, "memory")
        if not capacity.fits(cpu, memory):
            findings.append(
                Finding(
                    "engine.capacity",
                    f"asks for {amount(cpu, memory)}; this machine has {capacity}.",
                    "Run it on a larger machine, or lower the resources that the component asks for.",
                    f"templates.{template.name}",
                    "",
                    template.line,
                )
            )
    return findings


def _resources(template: Template, patch: str, scope: Scope) -> Resources:
    """As far as they are known: a patch that depends on what is not is no YAML yet, perhaps."""
    if template.container is None:
        return Resources()
    resources = substitute_all(template.container.resources, scope)
    for text in (patch, template.pod_patch):
        with suppress(ArgoValueError):
            more = patch_resources(substitute(text, scope)) if text else Resources()
            resources = Resources({**resources.requests, **more.requests}, {**resources.limits, **more.limits})
    return resources


def _asked(resources: Resources, name: str) -> float:
    try:
        return parse_quantity(resources.requests.get(name, resources.limits.get(name, "0")))
    except ArgoValueError:
        return 0.0
