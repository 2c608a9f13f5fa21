"""What is wrong with the data, counted span by span. What was not looked at stays unknown; it is never 0."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from machiya_viewer.prepare.lists import Lists
from machiya_viewer.prepare.people import Span
from machiya_viewer.view.model import Check, Quality

EXAMPLES = 5

Flags = npt.NDArray[np.bool_]


@dataclass
class Tally:
    """A count with the first ids that were counted."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, users: pl.Series, places: npt.NDArray[np.int64]) -> None:
        """Count the users at these places, once for every time they are named."""
        self.count += len(places)
        for place in places if len(self.examples) < EXAMPLES else ():
            if len(self.examples) < EXAMPLES and users[int(place)] not in self.examples:
                self.examples.append(users[int(place)])

    def check(self, of: int) -> Check:
        """As it is told."""
        return Check(self.count, of, tuple(self.examples))


class Faults:
    """Of one version: rows and users that are remarkable."""

    def __init__(self, index: int, has_score: bool) -> None:
        self._index, self._has_score = index, has_score
        self.rows = self.users = self.with_history = 0
        self.fallback = 0
        self.duplicates, self.gaps, self.nan = Tally(), Tally(), Tally()
        self.without_rows, self.without_history = Tally(), Tally()

    def add(self, span: Span) -> None:
        """Count a span."""
        lists, users, count = span.lists[self._index], span.users, len(span.users)
        listed, lived = lists.lengths(count) > 0, span.history > 0
        self.rows += len(lists.users)
        self.users += int(listed.sum())
        self.with_history += int((listed & lived).sum())
        self.fallback += int(lists.fallback(count).sum())
        self.duplicates.add(users, lists.users[~lists.first])
        self.gaps.add(users, lists.gaps(count))
        self.nan.add(users, lists.users[_nan(lists)])
        self.without_rows.add(users, np.flatnonzero(lived & ~listed))
        self.without_history.add(users, np.flatnonzero(listed & ~lived))

    def quality(self, items: "ItemFaults", everybody: int, sorted_source: bool) -> Quality:
        """All checks, once everything is counted; ``everybody`` are the users with a history."""
        return Quality(
            duplicates=self.duplicates.check(self.rows),
            rank_gaps=self.gaps.check(self.users),
            nan_scores=self.nan.check(self.rows) if self._has_score else Check(),
            unknown_items=items.unknown_rows,
            untitled_items=items.untitled,
            users_without_rows=self.without_rows.check(everybody),
            users_without_history=self.without_history.check(self.users),
            titled_rows=items.titled_rows,
            users_with_history=Check(self.with_history, self.users),
            sorted_source=sorted_source,
        )


@dataclass(frozen=True)
class ItemFaults:
    """Of one version: what its items lack. ``items``, ``unknown`` count different ones."""

    items: int
    unknown: int
    unknown_rows: Check
    untitled: Check
    titled_rows: Check


def item_faults(ids: pl.Series, rows: npt.NDArray[np.uint32], known: Flags, titled: Flags) -> ItemFaults:
    """``rows[i]`` is how often a version recommends item i; examples are those recommended most."""
    listed = rows > 0
    unknown, untitled = listed & ~known, listed & known & ~titled
    total = int(rows.sum(dtype=np.int64))
    return ItemFaults(
        items=int(listed.sum()),
        unknown=int(unknown.sum()),
        unknown_rows=Check(int(rows[unknown].sum(dtype=np.int64)), total, tuple(_most(ids, rows, unknown))),
        untitled=Check(int(untitled.sum()), int(listed.sum()), tuple(_most(ids, rows, untitled))),
        titled_rows=Check(int(rows[titled].sum(dtype=np.int64)), total),
    )


def _most(ids: pl.Series, rows: npt.NDArray[np.uint32], chosen: Flags) -> Iterable[str]:
    places = np.flatnonzero(chosen)
    for place in places[np.argsort(-rows[places].astype(np.int64), kind="stable")][:EXAMPLES]:
        yield ids[int(place)]


def _nan(lists: Lists) -> Flags:
    return lists.frame["score"].is_nan().fill_null(value=False).to_numpy()
