"""Users of one span: what is counted of each, as rows of ``users.parquet``."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

from machiya_viewer.prepare.lists import Lists, overlap_at
from machiya_viewer.prepare.tables import CHANGES

USER_COLUMNS = ("user_id", "segment", "history", "overlap", "rbo", "kendall_tau", "entered", "left", "shuffle")


@dataclass(frozen=True)
class Span:
    """The users of a span (sorted), their lists per version, and how many interactions each has."""

    users: pl.Series
    lists: tuple[Lists, ...]
    history: npt.NDArray[np.int64]


def shuffle_of(users: pl.Series) -> npt.NDArray[np.uint32]:
    """A number per user that looks like chance and is the same in every view: the order `random`."""
    digests = b"".join(blake2b(user.encode(), digest_size=4).digest() for user in users)
    return np.frombuffer(digests, ">u4").astype(np.uint32)


def people_of(
    span: Span, has_source: tuple[bool, ...], changes: pl.DataFrame | None, width: int, k: int
) -> pl.DataFrame:
    """One row per user. ``changes`` is a comparison that came with the data; without it, overlap is computed at k."""
    count = len(span.users)
    columns: dict[str, object] = {"user_id": span.users, "history": span.history, "shuffle": shuffle_of(span.users)}
    for index, (lists, told) in enumerate(zip(span.lists, has_source, strict=True)):
        columns[f"rows_{index}"] = lists.lengths(count)
        columns[f"fallback_{index}"] = lists.fallback(count) if told else pl.Series([None] * count, dtype=pl.Int64)
    frame = pl.DataFrame(columns)
    compared = _given(frame, changes) if changes is not None else _computed(frame, span, width, k)
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in CHANGES.items() if name not in compared.columns]
    whole = compared.with_columns(pl.col(pl.Float64).fill_nan(None), *missing)
    # A fallback is only known of users whom the version has.
    known = [
        pl.when(pl.col(f"rows_{index}") > 0).then(f"fallback_{index}").alias(f"fallback_{index}")
        for index in range(len(span.lists))
    ]
    counts = [f"{name}_{index}" for index in range(len(span.lists)) for name in ("rows", "fallback")]
    return whole.with_columns(known).select(*USER_COLUMNS, *counts)


def _given(frame: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    own = changes.unique("user_id", keep="first", maintain_order=True)
    return frame.join(own, on="user_id", how="left", maintain_order="left")


def _computed(frame: pl.DataFrame, span: Span, width: int, k: int) -> pl.DataFrame:
    if len(span.lists) < 2:
        return frame
    found = overlap_at(span.lists[0], span.lists[1], len(span.users), width, k)
    both = pl.col("rows_0").gt(0) & pl.col("rows_1").gt(0)
    return frame.with_columns(
        overlap=found.overlap,
        entered=pl.when(both).then(pl.Series(found.entered)),
        left=pl.when(both).then(pl.Series(found.left)),
    )
