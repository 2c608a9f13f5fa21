"""Users in spans: all tables are read together, some ten thousand users at a time, in the order of ids.

A table whose row groups are (nearly) in the order of users is read span by span as it lies there. Any other is first
dealt out into one file a span, on disk. So memory holds one span of each table, whatever their size and order.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from machiya_viewer.prepare.tables import Columns, Table

SPAN_ROWS = 1_500_000
"""Rows of all tables together that a span should have."""
SAMPLE_STEP = 256
"""Of a table in no order, one row in so many is looked at to choose the spans."""
MAX_READ_FACTOR = 3.0
"""So many times its rows may be read for a table to count as sorted: part files of several workers overlap a little."""
DEAL_ROWS = 2_000_000
"""Rows that are dealt out at once."""

Rename = Callable[[pl.DataFrame], pl.DataFrame]
"""Gives users other ids."""


@dataclass(frozen=True)
class Group:
    """One row group: its users' least and greatest id (None: its statistics do not say), and its number of rows."""

    file: Path
    least: str | None
    greatest: str | None
    rows: int


@dataclass(frozen=True)
class Bounds:
    """Users with ``start <= user_id < stop``; None means no bound."""

    start: str | None
    stop: str | None

    def meets(self, group: Group) -> bool:
        """Whether the row group may hold users of the span."""
        if group.least is None or group.greatest is None:
            return True
        return (self.stop is None or group.least < self.stop) and (self.start is None or group.greatest >= self.start)

    def filter(self) -> list[pl.Expr]:
        """The span as conditions."""
        user, found = pl.col("user_id"), [pl.col("user_id").is_not_null()]
        found += [] if self.start is None else [user >= self.start]
        return found + ([] if self.stop is None else [user < self.stop])


def groups_of(table: Table) -> list[Group]:
    """The row groups of a table, from the footers."""
    found = []
    for file in table.files:
        metadata = pq.read_metadata(file)
        places = [index for index in range(metadata.num_columns) if metadata.schema.column(index).path == "user_id"]
        for index in range(metadata.num_row_groups):
            group = metadata.row_group(index)
            statistics = group.column(places[0]).statistics
            known = statistics is not None and statistics.has_min_max and isinstance(statistics.min, str)
            least, greatest = (statistics.min, statistics.max) if known else (None, None)
            found.append(Group(file, least, greatest, group.num_rows))
    return found


def in_small_sorted_groups(groups: Sequence[Group], rows: int) -> bool:
    """Whether the row groups follow each other in the order of users, with at most so many rows each."""
    if any(group.least is None for group in groups):
        return False
    follows = all((one.greatest or "") <= (other.least or "") for one, other in pairwise(groups))
    return follows and all(group.rows <= rows for group in groups)


class Spans:
    """Several tables, cut alike. ``scratch`` holds what had to be dealt out; ``rename`` gives other ids to users."""

    def __init__(self, tables: Sequence[tuple[Table, Columns]], scratch: Path, rename: Rename | None = None) -> None:
        self._tables = list(tables)
        self._groups = [groups_of(table) for table, _ in tables]
        self._scratch, self._rename = scratch, rename
        self.spans = self._choose()
        self._dealt = [self._deal(index) if self._is_scattered(index) else None for index in range(len(tables))]

    def __iter__(self) -> Iterator[list[pl.DataFrame]]:
        """For each span the rows of every table, in no order within the span."""
        for number, span in enumerate(self.spans):
            yield [self._read(index, number, span) for index in range(len(self._tables))]

    def _choose(self) -> list[Bounds]:
        points = pl.concat([self._points(index) for index in range(len(self._tables))]).sort("user_id")
        before = points["rows"].cum_sum().shift(1, fill_value=0) // SPAN_ROWS
        starts = points.with_columns(span=before).filter(pl.col("span") > 0).group_by("span").agg(pl.min("user_id"))
        cuts = [None, *starts["user_id"].unique().sort().to_list(), None]
        return [Bounds(start, stop) for start, stop in pairwise(cuts)]

    def _points(self, index: int) -> pl.DataFrame:
        """Ids spread over a table (user_id), and how many rows each stands for (rows)."""
        table, _ = self._tables[index]
        groups = self._groups[index]
        if self._rename is None and _tell_spread(groups):
            return _frame([group.least or "" for group in groups], [group.rows for group in groups])
        sample = table.select({"user_id": pl.String}).gather_every(SAMPLE_STEP).collect(engine="streaming")
        sample = self._renamed(sample.drop_nulls())
        return sample.select("user_id", rows=pl.lit(SAMPLE_STEP, pl.Int64))

    def _is_scattered(self, index: int) -> bool:
        if self._rename is not None:
            return True
        groups = self._groups[index]
        read = sum(group.rows for span in self.spans for group in groups if span.meets(group))
        return read > MAX_READ_FACTOR * max(SPAN_ROWS, sum(group.rows for group in groups))

    def _deal(self, index: int) -> list[Path]:
        """Deal a table out into one file a span; returns the files by span, several parts each."""
        table, columns = self._tables[index]
        folder = self._scratch / f"{index}-{table.port}"
        folder.mkdir(parents=True)
        starts = pl.Series([span.start or "" for span in self.spans], dtype=pl.String)
        rows = table.select(columns).collect_batches(chunk_size=DEAL_ROWS, maintain_order=True, engine="streaming")
        for number, batch in enumerate(rows):
            named = self._renamed(batch.filter(pl.col("user_id").is_not_null()))
            places = starts.search_sorted(named["user_id"], side="right") - 1
            for (span,), part in named.with_columns(span=places).partition_by("span", as_dict=True).items():
                target = folder / f"{span:06d}"
                target.mkdir(exist_ok=True)
                part.drop("span").write_ipc(target / f"{number:06d}.arrow", compression="lz4")
        return [folder / f"{number:06d}" for number in range(len(self.spans))]

    def _read(self, index: int, number: int, span: Bounds) -> pl.DataFrame:
        table, columns = self._tables[index]
        dealt = self._dealt[index]
        if dealt is not None:
            parts = sorted(dealt[number].glob("*.arrow"))
            frames = [pl.read_ipc(part) for part in parts]
            return pl.concat(frames) if frames else pl.DataFrame(schema=dict(columns))
        files = list(dict.fromkeys(group.file for group in self._groups[index] if span.meets(group)))
        if not files:
            return pl.DataFrame(schema=dict(columns))
        return table.select(columns, files).filter(*span.filter()).collect(engine="streaming")

    def _renamed(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame if self._rename is None else self._rename(frame)


def _tell_spread(groups: Sequence[Group]) -> bool:
    """Whether the bounds of row groups say how users are spread: small ones that follow each other in every file."""
    if any(group.least is None or group.rows > SPAN_ROWS for group in groups):
        return False
    pairs = [(one, other) for one, other in pairwise(groups) if one.file == other.file]
    return all((one.greatest or "") <= (other.least or "") for one, other in pairs)


def _frame(users: list[str], rows: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"user_id": users, "rows": rows}, schema={"user_id": pl.String, "rows": pl.Int64})
