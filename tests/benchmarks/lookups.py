"""One user's 100 recommendations, looked up in one store after the other: how long single calls take.

Each case opens its store before it is measured, looks up the same users in the same order once to warm it up, and gives
the times of single calls, in microseconds. What a store answers is compared with what was recommended.
"""

import atexit
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import BenchmarkError, Case, Scale, installed
from tests.benchmarks.lists import ITEM_IDS, LENGTH, Result, made, result, user_id

Answer = tuple[Sequence[str], Sequence[float] | NDArray[np.float32]]
"""Ids of items and scores, the best first."""


class Store(NamedTuple):
    """How a store is asked for one user, and what its answer means."""

    look_up: Callable[[str], Any]
    answer: Callable[[Any], Answer]
    length: int = LENGTH


PACKED_TEN, PACKED_NUMBERS = "packed.bin, first 10", "packed.bin, numbers of items"
ROWS = "SELECT item_id, score FROM {} WHERE user_id = ? ORDER BY rank"


def stores(scale: Scale) -> Path:
    """All stores of a scale, filled."""
    return scale.made("stores-1", partial(_fill, made(scale)))


def cases(scale: Scale) -> dict[str, Case]:
    """By the name of the store; how often each is asked depends on how fast it is."""
    calls = dict.fromkeys(("packed.bin", PACKED_TEN, PACKED_NUMBERS), 100_000)
    calls |= {"lists.parquet": 3_000, "SQLite": 10_000}
    if installed("duckdb"):
        calls |= {"DuckDB": 1_000, "DuckDB on Parquet": 300}
    if installed("redis") and shutil.which("redis-server"):
        calls |= {"Redis": 10_000}
    lists, folder = made(scale), stores(scale)
    return {
        name: Case(
            latencies, (lists, round(count * min(1, 10 * scale.share))), partial(_opened, name, folder), warm=True
        )
        for name, count in calls.items()
    }


def latencies(store: Store, lists: Path, calls: int) -> tuple[float, float]:
    """Median and 99th percentile of single calls for users chosen at random, in microseconds."""
    recommended = result(lists)
    users = np.random.default_rng(2).integers(0, len(recommended.items), calls).tolist()
    for user in users[:20]:
        _require_equal(store.answer(store.look_up(user_id(user))), recommended, user, store.length)
    names, took = [user_id(user) for user in users], [0] * calls
    look_up, clock = store.look_up, time.perf_counter_ns
    for call, name in enumerate(names):
        begin = clock()
        look_up(name)
        took[call] = clock() - begin
    middle, high = np.quantile(took, [0.5, 0.99]) / 1000
    return float(middle), float(high)


def _require_equal(answer: Answer, recommended: Result, user: int, length: int) -> None:
    items = [ITEM_IDS[item] for item in recommended.items[user][:length]]
    scores = np.asarray(answer[1], np.float32)
    if list(answer[0]) != items or not np.array_equal(scores, recommended.scores[user][:length]):
        raise BenchmarkError(f"The store answers something else for user {user}.")


def _fill(lists: Path, folder: Path) -> None:
    """Write the long table, the serving copy, and files of SQLite and DuckDB."""
    from machiya_component.tables.encoding import parquet_writer
    from machiya_publish.pack import pack

    (folder / "lists").symlink_to(lists)
    recommended = result(lists)
    first = recommended.long_table(range(1))
    with parquet_writer(folder / "long.parquet", first, first.schema) as writer:
        for users in recommended.batches():
            writer.write_table(recommended.long_table(users))
    (folder / "serving").mkdir()
    pack([folder / "long.parquet"], folder / "serving")
    _fill_sqlite(recommended, folder / "lists.sqlite")
    if installed("duckdb"):
        _fill_duckdb(folder)


def _fill_sqlite(recommended: Result, file: Path) -> None:
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE lists (user_id, rank, item_id, score, PRIMARY KEY (user_id, rank)) WITHOUT ROWID")
    for users in recommended.batches():
        table = recommended.long_table(users).select(["user_id", "rank", "item_id", "score"])
        columns = [column.to_pylist() for column in table.columns]
        database.executemany("INSERT INTO lists VALUES (?, ?, ?, ?)", zip(*columns, strict=True))
    database.commit()
    database.close()


