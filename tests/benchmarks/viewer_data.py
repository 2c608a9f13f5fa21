"""What the viewer is measured on: two versions of recommendations for many users, and the view of them.

    python -m tests.benchmarks.viewer_data FOLDER [USERS]

Makes FOLDER/tables (as the platform writes tables: sorted by user, in row groups of 131,072 rows) and FOLDER/view. The
full size is 500,000 users with 100 rows in each of two versions, over 50,000 items. Users are made in batches of
10,000, so memory does not depend on how many there are.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

USERS, LENGTH, ITEMS, HISTORY = 500_000, 100, 50_000, 40
KEPT = 0.6
"""Share of a list that the candidate leaves in it."""
BATCH, GROUP_ROWS, K, SEED = 10_000, 1 << 17, 10, 20261125
DAY_ZERO = datetime(2026, 8, 1, tzinfo=UTC)
ROLES = (
    "データエンジニア",
    "Registered nurse, night shift",
    "法人営業(未経験歓迎)",
    "Delivery driver",
    "調理師・調理補助",
)
CATEGORIES = ("engineering", "nursing", "営業", "物流", "飲食")
SEGMENTS = ("history-0-9", "history-10-19", "history-20+")

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Users of one batch by number; items of shape (users, LENGTH), best first; histories as flat arrays."""

    users: Ints
    base: Ints
    candidate: Ints
    history_users: Ints
    history_items: Ints
    history_days: Ints


def make_tables(folder: Path, users: int = USERS) -> None:
    """Write recommendations, candidate, interactions, user_changes and items below a folder."""
    tables = _Writers(folder)
    for batch in _batches(users):
        tables.write("recommendations", _lists(batch.users, batch.base))
        tables.write("candidate", _lists(batch.users, batch.candidate))
        tables.write("interactions", _interactions(batch))
        tables.write("user_changes", _changes(batch))
    tables.write("items", _items())
    tables.close()


def make_view(tables: Path, folder: Path, scratch: Path) -> None:
    """The view of the tables, as the operation `report` makes it."""
    from machiya_viewer.prepare import Options, Sources, Table, write_view
    from machiya_viewer.view.model import Version

    def opened(port: str) -> Table:
        return Table.open(port, sorted((tables / port).glob("*.parquet")))

    folder.mkdir(parents=True, exist_ok=True)
    sources = Sources(
        lists=(opened("recommendations"), opened("candidate")),
        interactions=opened("interactions"),
        items=opened("items"),
        scores=(None, None),
        user_changes=opened("user_changes"),
    )
    versions = (Version("recommender 1.0.0"), Version("recommender 1.1.0"))
    write_view(sources, Options("Benchmark", K, versions, run="benchmark"), folder, scratch)


def user_name(number: int) -> str:
    """The id of a user; in the order of numbers."""
    return f"user-{number:07d}"


def item_name(number: int) -> str:
    """The id of an item."""
    return f"job-{number:06d}"


def _batches(users: int) -> Iterator[Batch]:
    rng = np.random.default_rng(SEED)
    shuffled = rng.permutation(ITEMS)  # so that an id does not tell how popular an item is
    for first in range(0, users, BATCH):
        numbers = np.arange(first, min(first + BATCH, users))
        drawn, other = (_drawn(len(numbers), LENGTH, rng) for _ in range(2))
        kept = rng.random(drawn.shape) < KEPT
        order = rng.random(drawn.shape)
        shaken = order + rng.normal(0, 0.1, drawn.shape)
        base = np.take_along_axis(drawn, np.argsort(order, axis=1), axis=1)
        candidate = np.take_along_axis(np.where(kept, drawn, other), np.argsort(shaken, axis=1), axis=1)
        past = rng.random((len(numbers), HISTORY)) < rng.random(len(numbers))[:, None]
        rows, _ = np.nonzero(past)
        days = rng.integers(0, 100 * 86400, len(rows))
        seen = _drawn(len(numbers), HISTORY, rng)[past]
        yield Batch(numbers, shuffled[base], shuffled[candidate], numbers[rows], shuffled[seen], days)


