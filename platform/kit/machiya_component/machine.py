"""What this process may use of the machine: in a container, what its limits grant and not what the host has."""

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def available_cpus(cgroup: Path = CGROUP) -> int:
    """How many CPUs this process may use: its affinity, and no more than the cgroup's quota (rounded up), at least 1.

    ``os.cpu_count`` tells the host's CPUs; in a container with a limit that many threads only wait for one another.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(affinity, _quota(cgroup) or affinity))


def available_memory(cgroup: Path = CGROUP) -> int:
    """How many bytes of memory this process and its children may use: the cgroup's limit, at most what is installed.

    What is in use already is not subtracted: the same container then has the same figure each time.
    """
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (_read(cgroup / "memory.max"), _read(cgroup / "memory" / "memory.limit_in_bytes"))
    return min([installed, *(int(limit) for limit in limits if limit.isdigit())])


def _quota(cgroup: Path) -> int | None:
    """CPUs that the cgroup (version 2, else 1) grants, rounded up; None without a limit."""
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if not period:
        quota = _read(cgroup / "cpu" / "cpu.cfs_quota_us")
        period = _read(cgroup / "cpu" / "cpu.cfs_period_us")
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:  # "max" in version 2, -1 in version 1
        return None
    return math.ceil(int(quota) / int(period))


def _read(file: Path) -> str:
    """The text of a cgroup's file, empty where there is none."""
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""