def _fill_duckdb(folder: Path) -> None:
    import duckdb

    with duckdb.connect(str(folder / "lists.duckdb")) as database:
        database.execute("SET enable_progress_bar = false")
        database.execute(f"CREATE TABLE lists AS FROM '{folder / 'long.parquet'}'")
        database.execute("CREATE INDEX by_user ON lists (user_id)")


def _opened(name: str, folder: Path) -> Store:
    return _OPENED[name](folder)


def _packed(folder: Path) -> Store:
    from machiya_publish.serving import ServingCopy

    return Store(ServingCopy(folder / "serving").recommend, lambda found: found[:2])


def _packed_ten(folder: Path) -> Store:
    from machiya_publish.serving import ServingCopy

    copy = ServingCopy(folder / "serving")
    return Store(lambda user: copy.recommend(user, 10), lambda found: found[:2], 10)


def _packed_numbers(folder: Path) -> Store:
    from machiya_publish.serving import ServingCopy

    copy = ServingCopy(folder / "serving")
    return Store(copy.numbered, lambda found: (copy.item_ids[found.items].tolist(), found.scores))


def _lists(folder: Path) -> Store:
    from machiya_publish.compact import ParquetLists

    return Store(ParquetLists(folder / "serving").recommend, lambda found: found[:2])


def _sqlite(folder: Path) -> Store:
    database = sqlite3.connect(f"file:{folder / 'lists.sqlite'}?mode=ro", uri=True)
    database.execute("PRAGMA mmap_size = 4000000000")
    query = ROWS.format("lists")
    return Store(lambda user: database.execute(query, (user,)).fetchall(), _columns)


def _duckdb(folder: Path, source: str = "lists") -> Store:
    import duckdb

    database = duckdb.connect(str(folder / "lists.duckdb"), read_only=True)
    database.execute("SET threads = 1")
    database.execute("SET enable_progress_bar = false")
    query = ROWS.format(source)
    return Store(lambda user: database.execute(query, [user]).fetchall(), _columns)


def _duckdb_on_parquet(folder: Path) -> Store:
    return _duckdb(folder, f"'{folder / 'long.parquet'}'")


def _columns(rows: list[tuple[str, float]]) -> Answer:
    items, scores = zip(*rows, strict=True)
    return items, scores


def _redis(folder: Path) -> Store:
    """A server of its own on a socket, that holds each list as packed as it may be: numbers and scores."""
    import redis

    scratch = Path(tempfile.mkdtemp())
    options = ["--port", "0", "--unixsocket", str(scratch / "socket"), "--save", "", "--daemonize", "no"]
    server = subprocess.Popen(["redis-server", *options], cwd=scratch, stdout=subprocess.DEVNULL)
    atexit.register(shutil.rmtree, scratch)
    atexit.register(server.wait)
    atexit.register(server.terminate)
    client = redis.Redis(unix_socket_path=str(scratch / "socket"), retry=None)
    while not (scratch / "socket").exists():
        if server.poll() is not None:
            raise BenchmarkError("redis-server did not start.")
        time.sleep(0.01)
    recommended = result(folder / "lists")
    for users in recommended.batches():
        with client.pipeline(transaction=False) as pipeline:
            for user in users:
                pipeline.set(user_id(user), recommended.items[user].tobytes() + recommended.scores[user].tobytes())
            pipeline.execute()
    ids = np.array(ITEM_IDS, object)

    def look_up(user: str) -> Answer:
        found = client.get(user)
        return ids[np.frombuffer(found, np.int32, LENGTH)].tolist(), np.frombuffer(found, np.float32, -1, 4 * LENGTH)

    return Store(look_up, lambda found: found)


_OPENED: dict[str, Callable[[Path], Store]] = {
    "packed.bin": _packed,
    PACKED_TEN: _packed_ten,
    PACKED_NUMBERS: _packed_numbers,
    "lists.parquet": _lists,
    "SQLite": _sqlite,
    "DuckDB": _duckdb,
    "DuckDB on Parquet": _duckdb_on_parquet,
    "Redis": _redis,
}
