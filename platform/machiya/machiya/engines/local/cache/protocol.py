"""What the engine asks of a memory of outputs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from machiya.engines.local.argo.interpreter.nodes import Outputs


@dataclass(frozen=True)
class MemoEntry:
    """Remembered outputs: made when (seconds since 1970, UTC), by which run and node."""

    outputs: Outputs
    created: float
    run: str
    node: str


class MemoLock(Protocol):
    """A key that is held: nobody else computes it."""

    def release(self) -> None:
        """Give it free."""


class Memo(Protocol):
    """Remembers outputs by cache and key. All methods may be called from any thread.

    Every method raises `machiya.engines.local.store.StoreError` when the memory cannot be reached.
    """

    def lookup(self, cache: str, key: str) -> MemoEntry | None:
        """What is remembered, None if nothing is."""

    def save(self, cache: str, key: str, entry: MemoEntry) -> None:
        """Remember; what was there before is replaced."""

    def try_lock(self, cache: str, key: str) -> MemoLock | None:
        """Hold a key until it is given free or this process ends; None while somebody else holds it."""

    def entries(self) -> Iterator[tuple[str, str, MemoEntry | None]]:
        """Everything that is remembered, by cache and key; None for what cannot be understood."""

    def forget(self, cache: str, key: str) -> bool:
        """Remember it no more, and say so; what somebody holds right now stays."""
