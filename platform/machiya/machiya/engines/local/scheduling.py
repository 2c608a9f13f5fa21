"""Which steps run at a time: in the order in which they ask, as long as what they request is free."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from machiya.engines.local.capacity import Capacity

_LOOK_AGAIN_SECONDS = 0.2


class Share(Protocol):
    """What this engine and others on the machine have in common. Memory in bytes."""

    def take(self, cpu: float, memory: float) -> bool:
        """Take some, if it is free and nobody has waited longer for it."""

    def give(self, cpu: float, memory: float) -> None:
        """Give it back."""


@dataclass(frozen=True)
class _Claim:
    number: int
    cpu: float
    memory: float
    turn: "asyncio.Future[None]"


class Scheduler:
    """Admits steps; `capacity` is that of the machine, `share` keeps engines side by side from taking it twice.

    A step that must wait keeps those behind it waiting, so that a large one is not passed by for ever; only steps that
    request nothing pass.
    """

    def __init__(self, capacity: Capacity, share: Share | None = None) -> None:
        self.capacity = capacity
        self._share = share
        self._cpu, self._memory = capacity.cpu, capacity.memory
        self._steps, self._unasked = capacity.steps, capacity.unasked
        self._asking: deque[_Claim] = deque()
        self._modest: deque[_Claim] = deque()
        self._asked = 0
        self._look: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def room(self, cpu: float, memory: float) -> AsyncIterator[None]:
        """Wait until there is room, and have it."""
        claim = _Claim(self._asked, cpu, memory, asyncio.get_running_loop().create_future())
        self._asked += 1
        (self._asking if cpu or memory else self._modest).append(claim)
        self._admit()
        try:
            await claim.turn
            yield
        finally:
            if claim.turn.done() and not claim.turn.cancelled():
                self._release(claim)
            self._admit()

    def _release(self, claim: _Claim) -> None:
        self._cpu, self._memory, self._steps = self._cpu + claim.cpu, self._memory + claim.memory, self._steps + 1
        self._unasked += 0 if claim.cpu else 1
        if self._share is not None and (claim.cpu or claim.memory):
            self._share.give(claim.cpu, claim.memory)

    def _admit(self) -> None:
        """Only the first of each queue is looked at, so that many may wait."""
        while (queue := self._next()) is not None:
            claim = queue.popleft()
            self._cpu, self._memory, self._steps = self._cpu - claim.cpu, self._memory - claim.memory, self._steps - 1
            self._unasked -= 0 if claim.cpu else 1
            claim.turn.set_result(None)

    def _next(self) -> deque[_Claim] | None:
        """The queue whose first is next, None if nobody can be admitted."""
        for queue in (self._asking, self._modest):
            while queue and queue[0].turn.cancelled():
                queue.popleft()
        queues = sorted((queue for queue in (self._asking, self._modest) if queue), key=lambda queue: queue[0].number)
        return next((queue for queue in queues if self._has_room(queue[0])), None)

    def _has_room(self, claim: _Claim) -> bool:
        if self._steps < 1 or (not claim.cpu and self._unasked < 1):
            return False
        if claim.cpu > self._cpu + 1e-9 or claim.memory > self._memory:
            return False
        if self._share is None or not (claim.cpu or claim.memory) or self._share.take(claim.cpu, claim.memory):
            return True
        self._look_again()
        return False

    def _look_again(self) -> None:
        """Other engines do not tell when they give something back."""
        if self._look is not None:
            self._look.cancel()
        self._look = asyncio.get_running_loop().call_later(_LOOK_AGAIN_SECONDS, self._admit)
