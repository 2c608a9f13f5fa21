"""The list of users: one row for everybody whom any result has, held in memory and asked in many ways."""

from typing import TYPE_CHECKING

import polars as pl

from machiya_viewer.data.changes import overlap_at
from machiya_viewer.data.tables import Columns, Table, collect
from machiya_viewer.records import UserRow

if TYPE_CHECKING:
    from machiya_viewer.data.dataset import Dataset, Side

_CHANGE: Columns = {
    "user_id": pl.String,
    "segment": pl.String,
    "overlap": pl.Float64,
    "rbo": pl.Float64,
    "kendall_tau": pl.Float64,
    "entered": pl.Int64,
    "left": pl.Int64,
}


class UserTable:
    """Users and how much their lists differ; ``UserRow`` says what a row holds. Questions leave it unchanged."""

    def __init__(self, frame: pl.DataFrame, sides: int) -> None:
        self._frame = frame
        self._sides = sides

    def __len__(self) -> int:
        return len(self._frame)

    def find(self, user_id: str) -> UserRow | None:
        """One user; None if no result has them."""
        rows = self._rows(self._frame.filter(pl.col("user_id") == user_id).head(1))
        return rows[0] if rows else None

    def search(self, text: str = "", segment: str = "") -> "UserTable":
        """The users whose id contains a text and who are in a segment; an empty one means any."""
        found = self._frame
        if text:
            found = found.filter(pl.col("user_id").str.contains(text, literal=True))
        if segment:
            found = found.filter(pl.col("segment") == segment)
        return UserTable(found, self._sides)

    def compared(self) -> "UserTable":
        """The users who are in both results."""
        return UserTable(self._frame.filter(pl.col("overlap").is_not_null()), self._sides)

    def page(self, sort: str, descending: bool, offset: int, limit: int) -> list[UserRow]:
        """Rows in the order of a column, ties by user_id, users without a value last."""
        ordered = self._frame.sort(sort, "user_id", descending=[descending, False], nulls_last=True)
        return self._rows(ordered.slice(offset, limit))

    def most_changed(self, limit: int) -> list[UserRow]:
        """Users by overlap, then rank-biased overlap, the least first; ties by user_id, users without a value last."""
        return self._rows(self._frame.sort("overlap", "rbo", "user_id", nulls_last=True).head(limit))

    def spread(self, wanted: int) -> list[UserRow]:
        """About this many users at even distances in the order of their ids."""
        return self._rows(self._frame.gather_every(max(1, len(self) // max(1, wanted))).head(wanted))

    def with_fallback(self, limit: int) -> list[UserRow]:
        """Users who got rows from the fallback in any result."""
        served = pl.any_horizontal(pl.col("^fallback_.*$") > 0).fill_null(False)
        return self._rows(self._frame.filter(served).head(limit))

    def segments(self, limit: int) -> list[str]:
        """The names of the segments, sorted."""
        names: list[str] = self._frame["segment"].drop_nulls().unique().sort().head(limit).to_list()
        return names

    def mean_overlap(self) -> float | None:
        """The mean over the users who have a value."""
        mean: float | None = self._frame.select(pl.mean("overlap")).item()
        return mean

    def overlap_counts(self, bins: int) -> list[int]:
        """Users by overlap: ``bins - 1`` bins of one width from 0 to under 1, and one for exactly 1."""
        places = (self._frame["overlap"].drop_nulls() * (bins - 1) + 1e-9).floor().clip(0, bins - 1)
        return [int((places == index).sum()) for index in range(bins)]

    def _rows(self, frame: pl.DataFrame) -> list[UserRow]:
        return [
            UserRow(
                rows=tuple(row[f"rows_{index}"] for index in range(self._sides)),
                fallback=tuple(row[f"fallback_{index}"] for index in range(self._sides)),
                **{name: row[name] for name in _CHANGE},
            )
            for row in frame.iter_rows(named=True)
        ]


def users_of(dataset: "Dataset") -> UserTable:
    """Every user of any result, sorted by user_id."""
    sides = [_lists(side, index) for index, side in enumerate(dataset.sides)]
    frame = sides[0]
    for other in sides[1:]:
        frame = frame.join(other, on="user_id", how="full", coalesce=True)
    tables = [side.recommendations for side in dataset.sides]
    changes = _changes(dataset)
    if changes is not None:
        frame = frame.join(changes, on="user_id", how="left")
        tables += [dataset.user_changes] if dataset.user_changes else []
    found = collect(frame, *tables)
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in _CHANGE.items() if name not in found.columns]
    found = found.with_columns(pl.col("^rows_.*$").fill_null(0), *missing).with_columns(
        pl.col(pl.Float64).fill_nan(None)
    )
    return UserTable(found.sort("user_id"), len(sides))


def is_fallback() -> pl.Expr:
    """Whether a row of recommendations came from the fallback."""
    return pl.col("source").eq_missing(pl.lit("fallback"))


def _lists(side: "Side", index: int) -> pl.LazyFrame:
    """user_id, rows_<index> (length of the list), fallback_<index> (null where the result does not say)."""
    table: Table = side.recommendations
    fallback = is_fallback().sum().cast(pl.Int64) if table.has("source") else pl.lit(None, dtype=pl.Int64)
    rows = table.select(user_id=pl.String, source=pl.String).group_by("user_id")
    return rows.agg(pl.len().cast(pl.Int64).alias(f"rows_{index}"), fallback.alias(f"fallback_{index}"))


def _changes(dataset: "Dataset") -> pl.LazyFrame | None:
    if not dataset.compares:
        return None
    if dataset.user_changes is not None:
        return dataset.user_changes.select(**_CHANGE).unique("user_id", keep="first", maintain_order=True)
    base, candidate = dataset.sides
    return overlap_at(base.recommendations, candidate.recommendations, dataset.k)
