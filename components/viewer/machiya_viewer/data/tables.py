"""One input table as a lazy scan over its Parquet parts, and what it takes to trust it again at every request."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

# Of each file: name, size in bytes, time of the last change in nanoseconds, inode.
Fingerprint = tuple[tuple[str, int, int, int], ...]

# Columns that a query wants, and the types it wants them as.
Columns = Mapping[str, pl.DataType | type[pl.DataType]]

_MAGIC = b"PAR1"


class UnreadableError(Exception):
    """A table that was there at the start cannot be read now."""

    def __init__(self, port: str, file: str, reason: str) -> None:
        super().__init__(f"{port}/{file}: {reason}" if file else f"{port}: {reason}")
        self.port = port
        self.file = file
        self.reason = reason


@dataclass(frozen=True)
class Table:
    """The Parquet parts of one input.

    ``schema`` and ``dtypes`` (the same in Polars' words) are those of the first part when the table was opened.
    """

    port: str
    files: tuple[Path, ...]
    schema: pa.Schema
    dtypes: Mapping[str, pl.DataType]
    rows: int

    @classmethod
    def open(cls, port: str, files: Sequence[Path]) -> "Table":
        """Read the footers. ``UnreadableError`` if one is missing or broken, or if there is no file."""
        if not files:
            raise UnreadableError(port, "", "there is no Parquet file")
        footers = [_footer(port, file) for file in files]
        rows = sum(footer.num_rows for footer in footers)
        with _unreadable_if_failing(port, files[0]):
            dtypes = pl.read_parquet_schema(files[0])
        return cls(port, tuple(files), footers[0].schema.to_arrow_schema(), dtypes, rows)

    @property
    def bytes(self) -> int:
        """The size of all parts on disk."""
        return sum(size for _, size, _, _ in self.fingerprint())

    def scan(self) -> pl.LazyFrame:
        """The whole table, lazily: filters and column choices go down into the Parquet readers."""
        return pl.scan_parquet(list(self.files), glob=False, hive_partitioning=False)

    def has(self, column: str) -> bool:
        """Whether the table has this column."""
        return column in self.dtypes

    def select(self, **dtypes: pl.DataType | type[pl.DataType]) -> pl.LazyFrame:
        """The named columns as these types. A column the table lacks, or whose kind does not fit, is null."""
        return self.scan().select(self._column(name, dtype).alias(name) for name, dtype in dtypes.items())

    def _column(self, name: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
        present = self.dtypes.get(name)
        if present is None or not _fits(present, dtype):
            return pl.lit(None, dtype=dtype)
        # A cast, even one that changes nothing, would keep a filter from using the statistics of row groups.
        return pl.col(name) if present == dtype else pl.col(name).cast(dtype, strict=False)

    def fingerprint(self) -> Fingerprint:
        """What changes when a file is replaced or written to; raises ``UnreadableError`` when one is gone."""
        return tuple((file.name, *_stat(self.port, file)) for file in self.files)

    def glance(self) -> None:
        """Cheap proof that every part is still a Parquet file: open it and read its last bytes."""
        for file in self.files:
            with _unreadable_if_failing(self.port, file), file.open("rb") as stream:
                stream.seek(-len(_MAGIC), os.SEEK_END)
                if stream.read() != _MAGIC:
                    raise UnreadableError(self.port, file.name, "is not a whole Parquet file any more")

    def verify(self) -> None:
        """Full proof, for files that changed: the schema is the old one and every page can be decoded."""
        for file in self.files:
            with _unreadable_if_failing(self.port, file), pq.ParquetFile(file) as parquet:
                if not parquet.schema_arrow.equals(self.schema):
                    raise UnreadableError(self.port, file.name, "has other columns than when it was loaded")
                for _ in parquet.iter_batches(batch_size=65536):
                    pass


def collect(frame: pl.LazyFrame, *tables: Table) -> pl.DataFrame:
    """Run a query over these tables; ``UnreadableError`` names the table and file at fault."""
    try:
        return frame.collect(engine="streaming")
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        for table in tables:
            table.glance()
            table.verify()
        names = ", ".join(table.port for table in tables)
        raise UnreadableError(names, "", f"could not be read ({type(error).__name__})") from error


def _fits(present: pl.DataType, wanted: pl.DataType | type[pl.DataType]) -> bool:
    """Whether values of one type can be read as the other without inventing anything."""
    if wanted == pl.String:
        return not present.is_nested() and present != pl.Binary
    if isinstance(wanted, pl.Datetime):
        return isinstance(present, pl.Datetime | pl.Date)
    return present.is_numeric()


def _footer(port: str, file: Path) -> pq.FileMetaData:
    with _unreadable_if_failing(port, file):
        return pq.read_metadata(file)


def _stat(port: str, file: Path) -> tuple[int, int, int]:
    with _unreadable_if_failing(port, file):
        status = file.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


@contextmanager
def _unreadable_if_failing(port: str, file: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise UnreadableError(port, file.name, "is gone") from error
    except (OSError, pa.ArrowException) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "is not readable as Parquet"
        raise UnreadableError(port, file.name, reason) from error
