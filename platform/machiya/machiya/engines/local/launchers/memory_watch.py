"""Ends processes that use more memory than they may, as a cluster would do."""

import signal
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from machiya.engines.local.launchers.processes import Process, end_group, own_memory, processes

_SECONDS = 0.1
_SHARE = 20
"""One part in so many of a processor is spent on looking, at most."""


class Watched:
    """A session of processes with a limit in bytes. ``exceeded`` is what it used when it was ended for that, else 0."""

    def __init__(self, leader: int, limit: int, watch: "MemoryWatch") -> None:
        self.leader = leader
        self.limit = limit
        self.exceeded = 0
        self._watch = watch

    def forget(self) -> None:
        """It has ended; its number may be another's from now on."""
        self._watch.remove(self)


class MemoryWatch:
    """Looks ten times a second at what processes use: one thread for all of them, as long as there are any.

    Where there is no /proc nothing is found, and nothing ended.
    """

    def __init__(self) -> None:
        self._watched: dict[int, Watched] = {}
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, leader: int, limit: float) -> Watched:
        """Watch the session that a process leads."""
        watched = Watched(leader, int(limit), self)
        with self._lock:
            self._watched[leader] = watched
            if self._thread is None:
                self._idle.clear()
                self._thread = threading.Thread(target=self._run, name="memory-watch", daemon=True)
                self._thread.start()
        return watched

    def remove(self, watched: Watched) -> None:
        """Watch it no more."""
        with self._lock:
            self._watched.pop(watched.leader, None)

    def close(self) -> None:
        """Watch nothing any more."""
        with self._lock:
            self._watched.clear()
            thread = self._thread
        self._idle.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            self._look()
            spent = time.monotonic() - began
            with self._lock:
                if not self._watched:
                    self._thread = None
                    return
            self._idle.wait(max(_SECONDS, spent * _SHARE))

    def _look(self) -> None:
        sessions = _by_session()
        with self._lock:
            suspects = [one for one in self._watched.values() if _resident(sessions, one) > one.limit]
        for one in suspects:
            used = sum(own_memory(process) for process in sessions[one.leader])
            if used > one.limit:
                self._end(one, used)

    def _end(self, watched: Watched, used: int) -> None:
        with self._lock:
            if self._watched.pop(watched.leader, None) is watched:
                watched.exceeded = used
                end_group(watched.leader, signal.SIGKILL)


def _by_session() -> Mapping[int, Sequence[Process]]:
    found = defaultdict(list)
    for process in processes():
        found[process.session].append(process)
    return found


def _resident(sessions: Mapping[int, Sequence[Process]], watched: Watched) -> int:
    return sum(process.resident for process in sessions.get(watched.leader, ()))
