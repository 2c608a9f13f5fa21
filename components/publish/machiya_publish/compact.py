"""Writing and reading `lists.parquet`: one row for each user, in small row groups, so that a user is found fast."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from machiya_publish.lists import Lists
from machiya_publish.packed import source_runs
from machiya_publish.serving import CopyError, Recommendations

LISTS, ITEMS = "lists.parquet", "items.parquet"
FIRST_USERS = "machiya.first_users"
GROUP_ROWS = 1 << 15
"""Items of all lists in a row group, at least (the last one has what is left): what is decoded to look up one user."""


def _list_of(kind: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", kind, nullable=False))


SCHEMA = pa.schema(
    [
        pa.field("user_id", pa.string(), nullable=False),
        pa.field("items", _list_of(pa.int32()), nullable=False),
        pa.field("scores", _list_of(pa.float32()), nullable=False),
        pa.field("source_ends", _list_of(pa.int32()), nullable=False),
        pa.field("sources", _list_of(pa.string()), nullable=False),
    ]
)

_ITEMS, _SCORES, *_RUNS = (f"{name}.list.element" for name in SCHEMA.names[1:])
_STORED: dict[str, Any] = {
    "compression": {"user_id": "zstd", _ITEMS: "zstd", _SCORES: "zstd"} | dict.fromkeys(_RUNS, "none"),
    "column_encoding": {
        "user_id": "DELTA_BYTE_ARRAY",
        _ITEMS: "BYTE_STREAM_SPLIT",
        _SCORES: "BYTE_STREAM_SPLIT",
    },
    "use_dictionary": _RUNS,
}
"""Fast and small at once; what was tried is in tests/benchmarks/store.py."""


class ListsWriter:
    """Writes lists to `lists.parquet`, one row for each user. To be used in ``with``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._first_users: list[str] = []
        self._waiting: Lists | None = None
        self._writer = pq.ParquetWriter(folder / LISTS, SCHEMA, write_statistics=["user_id"], **_STORED)

    def __enter__(self) -> "ListsWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(self, lists: Lists, sources: Sequence[str]) -> None:
        """Append lists; `sources` are the texts of the numbers in them. What fills no row group waits for more."""
        if self._waiting is not None:
            lists = self._waiting.followed_by(lists)
        first = 0
        while (end := int(np.searchsorted(lists.starts, lists.starts[first] + GROUP_ROWS))) <= len(lists):
            self._write_group(lists.part(first, end), sources)
            first = end
        self._waiting = lists.part(first, len(lists))

    def _write_group(self, lists: Lists, sources: Sequence[str]) -> None:
        self._first_users.append(lists.users[0].as_py())
        self._writer.write_table(_lists_table(lists, sources), row_group_size=len(lists))

    def finish(self, items: Sequence[str], sources: Sequence[str]) -> None:
        """Write what waits, the ids of the items, and which user each row group begins with."""
        if self._waiting:
            self._write_group(self._waiting, sources)
        self._writer.add_key_value_metadata({FIRST_USERS: json.dumps(self._first_users, ensure_ascii=False)})
        numbers = pa.array(np.arange(len(items), dtype=np.int32))
        table = pa.table([numbers, pa.array(items, pa.string())], ["item", "item_id"])
        pq.write_table(table, self._folder / ITEMS, compression="zstd", use_dictionary=False)


def _lists_table(lists: Lists, sources: Sequence[str]) -> pa.Table:
    ends, run_sources, runs = source_runs(lists)
    texts = pa.array(sources, pa.string()).take(pa.array(run_sources))
    columns = [
        lists.users,
        _lists_array(lists.starts, pa.array(lists.items.view(np.int32)), SCHEMA.field("items")),
        _lists_array(lists.starts, pa.array(lists.scores), SCHEMA.field("scores")),
        _lists_array(runs, pa.array(ends.astype(np.int32)), SCHEMA.field("source_ends")),
        _lists_array(runs, texts, SCHEMA.field("sources")),
    ]
    return pa.table(columns, SCHEMA)


def _lists_array(starts: NDArray[np.int64], values: pa.Array, field: pa.Field) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(starts.astype(np.int32)), values, type=field.type)


class ParquetLists:
    """Looks up users in `lists.parquet`: for those who have Parquet anyway and a millisecond for each user.

    Threads may share it; they wait for each other.
    """

    def __init__(self, folder: Path | str) -> None:
        """Open the file in a folder that the operation pack wrote.

        Raises:
            CopyError: there is none.
        """
        try:
            self._file = pq.ParquetFile(Path(folder) / LISTS, memory_map=True, pre_buffer=False)
            self._first_users: list[str] = json.loads(self._file.metadata.metadata[FIRST_USERS.encode()])
            self._items = pq.read_table(Path(folder) / ITEMS)["item_id"].to_numpy()
        except (OSError, pa.ArrowInvalid, KeyError, TypeError) as error:
            raise CopyError(f"{folder} holds no lists of the operation pack: {error}") from error
        self._lock = Lock()

    def recommend(self, user_id: str, k: int | None = None) -> Recommendations | None:
        """The first `k` items (None: all there are) for a user; None for a user without a list."""
        group = bisect_right(self._first_users, user_id) - 1  # code points have the order of their UTF-8 bytes
        if group < 0:
            return None
        with self._lock:
            rows = self._file.read_row_group(group, use_threads=False)
        key = user_id.encode("utf-8", "surrogatepass")
        place = pc.index(rows["user_id"].cast(pa.binary()), key).as_py()
        if place < 0:
            return None
        items, scores, ends, sources = (rows[name].chunk(0)[place].values for name in SCHEMA.names[1:])
        end = None if k is None else max(k, 0)
        ids = self._items[items.to_numpy()[:end]].tolist()
        found = np.repeat(sources.to_numpy(zero_copy_only=False), np.diff(ends.to_numpy(), prepend=0))
        return Recommendations(ids, scores.to_numpy()[:end], found[:end].tolist())
