"""Kernels on all CPUs that this process may use. No result depends on how many there are."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from machiya_component.machine import available_cpus

Value = TypeVar("Value")

USERS_AT_ONCE = 1 << 14
"""Users of one call of a kernel: enough to fill its scratch array in no time beside the work."""


def each(tasks: Iterable[Callable[[], Value]], ahead: int = 1) -> Iterator[Value]:
    """The results of tasks in their order; as many run at a time as there are CPUs, and `ahead` more results wait.

    The tasks must release the GIL to gain anything, and none must wait for another.
    """
    workers = available_cpus()
    with ThreadPoolExecutor(workers) as pool:
        rest = iter(tasks)
        running = [pool.submit(task) for task in islice(rest, workers + ahead)]
        try:
            while running:
                value = running.pop(0).result()
                running += [pool.submit(task) for task in islice(rest, 1)]
                yield value
        finally:
            for future in running:
                future.cancel()


def over_users(work: Callable[[int, int], object], n_users: int, at_once: int = USERS_AT_ONCE) -> None:
    """Call `work(begin, end)` for ranges that make up 0 ... n_users; it must write to places of its own users only."""
    ranges = [(begin, min(begin + at_once, n_users)) for begin in range(0, n_users, at_once)]
    for _ in each([lambda begin=begin, end=end: work(begin, end) for begin, end in ranges]):  # type: ignore[misc]
        pass
