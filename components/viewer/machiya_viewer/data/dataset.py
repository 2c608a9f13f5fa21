"""Everything that one report or one viewer shows: one or two results, and what explains them.

Questions about one user or item are lazy scans with a filter; nothing is loaded whole but the aggregates, which hold
one row per user or item. Answers are rows of ``machiya_viewer.records``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from machiya_viewer.data import aggregates
from machiya_viewer.data.cache import Aggregates
from machiya_viewer.data.tables import Columns, Table, collect
from machiya_viewer.data.users import UserTable, users_of
from machiya_viewer.records import Exposure, Interaction, Item, Recommended, Rule, Score, Summary

_RECOMMENDED: Columns = {
    "user_id": pl.String,
    "item_id": pl.String,
    "rank": pl.Int64,
    "score": pl.Float64,
    "source": pl.String,
}
_INTERACTION: Columns = {
    "user_id": pl.String,
    "item_id": pl.String,
    "weight": pl.Float64,
    "events": pl.Int64,
    "time": pl.Datetime("us", "UTC"),
}
_ITEM: Columns = {"item_id": pl.String, "title": pl.String, "category": pl.String}
_SCORE: Columns = {
    "metric": pl.String,
    "k": pl.Int64,
    "segment": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "users": pl.Int64,
}
_RULE: Columns = {"rule": pl.String, "threshold": pl.Float64, "observed": pl.Float64, "outcome": pl.String}


@dataclass(frozen=True)
class Side:
    """One result: what people call it, its recommendations, and its scores if somebody evaluated it."""

    label: str
    recommendations: Table
    scores: Table | None = None


@dataclass(frozen=True)
class Dataset:
    """One or two results (base first) over the same interactions and items.

    ``k`` is the cut-off for overlaps that are computed here. ``user_changes`` (a comparison made elsewhere) is used
    instead where it is given.
    """

    sides: tuple[Side, ...]
    interactions: Table
    items: Table
    k: int
    user_changes: Table | None = None
    verdict: Table | None = None
    _aggregates: Aggregates = field(default_factory=Aggregates, repr=False, compare=False)

    @property
    def compares(self) -> bool:
        """Whether there is something to compare."""
        return len(self.sides) > 1

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table that was loaded."""
        given = [self.interactions, self.items, self.user_changes, self.verdict]
        given += [table for side in self.sides for table in (side.recommendations, side.scores)]
        return tuple(table for table in given if table is not None)

    def recommended(self, side: Side, user_id: str) -> list[Recommended]:
        """A user's whole list in one result, best first; empty if the result does not have the user."""
        table = side.recommendations
        rows = collect(table.select(**_RECOMMENDED).filter(pl.col("user_id") == user_id).sort("rank"), table)
        return [Recommended(**row) for row in rows.drop("user_id").iter_rows(named=True)]

    def history(self, user_id: str, limit: int) -> tuple[list[Interaction], int]:
        """A user's last interactions, latest first, and how many there are in all."""
        own = self.interactions.select(**_INTERACTION).filter(pl.col("user_id") == user_id)
        rows = collect(own.sort(["time", "item_id"], descending=[True, False], nulls_last=True), self.interactions)
        return [Interaction(**row) for row in rows.drop("user_id").head(limit).iter_rows(named=True)], len(rows)

    def labels(self, item_ids: Iterable[str]) -> Mapping[str, Item]:
        """Title and category of each of these items; an id that the item table lacks is marked as not known."""
        wanted = sorted(set(item_ids))
        found = self.items.select(**_ITEM).filter(pl.col("item_id").is_in(wanted))
        rows = collect(found, self.items).unique("item_id", keep="first", maintain_order=True)
        known = {row["item_id"]: Item(**row) for row in rows.iter_rows(named=True)}
        return {item_id: known.get(item_id, Item(item_id, known=False)) for item_id in wanted}

    def scores(self, side: Side) -> list[Score] | None:
        """The scores of one result in the order of the table; None if nobody evaluated it."""
        if side.scores is None:
            return None
        return [Score(**row) for row in collect(side.scores.select(**_SCORE), side.scores).iter_rows(named=True)]

    def rules(self) -> list[Rule] | None:
        """The verdict, rule by rule; None if there is none."""
        if self.verdict is None:
            return None
        return [Rule(**row) for row in collect(self.verdict.select(**_RULE), self.verdict).iter_rows(named=True)]

    def summary(self) -> Summary:
        """Counts over everything."""
        tables = [self.interactions, self.items, *self._recommendations()]
        return self._aggregates.get("summary", tables, lambda: aggregates.summary(self))

    def users(self) -> UserTable:
        """Every user of any result."""
        tables = self._recommendations() + ([self.user_changes] if self.user_changes else [])
        return self._aggregates.get("users", tables, lambda: users_of(self))

    def exposures(self, limit: int) -> list[Exposure]:
        """The items that most users get (in the last result, then in the one before), with how many in each."""
        frame = self._aggregates.get("exposures", self._recommendations(), lambda: aggregates.exposures(self))
        return self._labelled(frame.head(limit))

    def exposure(self, item_id: str) -> tuple[dict[int, int], ...]:
        """For each result: rank -> number of users who get the item at that rank."""
        return tuple(aggregates.ranks(side.recommendations, item_id) for side in self.sides)

    def receivers(self, item_id: str, limit: int) -> list[tuple[str, tuple[int | None, ...]]]:
        """Users who get the item, best rank first, with its rank in each result (None: not in their list)."""
        return aggregates.receivers(self, item_id, limit)

    def audience(self, item_id: str) -> int:
        """How many users interacted with the item."""
        own = self.interactions.select(user_id=pl.String, item_id=pl.String).filter(pl.col("item_id") == item_id)
        return int(collect(own.select(pl.col("user_id").n_unique()), self.interactions).item())

    def _recommendations(self) -> list[Table]:
        return [side.recommendations for side in self.sides]

    def _labelled(self, frame: pl.DataFrame) -> list[Exposure]:
        labels = self.labels(frame["item_id"])
        columns = [f"users_{index}" for index in range(len(self.sides))]
        return [
            Exposure(labels[row["item_id"]], tuple(row[column] for column in columns))
            for row in frame.iter_rows(named=True)
        ]
