"""Remembered outputs in a run: looked up under a lock, so that what two runs need is computed once, and checked."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from machiya.engines.local.argo.interpreter.commands import Recall, Remember
from machiya.engines.local.argo.interpreter.nodes import Outputs
from machiya.engines.local.cache import Memo, MemoEntry, MemoLock
from machiya.engines.local.store import ArtifactStore
from machiya.errors import MachiyaError

_POLL_SECONDS = 0.05
_ATTEMPTS_UNTOLD = 20
_KEY_SHOWN = 24


class Memory:
    """The memo of one run: it holds the keys that the run's steps are computing.

    What cannot be looked up is computed, and what cannot be remembered is lost to other runs only: no step fails by its
    memory. `note` is told, in the engine's own thread.
    """

    def __init__(
        self,
        memo: Memo,
        store: ArtifactStore,
        run: str,
        gave_up: Callable[[], bool],
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._memo = memo
        self._store = store
        self._run = run
        self._gave_up = gave_up
        self._note = note
        self._locks: dict[str, MemoLock] = {}

    async def recall(self, command: Recall) -> Outputs | None:
        """The outputs under a key. On a miss the key is held for this node; while another holds it, wait for that."""
        try:
            lock = await self._lock(command)
        except OSError as error:
            self._note(f"the cache could not be locked, so {command.key} is computed: {error}")
            return None
        if lock is None:
            return None
        self._locks[command.node_id] = lock
        try:
            outputs = await asyncio.to_thread(self._sound, command)
        except (MachiyaError, OSError) as error:
            self._note(f"the cache could not be asked for {command.key}, so it is computed: {error}")
            return None
        if outputs is not None:
            self._release(command.node_id)
        return outputs

    async def _lock(self, command: Recall) -> MemoLock | None:
        attempts = 0
        while not self._gave_up():
            lock = await asyncio.to_thread(self._memo.try_lock, command.cache, command.key)
            if lock is not None:
                return lock
            attempts += 1
            if attempts == _ATTEMPTS_UNTOLD:
                self._note(f"waiting for {command.key[:_KEY_SHOWN]}...: another step, or run, computes the same")
            await asyncio.sleep(_POLL_SECONDS)
        return None

    def _sound(self, command: Recall) -> Outputs | None:
        entry = self._memo.lookup(command.cache, command.key)
        if entry is None or (command.max_age is not None and time.time() - entry.created > command.max_age):
            return None
        artifacts = entry.outputs.artifacts.values()
        sound = all(self._store.verify(one.key, one.digest) for one in artifacts if one.key)
        return entry.outputs if sound else None

    async def remember(self, command: Remember) -> None:
        """Keep what was computed, and give the key free."""
        try:
            if command.outputs is not None:
                await asyncio.to_thread(self._keep, command, command.outputs)
        except (MachiyaError, OSError) as error:
            self._note(f"the outputs of {command.node_id} could not be kept in the cache: {error}")
        finally:
            self._release(command.node_id)

    def _keep(self, command: Remember, outputs: Outputs) -> None:
        """What an earlier session of the run computed may be remembered already; it must not look younger."""
        computed_now = command.node_id in self._locks
        if computed_now or self._memo.lookup(command.cache, command.key) is None:
            outputs = self._with_digests(outputs)
            entry = MemoEntry(outputs, time.time(), self._run, command.node_id)
            self._memo.save(command.cache, command.key, entry)

    def _with_digests(self, outputs: Outputs) -> Outputs:
        """What a DAG puts out by its key alone, as a fan-out does, gets the digest of what lies there: it must all be
        there when it is recalled."""
        found = {name: one for name, one in outputs.artifacts.items() if one.key and not one.digest}
        known = {name: self._store.find(one.key) for name, one in found.items()}
        told = {name: replace(found[name], digest=one.digest) for name, one in known.items() if one is not None}
        return replace(outputs, artifacts={**outputs.artifacts, **told}) if told else outputs

    def _release(self, node_id: str) -> None:
        lock = self._locks.pop(node_id, None)
        if lock is not None:
            lock.release()

    def close(self) -> None:
        """Give everything free."""
        for node_id in list(self._locks):
            self._release(node_id)
