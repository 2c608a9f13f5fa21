"""Input tables: lazy scans over their Parquet parts, with the columns that may be missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

Columns = Mapping[str, pl.DataType | type[pl.DataType]]
"""Columns that a query wants, and the types it wants them as."""

LISTS: Columns = {
    "user_id": pl.String,
    "item_id": pl.String,
    "rank": pl.Int64,
    "score": pl.Float64,
    "source": pl.String,
}
INTERACTIONS: Columns = {
    "user_id": pl.String,
    "time": pl.Datetime("us", "UTC"),
    "item_id": pl.String,
    "weight": pl.Float64,
    "events": pl.Int64,
}
CHANGES: Columns = {
    "user_id": pl.String,
    "segment": pl.String,
    "overlap": pl.Float64,
    "rbo": pl.Float64,
    "kendall_tau": pl.Float64,
    "entered": pl.Int64,
    "left": pl.Int64,
}
ITEMS: Columns = {
    "item_id": pl.String,
    "title": pl.String,
    "category": pl.String,
    "url": pl.String,
    "lang": pl.String,
}


@dataclass(frozen=True)
class Table:
    """The Parquet parts of one input. ``dtypes`` are those of the first part."""

    port: str
    files: tuple[Path, ...]
    dtypes: Mapping[str, pl.DataType]

    @classmethod
    def open(cls, port: str, files: Sequence[Path]) -> "Table":
        """Read the schema; there is at least one file."""
        return cls(port, tuple(files), pl.read_parquet_schema(files[0]))

    def has(self, column: str) -> bool:
        """Whether the table has this column."""
        return column in self.dtypes

    def select(self, columns: Columns, files: Sequence[Path] | None = None) -> pl.LazyFrame:
        """The named columns as these types. A column the table lacks, or whose kind does not fit, is null."""
        scan = pl.scan_parquet(list(files or self.files), glob=False, hive_partitioning=False)
        return scan.select(self._column(name, dtype).alias(name) for name, dtype in columns.items())

    def read(self, columns: Columns) -> pl.DataFrame:
        """The whole table, for those that are small."""
        return self.select(columns).collect(engine="streaming")

    def _column(self, name: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
        present = self.dtypes.get(name)
        if present is None or not _fits(present, dtype):
            return pl.lit(None, dtype=dtype)
        if isinstance(present, pl.Datetime) and present.time_zone is None:
            return pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        # A cast, even one that changes nothing, would keep a filter from using the statistics of row groups.
        return pl.col(name) if present == dtype else pl.col(name).cast(dtype, strict=False)


def _fits(present: pl.DataType, wanted: pl.DataType | type[pl.DataType]) -> bool:
    """Whether values of one type can be read as the other without inventing anything."""
    if wanted == pl.String:
        return not present.is_nested() and present != pl.Binary
    if isinstance(wanted, pl.Datetime):
        return isinstance(present, pl.Datetime | pl.Date)
    return present.is_numeric()