def _drawn(users: int, length: int, rng: np.random.Generator) -> Ints:
    """Different items for each user, the popular ones (small numbers) for more of them: one of each of the strata."""
    edges = (np.arange(length + 1) / length) ** 2 * ITEMS
    places = edges[:-1] + rng.random((users, length)) * np.diff(edges)
    found: Ints = np.maximum(places.astype(np.int64), np.ceil(edges[:-1]).astype(np.int64))
    return found


def _lists(users: Ints, items: Ints) -> pa.Table:
    count, length = items.shape
    return pa.table(
        {
            "user_id": _named(np.repeat(users, length), user_name),
            "item_id": _named(items.ravel(), item_name),
            "rank": np.tile(np.arange(1, length + 1), count),
            "score": np.tile(1 / np.arange(1, length + 1), count) + items.ravel() / ITEMS * 1e-3,
            "source": pa.array(["model"] * (count * length)),
        }
    )


def _interactions(batch: Batch) -> pa.Table:
    start = int(DAY_ZERO.timestamp()) * 1_000_000
    return pa.table(
        {
            "user_id": _named(batch.history_users, user_name),
            "item_id": _named(batch.history_items, item_name),
            "weight": np.ones(len(batch.history_users)),
            "events": np.ones(len(batch.history_users), np.int64),
            "time": pa.array(start + batch.history_days * 1_000_000, pa.timestamp("us", "UTC")),
        }
    )


def _changes(batch: Batch) -> pa.Table:
    """Overlap at K is true; the other measures only look like it."""
    base, candidate = batch.base[:, :K], batch.candidate[:, :K]
    common = (base[:, :, None] == candidate[:, None, :]).any(axis=2).sum(axis=1)
    lengths = np.bincount(batch.history_users - batch.users[0], minlength=len(batch.users))
    noise = batch.base[:, 0] / ITEMS * 0.05
    return pa.table(
        {
            "user_id": _named(batch.users, user_name),
            "segment": pa.array([SEGMENTS[min(length // 10, 2)] for length in lengths.tolist()]),
            "overlap": common / K,
            "rbo": np.clip(common / K * 0.9 + noise, 0, 1),
            "kendall_tau": np.clip(common / K + noise - 0.2, -1, 1),
            "entered": K - common,
            "left": K - common,
        }
    )


def _items() -> pa.Table:
    numbers = range(ITEMS)
    return pa.table(
        {
            "item_id": [item_name(number) for number in numbers],
            "title": [f"{ROLES[number % 5]} {number:05d}" for number in numbers],
            "category": [CATEGORIES[number % 5] for number in numbers],
            "url": [f"https://jobs.example.org/{number}" for number in numbers],
        }
    )


def _named(numbers: Ints, name: Any) -> pa.DictionaryArray:
    """Ids as a dictionary: they are written as texts."""
    found, places = np.unique(numbers, return_inverse=True)
    return pa.DictionaryArray.from_arrays(
        pa.array(places.astype(np.int32)), [name(number) for number in found.tolist()]
    )


class _Writers:
    """One file a table, as the platform writes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}

    def write(self, name: str, table: pa.Table) -> None:
        """Append rows."""
        plain = pa.table({field: _plain(table[field]) for field in table.column_names})
        if name not in self._writers:
            (self._folder / name).mkdir(parents=True, exist_ok=True)
            path = self._folder / name / "part-00000.parquet"
            self._writers[name] = pq.ParquetWriter(path, plain.schema, compression="zstd")
        self._writers[name].write_table(plain, row_group_size=GROUP_ROWS)

    def close(self) -> None:
        """Finish all."""
        for writer in self._writers.values():
            writer.close()


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def main() -> None:
    """Make tables and view, and say how long each took."""
    folder = Path(sys.argv[1])
    users = int(sys.argv[2]) if len(sys.argv) > 2 else USERS
    for name, make in (("tables", _make_tables), ("view", _make_view)):
        began = time.perf_counter()
        make(folder, users)
        sys.stdout.write(f"{name}: {time.perf_counter() - began:.1f} s\n")


def _make_tables(folder: Path, users: int) -> None:
    if not (folder / "tables").exists():
        make_tables(folder / "tables", users)


def _make_view(folder: Path, _: int) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        make_view(folder / "tables", folder / "view", Path(scratch))


if __name__ == "__main__":
    main()
