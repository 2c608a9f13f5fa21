"""Pseudonyms: users get other ids when a view is made, so that a viewer never holds their own."""

import hmac
from collections.abc import Callable

import polars as pl

DIGITS = 16


def pseudonym(key: str, user_id: str) -> str:
    """The first 16 hex digits of HMAC-SHA256 under a key: the same user has the same one in every view of this key."""
    return hmac.digest(key.encode(), user_id.encode(), "sha256").hex()[:DIGITS]


def renaming(key: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Replaces the column user_id by its pseudonyms; every different id is computed once a frame."""

    def rename(frame: pl.DataFrame) -> pl.DataFrame:
        users = frame["user_id"].unique().drop_nulls()
        made = pl.Series([pseudonym(key, user) for user in users], dtype=pl.String)
        return frame.with_columns(pl.col("user_id").replace_strict(users, made, default=None))

    return rename
