"""Limits on how much happens at a time: first come, first served."""

from collections import deque
from collections.abc import Callable


class Gate:
    """At most `limit` may be inside at a time; None is no limit."""

    def __init__(self, limit: int | None, name: str = "") -> None:
        self.limit = limit
        self.name = name
        self._inside: set[str] = set()
        self._waiting: deque[tuple[str, Callable[[], None]]] = deque()

    @property
    def inside(self) -> int:
        """How many are inside."""
        return len(self._inside)

    def enter(self, who: str, go: Callable[[], None]) -> bool:
        """Call `go` as soon as there is room; whether that was at once."""
        if self._has_room():
            self._inside.add(who)
            go()
            return True
        self._waiting.append((who, go))
        return False

    def leave(self, who: str) -> list[Callable[[], None]]:
        """Give the place free; what those who now come in wait for to be called."""
        self._inside.discard(who)
        admitted = []
        while self._waiting and self._has_room():
            name, go = self._waiting.popleft()
            self._inside.add(name)
            admitted.append(go)
        return admitted

    def open(self) -> list[Callable[[], None]]:
        """Let everybody in: the run is being stopped, and they are to notice."""
        self.limit = None
        return self.leave("")

    def _has_room(self) -> bool:
        return self.limit is None or len(self._inside) < self.limit


class Gates:
    """The gates of a run: for all pods, for the children of a node, for mutexes and semaphores."""

    def __init__(self, pods: int | None) -> None:
        self.pods = Gate(pods)
        self._children: dict[str, Gate] = {}
        self._locks: dict[str, Gate] = {}

    def limit_children(self, node_id: str, limit: int) -> None:
        """At most `limit` children of this node at a time."""
        self._children[node_id] = Gate(limit)

    def children_of(self, node_id: str) -> Gate | None:
        """The gate to the children of a node, None where there is no limit."""
        return self._children.get(node_id)

    def lock(self, name: str, limit: int) -> Gate:
        """The lock of this name."""
        return self._locks.setdefault(name, Gate(limit, name))

    def open(self) -> list[Callable[[], None]]:
        """Let everybody in."""
        return [go for gate in (self.pods, *self._children.values(), *self._locks.values()) for go in gate.open()]
