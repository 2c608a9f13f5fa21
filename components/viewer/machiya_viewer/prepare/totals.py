"""What is known only once every span was seen. Spans come in the order of users."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import polars as pl

from machiya_viewer.prepare.codes import ItemCodes, grown
from machiya_viewer.prepare.exposure import Exposure
from machiya_viewer.prepare.history import History
from machiya_viewer.prepare.orders import KEYS
from machiya_viewer.prepare.people import Span
from machiya_viewer.prepare.quality import Faults
from machiya_viewer.prepare.similar import Baskets


class Totals:
    """Counts over all users, and a few numbers per user for the orders."""

    def __init__(self, codes: ItemCodes, faults: Sequence[Faults], interactions: int) -> None:
        self._codes = codes
        self.faults = tuple(faults)
        self.exposures = [Exposure(codes) for _ in faults]
        self.baskets = Baskets(interactions)
        self.with_history = self.in_all = self.users = 0
        self.segments: set[str] = set()
        self._audience = np.zeros(len(codes), np.uint32)
        self._times: list[datetime] = []
        self._ids: list[pl.Series] = []
        self._keys: list[pl.DataFrame] = []

    def add(self, span: Span, history: History, people: pl.DataFrame) -> None:
        """Count a span."""
        for lists, exposure, faults in zip(span.lists, self.exposures, self.faults, strict=True):
            exposure.add(lists, self.users)
            faults.add(span)
        self.users += len(span.users)
        self.with_history += int((span.history > 0).sum())
        rows = [pl.col(f"rows_{index}") for index in range(len(span.lists))]
        self.in_all += people.select(pl.all_horizontal(column > 0 for column in rows).sum()).item()
        self.segments.update(people["segment"].drop_nulls().unique())
        self._add_history(history, people["shuffle"])
        self._ids.append(span.users)
        self._keys.append(people.select(*KEYS, rows=pl.sum_horizontal(rows)))

    def _add_history(self, history: History, shuffle: pl.Series) -> None:
        self._audience = grown(self._audience, len(self._codes))
        np.add.at(self._audience, history.items[history.first], np.uint32(1))
        self.baskets.add(*history.baskets(), shuffle.to_numpy())
        self._times += [time for time in history.times() if time is not None]

    def audience(self) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
        """Users who interacted with each item."""
        return grown(self._audience, len(self._codes))[: len(self._codes)]

    def times(self) -> tuple[datetime | None, datetime | None]:
        """The first and the last interaction."""
        return min(self._times, default=None), max(self._times, default=None)

    def ids(self) -> pl.Series:
        """All users in their order."""
        return pl.concat(self._ids)

    def keys(self) -> pl.DataFrame:
        """What the orders are made of, one row per user."""
        return pl.concat(self._keys)
