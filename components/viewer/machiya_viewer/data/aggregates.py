"""Questions over whole tables: one row per item, and counts. All grouped and joined by Polars."""

from typing import TYPE_CHECKING

import polars as pl

from machiya_viewer.data.changes import LISTS
from machiya_viewer.data.tables import Table, collect
from machiya_viewer.data.users import is_fallback
from machiya_viewer.records import SideSummary, Summary

if TYPE_CHECKING:
    from machiya_viewer.data.dataset import Dataset, Side

_PAIR = {"user_id": pl.String, "item_id": pl.String}


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
        fallback = int(collect(table.select(source=pl.String).select(is_fallback().sum()), table).item())
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
