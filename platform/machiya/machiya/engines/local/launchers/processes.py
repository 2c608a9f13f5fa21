"""Processes of this machine: their groups, when they began, and how to find them again."""

import os
import signal
from pathlib import Path

_PROC = Path("/proc")


def start_time(pid: int) -> str:
    """When a process began, as the kernel counts; empty if it is gone, or where there is no /proc."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def end_group(pid: int, number: signal.Signals) -> bool:
    """Send a signal to a process group; whether there was one."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end_marked(variable: str, prefix: str) -> int:
    """Kill all processes in whose environment `variable` begins with `prefix`; how many there were."""
    wanted = f"{variable}={prefix}".encode()
    ended = 0
    for folder in _PROC.glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            if any(entry.startswith(wanted) for entry in environment):
                os.kill(int(folder.name), signal.SIGKILL)
                ended += 1
        except (OSError, ValueError):
            continue
    return ended
