"""Aggregates that many pages need, computed once and again only when the files behind them changed."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, TypeVar, cast

from machiya_viewer.data.tables import Fingerprint, Table

Value = TypeVar("Value")


class Aggregates:
    """Values by name. Thread-safe; a value is computed by one thread while the others wait for it."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[tuple[Fingerprint, ...], Any]] = {}
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def get(self, name: str, tables: Sequence[Table], compute: Callable[[], Value]) -> Value:
        """The value, computed from these tables as they are now; ``UnreadableError`` when one of them is gone."""
        current = tuple(table.fingerprint() for table in tables)
        with self._lock:
            lock = self._locks.setdefault(name, Lock())
        with lock:
            if name not in self._values or self._values[name][0] != current:
                self._values[name] = (current, compute())
            return cast("Value", self._values[name][1])
