"""What the kernel counts for a container: read from its control group, where the engine is on this machine.

The engine's own statistics come once a second, which is too seldom for short programs.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from machiya.containers.model import Consumption

_PROC, _ROOT = Path("/proc"), Path("/sys/fs/cgroup")


def consumption_of(container: str, process: int, proc: Path = _PROC, root: Path = _ROOT) -> Consumption | None:
    """What the container with this id has used; None where its first process is not one of this machine."""
    with suppress(OSError, ValueError, KeyError):
        groups = _groups(proc / str(process) / "cgroup", container)
        if "memory" in groups:
            return _first_version(groups, root)
        if "" in groups:
            return _second_version(root / groups[""])
    return None


def _groups(file: Path, container: str) -> dict[str, str]:
    """By controller, the path of the group; only of groups that are this container's."""
    found: dict[str, str] = {}
    for line in file.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if container in path:
            found |= dict.fromkeys(controllers.split(","), path.lstrip("/"))
    return found


def _first_version(groups: dict[str, str], root: Path) -> Consumption:
    nanoseconds = int((root / "cpuacct" / groups["cpuacct"] / "cpuacct.usage").read_text())
    return Consumption(nanoseconds / 1e9, own_memory(_counters(root / "memory" / groups["memory"] / "memory.stat")))


def _second_version(group: Path) -> Consumption:
    microseconds = _counters(group / "cpu.stat")["usage_usec"]
    return Consumption(microseconds / 1e6, own_memory(_counters(group / "memory.stat")))


def own_memory(counters: Mapping[str, int]) -> int:
    """Bytes that cannot be taken from it: what is in files counts for whoever happened to read them first.

    The names are those of the first version of the interface, where it has them, else those of the second.
    """
    anonymous = counters["total_rss"] if "total_rss" in counters else counters["anon"]
    return int(anonymous) + int(counters.get("total_shmem", counters.get("shmem", 0)))


def _counters(file: Path) -> dict[str, int]:
    return {name: int(value) for name, value in (line.split() for line in file.read_text().splitlines())}
