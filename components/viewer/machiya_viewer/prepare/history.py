"""Histories in one span of users: sorted as the view keeps them, and counted."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from machiya_viewer.prepare.codes import ItemCodes
from machiya_viewer.prepare.lists import first_of, places_of
from machiya_viewer.prepare.similar import LATEST

KEPT = 100
"""Interactions of a user that a view keeps: the latest."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class History:
    """Interactions by user, the latest first. ``recent`` is each row's place among those of its user, from 0."""

    frame: pl.DataFrame
    users: Ints
    items: Ints
    recent: Ints
    first: npt.NDArray[np.bool_]

    def lengths(self, users: int) -> Ints:
        """Interactions of each user of the span."""
        return np.bincount(self.users, minlength=users)

    def kept(self) -> pl.DataFrame:
        """What the view keeps."""
        return self.frame.filter(pl.Series(self.recent < KEPT))

    def baskets(self) -> tuple[Ints, Ints]:
        """(user, item) of the latest interactions, each once."""
        chosen = (self.recent < LATEST) & self.first
        return self.users[chosen], self.items[chosen]

    def times(self) -> tuple[datetime | None, datetime | None]:
        """The first and the last."""
        first, last = self.frame.select(first=pl.min("time"), last=pl.max("time")).row(0)
        return first, last


def latest_first(frame: pl.DataFrame) -> pl.DataFrame:
    """Interactions in the order of a view; ties of time are in the order of items."""
    return frame.sort("user_id", "time", "item_id", descending=[False, True, False], nulls_last=True)


def history_of(frame: pl.DataFrame, users: pl.Series, codes: ItemCodes) -> History:
    """The history of rows that are in order."""
    places, items = places_of(frame["user_id"], users), codes.encode(frame["item_id"])
    lengths = np.bincount(places, minlength=len(users))
    starts = np.cumsum(lengths) - lengths
    recent = np.arange(len(places)) - starts[places]
    return History(frame, places, items, recent, first_of(places, items, len(codes)))
