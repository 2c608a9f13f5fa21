"""What is to happen at a time."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True)
class Timer:
    """Something to be done at a time, unless it is cancelled before."""

    when: float
    order: int
    act: Callable[[], None] = field(compare=False)
    cut_short: bool = field(compare=False, default=False)
    cancelled: bool = field(compare=False, default=False)

    def cancel(self) -> None:
        """It shall not happen."""
        self.cancelled = True


class Timers:
    """Timers in the order of their times."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._order = itertools.count()

    def add(self, when: float, act: Callable[[], None], *, cut_short: bool = False) -> Timer:
        """Do `act` at `when`; with `cut_short` it happens at once when the run is stopped."""
        timer = Timer(when, next(self._order), act, cut_short)
        heapq.heappush(self._heap, timer)
        return timer

    def due(self, now: float) -> list[Callable[[], None]]:
        """What is due, taken off."""
        actions = []
        while self._heap and (self._heap[0].cancelled or self._heap[0].when <= now):
            timer = heapq.heappop(self._heap)
            if not timer.cancelled:
                timer.cancelled = True
                actions.append(timer.act)
        return actions

    def cut(self) -> list[Callable[[], None]]:
        """The waits that end because the run is stopped, taken off."""
        actions = []
        for timer in sorted(self._heap):
            if timer.cut_short and not timer.cancelled:
                timer.cancelled = True
                actions.append(timer.act)
        return actions

    @property
    def next_time(self) -> float | None:
        """When something is due next."""
        while self._heap and self._heap[0].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0].when if self._heap else None
