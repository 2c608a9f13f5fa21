"""What runs in the fresh process of a case: `python -m tests.benchmarks.fresh CASE ANSWER MAIN`.

It imports nothing heavy, so that the case has an empty process to itself.
"""

import gc
import io
import pickle
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def execute(
    prepare: Callable[[], object] | None, run: Callable[..., object], arguments: tuple[object, ...], warm: bool
) -> tuple[float, float, int, object]:
    """Wall seconds, processor seconds, peak memory in bytes, and the value of `run`."""
    given = arguments if prepare is None else (prepare(), *arguments)
    others = _largest_child()
    if warm:
        run(*given)
    gc.collect()
    _forget_peak()
    cpu, wall = _processor_time(), time.perf_counter()
    value = run(*given)
    wall, cpu = time.perf_counter() - wall, _processor_time() - cpu
    largest = _largest_child()
    return wall, cpu, max(_peak(), largest if largest > others else 0), value


def _processor_time() -> float:
    """Seconds of user and system time, of this process and of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _forget_peak() -> None:
    """Let the peak begin at what is held now. Where Linux does not allow that, the preparation counts, too."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        sys.stderr.write("The peak of memory includes the preparation: /proc/self/clear_refs cannot be written.\n")


def _peak() -> int:
    """Bytes that this process held.

    `ru_maxrss` would not do: Linux hands it on from the process that started this one.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status names no VmHWM: memory is measured on Linux only.")


def _largest_child() -> int:
    """Bytes that the largest of all children held that ended so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


class Reader(pickle.Unpickler):
    """Finds what the module that began all this defines, although that has another name there: `__main__`."""

    def __init__(self, data: bytes, main: str) -> None:
        super().__init__(io.BytesIO(data))
        self.main = main

    def find_class(self, module_name: str, name: str) -> Any:
        """A function or class of a module."""
        return super().find_class(self.main if module_name == "__main__" and self.main else module_name, name)


if __name__ == "__main__":
    case, answer, main = sys.argv[1:]
    measured = execute(*Reader(Path(case).read_bytes(), main).load())
    Path(answer).write_bytes(pickle.dumps(measured))
