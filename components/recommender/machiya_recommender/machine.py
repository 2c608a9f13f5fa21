"""What this process may use of the machine: CPUs and BLAS threads."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np  # noqa: F401  (the limit below holds only for BLAS libraries that are loaded by then: NumPy's ...
import scipy.linalg  # noqa: F401  ... and SciPy's own, which implicit's compiled code calls)
from threadpoolctl import threadpool_limits


def available_cpus(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """How many CPUs this process may use: its affinity, and no more than the cgroup's quota (rounded up), at least 1.

    ``os.cpu_count`` tells the host's CPUs; in a container with a limit that many threads only wait for one another.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(affinity, _quota(cgroup) or affinity))


def _quota(cgroup: Path) -> int | None:
    """CPUs that the cgroup (version 2, else 1) grants, rounded up; None without a limit."""
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text().strip()
            period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:  # "max" in version 2, -1 in version 1
        return None
    return math.ceil(int(quota) / int(period))


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """One BLAS thread inside the block, whatever the environment says.

    Sums then have one order, so the same input gives the same bytes on any number of CPUs. The threads are ours (or
    implicit's), one level up, where every row of a result belongs to one thread.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield
