"""Which pool of nodes a step runs in, by what it asks for."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from machiya.dsl import Step
from machiya.manifest.profile import Pool, Profile, ProfileError, profile_file
from machiya_component.contract.parse import KeyPath, parse_file
from machiya_component.contract.quantities import bytes_of
from machiya_component.findings import Finding

Pools = Mapping[str, Pool]
"""By step, where it runs; empty where it does not matter."""


def choose_pools(steps: Sequence[Step], profile: Profile, folder: Path, stage: str) -> Pools:
    """The pool that the profile gives a step's operation, else the first in which it fits.

    Raises:
        ProfileError: there are pools, and a step fits into none of them, or not into the one that it is given.
    """
    if not profile.pools:
        return {}
    found = {step.name: (step, _pool(step, profile)) for step in steps}
    file = profile_file(folder, stage)
    misfits = [(step, pool) for step, pool in found.values() if pool is None or not _fits(step, pool)]
    if misfits:
        findings = [_finding(step, pool, profile, file) for step, pool in misfits]
        raise ProfileError(str(file or f"the profile of {stage}"), findings)
    return {name: pool for name, (_, pool) in found.items() if pool is not None}


def _operation(step: Step) -> str:
    return f"{step.contract.name}.{step.operation.name}"


def _pool(step: Step, profile: Profile) -> Pool | None:
    """A step on exit must not be lost with its node: it tells what became of the others."""
    named = profile.operations.get(_operation(step))
    if named is not None:
        return profile.pool(named)
    return next((one for one in profile.pools if _fits(step, one) and not (step.on_exit and one.preemptible)), None)


def _fits(step: Step, pool: Pool) -> bool:
    return step.operation.resources.cpu <= pool.cpu and bytes_of(_memory(step)) <= bytes_of(pool.memory)


def _memory(step: Step) -> str:
    resources = step.operation.resources
    return resources.max_memory or resources.memory


def _finding(step: Step, pool: Pool | None, profile: Profile, file: Path | None) -> Finding:
    asked = f"asks for {step.operation.resources.cpu:g} CPUs and {_memory(step)} of memory"
    sizes = ", ".join(f"{one.name} ({one.cpu:g} CPUs, {one.memory})" for one in profile.pools)
    path: KeyPath = ("pools",) if pool is None else ("operations", _operation(step))
    if pool is None:
        kind = "pool that is not preemptible" if step.on_exit else "pool"
        message = f"{_operation(step)} {asked}: it fits into no {kind}."
    else:
        message = f"{_operation(step)} {asked}: more than the pool {pool.name} has."
    line = parse_file(file).line_of(path) if file is not None else None
    return Finding(
        "profile.pool", message, f"Pools: {sizes}.", ".".join(map(str, path)), str(file) if file else "", line
    )
