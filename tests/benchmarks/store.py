"""Writing the result, and looking one user up: what recommendations are stored in.

Writing begins with what is in memory: for the long table Arrow tables, whose making does not count, and for the forms
of the component publish numbers of items, and scores. A row is one item for one user in all of them.
"""

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.harness import Case, Measurement, Row, Scale, at_least, at_most, measure, not_measured
from tests.benchmarks.lists import ITEM_IDS, LENGTH, made, result, user_id
from tests.benchmarks.lookups import PACKED_NUMBERS, PACKED_TEN, stores
from tests.benchmarks.lookups import cases as lookup_cases

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from machiya_publish.lists import Lists

WRITE, LOOK_UP = "writing the result", "single-user lookup"
SOURCES = ["model", "fallback"]
ROWS_PER_SECOND = "M rows/s per core"


def rows(scale: Scale) -> list[Row]:
    """Two lines of the table."""
    return [*_writing_rows(scale), *_lookup_rows(scale)]


def _writing_rows(scale: Scale) -> list[Row]:
    lists = made(scale)
    plain, encoded = partial(long_tables, lists, plain=True), partial(long_tables, lists)
    numbers = partial(as_lists, lists)
    cases = {
        "default": Case(write_long, ("default",), plain, warm=True),
        "zstd": Case(write_long, ("zstd",), plain, warm=True),
        "best": Case(write_long, ("best",), encoded, warm=True),
        "lists.parquet": Case(write_lists, (), numbers, warm=True),
        "packed.bin": Case(write_packed, (), numbers, warm=True),
        "pack": Case(pack_table, (stores(scale) / "long.parquet",), warm=True),
    }
    measured = measure(cases, scale.repeat)
    compact, pack = measured["lists.parquet"], measured["pack"]
    found = [
        at_least(WRITE, name, _speed(measured[name]), 25, unit=ROWS_PER_SECOND, note=_bytes(measured[name]))
        for name in ("lists.parquet", "packed.bin")
    ]
    settings = {"default": "pyarrow's default", "zstd": "zstd", "best": "as the kit stores it"}
    for name, words in settings.items():
        long = measured[name]
        against, note = f"lists.parquet: bytes, of long Parquet, {words}", f"that takes {_bytes(long)}"
        found.append(at_most(WRITE, against, _size(compact) / _size(long), 1, note=note))
        found.append(_told(f"long Parquet, {words}", f"{_speed(long):.1f} {ROWS_PER_SECOND}"))
        found.append(_told(f"lists.parquet: CPU, of long Parquet, {words}", f"{compact.ratio(long):.2f} x"))
    told = f"{_speed(pack):.1f} {ROWS_PER_SECOND}, peak {pack.peak / 1e6:.0f} MB"
    return [*found, _told("from long Parquet to both (`publish.pack`)", told)]


def _lookup_rows(scale: Scale) -> list[Row]:
    measured = measure(lookup_cases(scale), scale.repeat)
    took = {name: np.median([run.value for run in one.runs], axis=0).tolist() for name, one in measured.items()}
    middle, high = took.pop("lists.parquet")
    found = [at_most(LOOK_UP, "lists.parquet, p99", high / 1000, 1.2, unit="ms", note=f"p50 {middle / 1000:.2g} ms")]
    for name in ("packed.bin", PACKED_TEN, PACKED_NUMBERS):
        middle, high = took.pop(name)
        found.append(at_most(LOOK_UP, f"{name}, p99", high, 5, unit="us", note=f"p50 {middle:.2g} us"))
    found += [
        _told(name, f"p99 {high:,.0f} us (p50 {middle:,.0f} us)", LOOK_UP) for name, (middle, high) in took.items()
    ]
    absent = {"DuckDB": "duckdb is not installed", "Redis": "redis or redis-server is not installed"}
    return found + [not_measured(LOOK_UP, name, "-", why) for name, why in absent.items() if name not in took]


def _told(against: str, measured: str, stage: str = WRITE) -> Row:
    """A row without a target."""
    return Row(stage, against, "-", measured, None)


def _speed(measured: Measurement) -> float:
    """Million rows for each second of processor time."""
    return float(measured.value[0]) / measured.cpu / 1e6


def _size(measured: Measurement) -> float:
    """Bytes a row."""
    return float(measured.value[1] / measured.value[0])


def _bytes(measured: Measurement) -> str:
    return f"{_size(measured):.2f} bytes a row"


def long_tables(lists: Path, *, plain: bool = False) -> "list[pa.Table]":
    """The long table in pieces; plain: with strings as they are, else as dictionaries."""
    import pyarrow as pa

    recommended = result(lists)
    tables = [recommended.long_table(users) for users in recommended.batches()]
    fields = [field.with_type(getattr(field.type, "value_type", field.type)) for field in tables[0].schema]
    return [table.cast(pa.schema(fields)) for table in tables] if plain else tables


def as_lists(folder: Path) -> "list[Lists]":
    """The same as lists, in pieces."""
    import pyarrow as pa

    from machiya_publish.lists import Lists

    recommended = result(folder)

    def one(users: range) -> Lists:
        count, part = len(users) * LENGTH, slice(users.start, users.stop)
        return Lists(
            pa.array([user_id(user) for user in users]),
            np.arange(0, count + 1, LENGTH),
            recommended.items[part].reshape(-1).astype(np.uint32),
            recommended.scores[part].reshape(-1).copy(),
            np.zeros(count, np.uint8),
            np.tile(np.arange(1, LENGTH + 1), len(users)),
        )

    return [one(users) for users in recommended.batches()]


def write_long(tables: "list[pa.Table]", settings: str) -> tuple[int, int]:
    """Rows and bytes of the long table as Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.parquet"
        with _long_writer(file, tables[0], settings) as writer:
            for table in tables:
                writer.write_table(table, row_group_size=1 << 17)
        return sum(table.num_rows for table in tables), file.stat().st_size


def _long_writer(file: Path, first: "pa.Table", settings: str) -> "pq.ParquetWriter":
    import pyarrow.parquet as pq

    from machiya_component.tables.encoding import parquet_writer

    if settings == "best":
        return parquet_writer(file, first, first.schema)
    return pq.ParquetWriter(file, first.schema, compression="snappy" if settings == "default" else settings)


def write_lists(pieces: "list[Lists]") -> tuple[int, int]:
    """Rows and bytes of lists.parquet, and of the items that belong to it."""
    from machiya_publish.compact import ListsWriter

    with tempfile.TemporaryDirectory() as folder:
        with ListsWriter(Path(folder)) as writer:
            for lists in pieces:
                writer.write(lists, SOURCES)
            writer.finish(ITEM_IDS, SOURCES)
        return _counted(pieces, Path(folder))


def write_packed(pieces: "list[Lists]") -> tuple[int, int]:
    """Rows and bytes of packed.bin."""
    from machiya_publish.packed import PackedWriter

    with tempfile.TemporaryDirectory() as folder:
        with PackedWriter(Path(folder)) as writer:
            for lists in pieces:
                writer.write(lists)
            writer.finish(ITEM_IDS, SOURCES)
        return _counted(pieces, Path(folder))


def pack_table(table: Path) -> tuple[int, int]:
    """Rows and bytes of what the operation makes of the long table."""
    from machiya_publish.pack import pack

    with tempfile.TemporaryDirectory() as folder:
        packed = pack([table], Path(folder))
        return packed.rows, sum(file.stat().st_size for file in Path(folder).iterdir())


def _counted(pieces: "list[Lists]", folder: Path) -> tuple[int, int]:
    return sum(len(lists.items) for lists in pieces), sum(file.stat().st_size for file in folder.iterdir())
