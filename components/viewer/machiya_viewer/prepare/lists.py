"""The lists of one version in one span of users: in order, as numbers, and what is wrong with them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from machiya_viewer.prepare.codes import Codes, ItemCodes

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Lists:
    """Rows sorted by (user_id, rank), with one entry per row in every array.

    ``users`` are places among the users of the span, ``first`` is False for a row that repeats (user, item).
    """

    frame: pl.DataFrame
    users: Ints
    items: Codes
    ranks: Ints
    first: Flags

    def lengths(self, users: int) -> Ints:
        """Rows of each user of the span."""
        return np.bincount(self.users, minlength=users)

    def fallback(self, users: int) -> Ints:
        """Rows of each user that came from the fallback."""
        served = (self.frame["source"] == "fallback").fill_null(value=False).to_numpy()
        return np.bincount(self.users[served], minlength=users)

    def gaps(self, users: int) -> Ints:
        """The users whose ranks are not 1, 2, ..., n."""
        starts = np.concatenate([[0], np.cumsum(self.lengths(users))[:-1]])
        places = np.arange(len(self.users)) - starts[self.users] + 1
        return np.unique(self.users[places != self.ranks])


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows by user_id and rank; a frame that is so already is not sorted again."""
    user, rank = pl.col("user_id"), pl.col("rank")
    rises = (user > user.shift()) | ((user == user.shift()) & (rank >= rank.shift()))
    return frame if frame.select(rises.all(ignore_nulls=True)).item() else frame.sort("user_id", "rank", "item_id")


def places_of(sorted_users: pl.Series, users: pl.Series) -> Ints:
    """For each row of a column sorted by user, the place of its user in ``users`` (sorted, each once)."""
    runs = sorted_users.rle().struct
    return np.repeat(users.search_sorted(runs.field("value")).to_numpy(), runs.field("len").to_numpy()).astype(np.int64)


def lists_of(frame: pl.DataFrame, users: pl.Series, codes: ItemCodes) -> Lists:
    """The lists of rows that are in order."""
    places, items = places_of(frame["user_id"], users), codes.encode(frame["item_id"])
    return Lists(frame, places, items, frame["rank"].to_numpy(), first_of(places, items, len(codes)))


def first_of(users: Ints, items: Codes, width: int) -> Flags:
    """Which rows are the first of their (user, item)."""
    keys = users * width + items
    ordered = np.sort(keys)
    if not len(keys) or (ordered[1:] != ordered[:-1]).all():
        return np.ones(len(keys), np.bool_)
    return pl.Series(keys).is_first_distinct().to_numpy()


@dataclass(frozen=True)
class Overlap:
    """How two lists of each user differ at k; ``overlap`` is NaN for a user of one version alone."""

    overlap: npt.NDArray[np.float64]
    entered: Ints
    left: Ints


def overlap_at(base: Lists, candidate: Lists, users: int, width: int, k: int) -> Overlap:
    """With B and C the first k items of base and candidate, overlap is |B and C| / max(|B|, |C|), from 0 to 1.

    ``entered`` is |C without B|, ``left`` is |B without C|. The order within the lists has no influence.
    """
    ours, theirs = _top(base, width, k), _top(candidate, width, k)
    common = np.bincount(np.intersect1d(ours, theirs, assume_unique=True) // width, minlength=users)
    sizes = np.stack([np.bincount(keys // width, minlength=users) for keys in (ours, theirs)])
    largest = np.where(sizes.min(axis=0) > 0, sizes.max(axis=0), 0)
    overlap = np.divide(common, largest, out=np.full(users, np.nan), where=largest > 0)
    return Overlap(overlap, sizes[1] - common, sizes[0] - common)


def _top(lists: Lists, width: int, k: int) -> Ints:
    """(user, item) as one number, each once, of the first k ranks."""
    chosen = (lists.ranks <= k) & lists.first
    return lists.users[chosen] * width + lists.items[chosen]
