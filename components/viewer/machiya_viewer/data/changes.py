"""How far two results differ for each user, when no comparison came with them."""

import polars as pl

from machiya_viewer.data.tables import Table

LISTS = {"user_id": pl.String, "item_id": pl.String, "rank": pl.Int64}


def overlap_at(base: Table, candidate: Table, k: int) -> pl.LazyFrame:
    """For every user of both results: user_id, overlap, entered, left.

    With B and C the first k items of base and candidate, overlap is |B and C| / max(|B|, |C|), between 0 (no item in
    common) and 1 (the same items); entered is |C without B|, left is |B without C|. The order within the lists has no
    influence.
    """
    base_items, candidate_items = _first(base, k), _first(candidate, k)
    common = base_items.join(candidate_items, on=["user_id", "item_id"]).group_by("user_id").agg(common=pl.len())
    return (
        _sizes(base_items, "in_base")
        .join(_sizes(candidate_items, "in_candidate"), on="user_id")
        .join(common, on="user_id", how="left")
        .with_columns(pl.col("common", "in_base", "in_candidate").fill_null(0).cast(pl.Int64))
        .select(
            "user_id",
            overlap=pl.col("common") / pl.max_horizontal("in_base", "in_candidate"),
            entered=pl.col("in_candidate") - pl.col("common"),
            left=pl.col("in_base") - pl.col("common"),
        )
    )


def _first(table: Table, k: int) -> pl.LazyFrame:
    return table.select(**LISTS).filter(pl.col("rank") <= k).select("user_id", "item_id").unique()


def _sizes(items: pl.LazyFrame, name: str) -> pl.LazyFrame:
    return items.group_by("user_id").agg(pl.len().alias(name))
