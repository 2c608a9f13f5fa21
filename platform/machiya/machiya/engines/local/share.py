"""What several engines on one machine take of it: a file for each, which says how much, locked while it works."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from machiya.engines.local.capacity import Capacity

_STALE_SECONDS = 5.0
"""Who waits looks again much sooner; who does not, has been suspended."""


@dataclass(frozen=True)
class _Use:
    """What an engine has taken, since when it waits for more (0: it does not), and when it last looked."""

    cpu: float = 0.0
    memory: float = 0.0
    since: float = 0.0
    looked: float = 0.0

    def waits_before(self, since: float, now: float) -> bool:
        """Whether it has waited longer, and still does."""
        return 0.0 < self.since < since and now - self.looked < _STALE_SECONDS


class MachineShare:
    """Implements `machiya.engines.local.scheduling.Share` for the engines that work with one folder.

    An engine that died has no lock on its file any more, so it holds nothing. Requests are taken in the order in which
    they came, whichever engine they are of.
    """

    def __init__(self, folder: Path, capacity: Capacity) -> None:
        self._folder = folder
        self._capacity = capacity
        self._use = _Use()
        self._own: int | None = None
        self._name = ""

    def take(self, cpu: float, memory: float) -> bool:
        """Take some, if it is free and nobody has waited longer for it.

        Where files cannot be locked or written, each engine counts for itself.
        """
        try:
            return self._take(cpu, memory)
        except OSError:
            return True

    def _take(self, cpu: float, memory: float) -> bool:
        now = time.time()
        since = self._use.since or now
        with self._lock():
            others = list(self._others())
            wanted_cpu = self._use.cpu + cpu + sum(one.cpu for one in others)
            wanted_memory = self._use.memory + memory + sum(one.memory for one in others)
            fits = wanted_cpu <= self._capacity.cpu + 1e-9 and wanted_memory <= self._capacity.memory
            taken = fits and not any(one.waits_before(since, now) for one in others)
            if taken:
                self._write(_Use(self._use.cpu + cpu, self._use.memory + memory))
            else:
                self._write(_Use(self._use.cpu, self._use.memory, since, now))
        return taken

    def give(self, cpu: float, memory: float) -> None:
        """Give it back."""
        with suppress(OSError), self._lock():
            self._write(_Use(self._use.cpu - cpu, self._use.memory - memory, self._use.since, self._use.looked))

    def close(self) -> None:
        """Hold nothing any more."""
        if self._own is not None:
            (self._folder / self._name).unlink(missing_ok=True)
            os.close(self._own)
            self._own = None

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Nobody else looks or takes meanwhile; it is held for moments only."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if self._own is None:
                self._register()
            yield
        finally:
            os.close(handle)

    def _register(self) -> None:
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}.json"
        self._own = os.open(self._folder / self._name, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._own, fcntl.LOCK_EX)

    def _write(self, use: _Use) -> None:
        self._use = use
        if self._own is not None:
            data = json.dumps(vars(use)).encode()
            os.pwrite(self._own, data, 0)
            os.ftruncate(self._own, len(data))

    def _others(self) -> Iterator[_Use]:
        """What the other engines that are alive have taken; what the dead left is removed."""
        for path in self._folder.glob("*.json"):
            if path.name == self._name:
                continue
            with suppress(OSError, ValueError, TypeError), path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    yield _Use(**json.load(file))
                else:
                    path.unlink(missing_ok=True)
