"""Remembered outputs in a run: looked up under a lock, so that what two runs need is computed once, and checked."""

import asyncio
import time
from collections.abc import Callable

from machiya.engines.local.argo.interpreter.commands import Recall, Remember
from machiya.engines.local.argo.interpreter.nodes import Outputs
from machiya.engines.local.cache import Memo, MemoEntry, MemoLock
from machiya.engines.local.store import ArtifactStore

_POLL_SECONDS = 0.05


class Memory:
    """The memo of one run: it holds the keys that the run's steps are computing."""

    def __init__(self, memo: Memo, store: ArtifactStore, run: str, gave_up: Callable[[], bool]) -> None:
        self._memo = memo
        self._store = store
        self._run = run
        self._gave_up = gave_up
        self._locks: dict[str, MemoLock] = {}

    async def recall(self, command: Recall) -> Outputs | None:
        """The outputs under a key. On a miss the key is held for this node; while another holds it, wait for that."""
        lock = None
        while lock is None and not self._gave_up():
            lock = await asyncio.to_thread(self._memo.try_lock, command.cache, command.key)
            if lock is None:
                await asyncio.sleep(_POLL_SECONDS)
        if lock is None:
            return None
        outputs = await asyncio.to_thread(self._sound, command)
        if outputs is None:
            self._locks[command.node_id] = lock
        else:
            lock.release()
        return outputs

    def _sound(self, command: Recall) -> Outputs | None:
        entry = self._memo.lookup(command.cache, command.key)
        if entry is None or (command.max_age is not None and time.time() - entry.created > command.max_age):
            return None
        artifacts = entry.outputs.artifacts.values()
        sound = all(self._store.verify(one.key, one.digest) for one in artifacts if one.key)
        return entry.outputs if sound else None

    async def remember(self, command: Remember) -> None:
        """Keep what was computed, and give the key free."""
        if command.outputs is not None:
            entry = MemoEntry(command.outputs, time.time(), self._run, command.node_id)
            await asyncio.to_thread(self._memo.save, command.cache, command.key, entry)
        lock = self._locks.pop(command.node_id, None)
        if lock is not None:
            lock.release()

    def close(self) -> None:
        """Give everything free."""
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()
