"""Processes of this machine: their groups, when they began, what memory they use, and how to find them again."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """A process that runs. ``resident`` is its memory in bytes with what it shares with others."""

    pid: int
    session: int
    resident: int


def start_time(pid: int) -> str:
    """When a process began, as the kernel counts; empty if it is gone, or where there is no /proc."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def high_water(pid: int) -> int:
    """The most memory, in bytes, that a process has used so far; 0 if it is gone, or where there is no /proc."""
    with suppress(OSError, ValueError, IndexError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


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


def processes() -> Iterator[Process]:
    """All that run now; none where there is no /proc."""
    with suppress(OSError):
        for folder in _PROC.iterdir():
            if folder.name.isdigit():
                with suppress(OSError, IndexError):
                    fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
                    yield Process(int(folder.name), int(fields[3]), int(fields[21]) * _PAGE)


def own_memory(process: Process) -> int:
    """The bytes that cannot be taken from a process: what it shares with others in parts, mapped files not at all.

    A control group counts them just so; the resident memory counts shared pages once for every process.
    """
    try:
        text = (_PROC / str(process.pid) / "smaps_rollup").read_text()
    except FileNotFoundError:
        return 0 if start_time(process.pid) == "" else process.resident
    except ProcessLookupError:
        return 0
    except OSError:
        return process.resident
    sizes = {line.partition(":")[0]: line.partition(":")[2].split()[0] for line in text.splitlines()[1:]}
    if "Pss_Anon" not in sizes:
        return process.resident
    return (int(sizes["Pss_Anon"]) + int(sizes.get("Pss_Shmem", 0))) * 1024


def kernel_kills() -> int:
    """How many processes the kernel has killed for want of memory in the control group of this process (or at all)."""
    for path in _kill_counters():
        with suppress(OSError, ValueError):
            counts = dict(line.split() for line in path.read_text().splitlines())
            if "oom_kill" in counts:
                return int(counts["oom_kill"])
    return 0


def _kill_counters() -> Iterator[Path]:
    """Where the kernel counts: control groups of version 2, then 1, then the whole machine."""
    groups: dict[str, str] = {}
    with suppress(OSError, ValueError):
        for line in (_PROC / "self" / "cgroup").read_text().splitlines():
            _, controllers, group = line.split(":", 2)
            groups |= dict.fromkeys(controllers.split(","), group.lstrip("/"))
    root = Path("/sys/fs/cgroup")
    if "memory" in groups:
        yield from (root / "memory" / groups["memory"] / "memory.oom_control", root / "memory" / "memory.oom_control")
    elif "" in groups:
        yield from (root / groups[""] / "memory.events", root / "memory.events")
    yield _PROC / "vmstat"
