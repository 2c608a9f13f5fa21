"""Questions over whole tables: one row per user or item, and counts. All grouped and joined by Polars."""

from typing import TYPE_CHECKING

import polars as pl

from machiya_viewer.data.changes import LISTS, overlap_at
from machiya_viewer.data.tables import Table, collect
from machiya_viewer.records import SideSummary, Summary, UserRow

if TYPE_CHECKING:
    from machiya_viewer.data.dataset import Dataset, Side

_CHANGE = {
    "user_id": pl.String,
    "segment": pl.String,
    "overlap": pl.Float64,
    "rbo": pl.Float64,
    "kendall_tau": pl.Float64,
    "entered": pl.Int64,
    "left": pl.Int64,
}
_PAIR = {"user_id": pl.String, "item_id": pl.String}


def users(dataset: "Dataset") -> pl.DataFrame:
    """Every user of any result, sorted by user_id.

    Columns: user_id; rows_0, fallback_0 (and rows_1, fallback_1 with a candidate): length of the list, 0 when the
    result lacks the user, and rows from the fallback, null when the result does not say; segment, overlap, rbo,
    kendall_tau, entered, left: null when not known.
    """
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
    return found.with_columns(pl.col("^rows_.*$").fill_null(0), *missing).sort("user_id")


def user_rows(frame: pl.DataFrame, sides: int) -> list[UserRow]:
    """Rows of ``users`` as records."""
    return [
        UserRow(
            rows=tuple(row[f"rows_{index}"] for index in range(sides)),
            fallback=tuple(row[f"fallback_{index}"] for index in range(sides)),
            **{name: row[name] for name in _CHANGE},
        )
        for row in frame.iter_rows(named=True)
    ]


def _lists(side: "Side", index: int) -> pl.LazyFrame:
    table = side.recommendations
    fallback = _is_fallback().sum().cast(pl.Int64) if table.has("source") else pl.lit(None, dtype=pl.Int64)
    rows = table.select(user_id=pl.String, source=pl.String).group_by("user_id")
    return rows.agg(pl.len().cast(pl.Int64).alias(f"rows_{index}"), fallback.alias(f"fallback_{index}"))


def _is_fallback() -> pl.Expr:
    return pl.col("source").eq_missing(pl.lit("fallback"))


def _changes(dataset: "Dataset") -> pl.LazyFrame | None:
    if not dataset.compares:
        return None
    if dataset.user_changes is not None:
        return dataset.user_changes.select(**_CHANGE).unique("user_id", keep="first", maintain_order=True)
    base, candidate = dataset.sides
    return overlap_at(base.recommendations, candidate.recommendations, dataset.k)


def exposures(dataset: "Dataset") -> pl.DataFrame:
    """Every recommended item: item_id, users_0 (and users_1), the most exposed in the last result first."""
    counts = [
        side.recommendations.select(**_PAIR)
        .group_by("item_id")
        .agg(pl.col("user_id").n_unique().cast(pl.Int64).alias(f"users_{index}"))
        for index, side in enumerate(dataset.sides)
    ]
    frame = counts[0]
    for other in counts[1:]:
        frame = frame.join(other, on="item_id", how="full", coalesce=True)
    found = collect(frame, *(side.recommendations for side in dataset.sides))
    order = [f"users_{index}" for index in reversed(range(len(counts)))]
    found = found.with_columns(pl.col(order).fill_null(0))
    return found.sort([*order, "item_id"], descending=[*(True for _ in order), False])


def ranks(table: Table, item_id: str) -> dict[int, int]:
    """rank -> number of users who get the item at that rank, in the order of rank."""
    own = table.select(**LISTS).filter(pl.col("item_id") == item_id)
    counted = collect(own.group_by("rank").agg(users=pl.col("user_id").n_unique()).sort("rank"), table)
    return dict(zip(counted["rank"].to_list(), counted["users"].to_list(), strict=True))


def receivers(dataset: "Dataset", item_id: str, limit: int) -> list[tuple[str, tuple[int | None, ...]]]:
    """Users who get the item with its rank in each result; the best rank in any result first, then by user_id."""
    columns = [f"rank_{index}" for index in range(len(dataset.sides))]
    lists = [
        side.recommendations.select(**LISTS)
        .filter(pl.col("item_id") == item_id)
        .group_by("user_id")
        .agg(pl.col("rank").min().alias(column))
        for side, column in zip(dataset.sides, columns, strict=True)
    ]
    frame = lists[0]
    for other in lists[1:]:
        frame = frame.join(other, on="user_id", how="full", coalesce=True)
    best = frame.sort(pl.min_horizontal(columns), "user_id").head(limit)
    rows = collect(best, *(side.recommendations for side in dataset.sides))
    return [(row["user_id"], tuple(row[column] for column in columns)) for row in rows.iter_rows(named=True)]


def summary(dataset: "Dataset") -> Summary:
    """Counts over all tables."""
    interactions = dataset.interactions
    history = collect(interactions.select(user_id=pl.String).unique(), interactions)
    catalogue = collect(dataset.items.select(item_id=pl.String, title=pl.String), dataset.items)
    untitled = _untitled(catalogue)
    span = collect(
        interactions.select(time=pl.Datetime("us", "UTC")).select(first=pl.min("time"), last=pl.max("time")),
        interactions,
    )
    listed = [_distinct(side.recommendations, "user_id") for side in dataset.sides]
    return Summary(
        sides=tuple(
            _side_summary(side, users, history, catalogue, untitled)
            for side, users in zip(dataset.sides, listed, strict=True)
        ),
        users_with_history=len(history),
        users_without_rows=tuple(len(history.join(users, on="user_id", how="anti")) for users in listed),
        users_in_all=_in_all(listed),
        items=catalogue["item_id"].n_unique(),
        items_untitled=len(untitled),
        first_time=span["first"][0],
        last_time=span["last"][0],
    )


def _side_summary(
    side: "Side", users: pl.DataFrame, history: pl.DataFrame, catalogue: pl.DataFrame, untitled: pl.DataFrame
) -> SideSummary:
    table = side.recommendations
    items = _distinct(table, "item_id")
    fallback = None
    if table.has("source"):
        fallback = int(collect(table.select(source=pl.String).select(_is_fallback().sum()), table).item())
    return SideSummary(
        users=len(users),
        rows=table.rows,
        items=len(items),
        fallback=fallback,
        items_untitled=len(items.join(untitled, on="item_id", how="semi")),
        items_unknown=len(items.join(catalogue, on="item_id", how="anti")),
        users_without_history=len(users.join(history, on="user_id", how="anti")),
    )


def _distinct(table: Table, column: str) -> pl.DataFrame:
    return collect(table.select(**{column: pl.String}).unique(), table)


def _untitled(catalogue: pl.DataFrame) -> pl.DataFrame:
    empty = pl.col("title").is_null() | (pl.col("title").str.strip_chars() == "")
    return catalogue.filter(empty).select("item_id").unique()


def _in_all(listed: list[pl.DataFrame]) -> int:
    shared = listed[0]
    for other in listed[1:]:
        shared = shared.join(other, on="user_id", how="semi")
    return len(shared)
