"""What the kernel counts for a container: read from its control group, where the engine is on this machine.

The engine's own statistics come once a second, which is too seldom for short programs.
"""

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
    memory = root / "memory" / groups["memory"]
    nanoseconds = int((root / "cpuacct" / groups["cpuacct"] / "cpuacct.usage").read_text())
    used = (
        int((memory / "memory.usage_in_bytes").read_text()) - _counters(memory / "memory.stat")["total_inactive_file"]
    )
    return Consumption(nanoseconds / 1e9, max(used, 0))


def _second_version(group: Path) -> Consumption:
    microseconds = _counters(group / "cpu.stat")["usage_usec"]
    used = int((group / "memory.current").read_text()) - _counters(group / "memory.stat")["inactive_file"]
    return Consumption(microseconds / 1e6, max(used, 0))


def _counters(file: Path) -> dict[str, int]:
    return {name: int(value) for name, value in (line.split() for line in file.read_text().splitlines())}
