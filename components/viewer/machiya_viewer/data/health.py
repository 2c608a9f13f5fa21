"""Whether what was loaded can still be read. Cheap as long as no file changes, thorough as soon as one does."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from machiya_viewer.data.tables import Fingerprint, Table, UnreadableError


@dataclass(frozen=True)
class TableState:
    """One table now: its size, or the reason why it cannot be read."""

    port: str
    files: int
    rows: int
    problem: str | None = None


class Health:
    """Checks tables against how they were when they were opened.

    At every call: all files are there and end like Parquet files. A file whose size, time or inode changed is read
    whole once, and its verdict is kept until it changes again.
    """

    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = tuple(tables)
        self._verdicts: dict[tuple[str, Fingerprint], str | None] = {
            (table.port, table.fingerprint()): None for table in self._tables
        }
        self._lock = Lock()

    def check(self) -> tuple[TableState, ...]:
        """The state of every table now."""
        with self._lock:
            return tuple(
                TableState(table.port, len(table.files), table.rows, self._problem(table)) for table in self._tables
            )

    def _problem(self, table: Table) -> str | None:
        try:
            key = (table.port, table.fingerprint())
            table.glance()
        except UnreadableError as error:
            return str(error)
        if key not in self._verdicts:
            self._forget(table.port)
            self._verdicts[key] = _verify(table)
        return self._verdicts[key]

    def _forget(self, port: str) -> None:
        self._verdicts = {key: verdict for key, verdict in self._verdicts.items() if key[0] != port}


def _verify(table: Table) -> str | None:
    try:
        table.verify()
    except UnreadableError as error:
        return str(error)
    return None
