"""Questions about users: one, a page of many in some order, and who comes next."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from machiya_viewer.records import UserRow
from machiya_viewer.view.files import Files
from machiya_viewer.view.folding import sound
from machiya_viewer.view.lru import Lru
from machiya_viewer.view.model import ORDERS, SORTS, USERS, UserPage, UserQuery
from machiya_viewer.view.sorted_file import Flags, SortedFile, equals, place_in

_TEXTS, _INTEGERS, _NUMBERS = ("user_id", "segment"), ("history", "entered", "left"), ("overlap", "rbo", "kendall_tau")

KEPT_ORDERS = 2
"""Orders that are kept, 4 bytes a user each: whoever goes from user to user stays in one."""

Places = np.ndarray[Any, np.dtype[np.uint32]]


class Users:
    """``users.parquet`` and ``orders.parquet`` of one view with so many versions."""

    def __init__(self, files: Files, versions: int) -> None:
        counts = [f"{name}_{index}" for index in range(versions) for name in ("rows", "fallback")]
        columns = dict.fromkeys(_TEXTS, "text") | dict.fromkeys(_NUMBERS, "number")
        columns |= dict.fromkeys((*_INTEGERS, *counts), "integer")
        self._versions = versions
        self._columns = list(columns)
        self.file = SortedFile(files, USERS, "user_id", columns)
        orders = dict.fromkeys((sort for sort in SORTS if sort != "user_id"), "integer")
        self.orders = SortedFile(files, ORDERS, "", orders)
        self._orders: Lru[Places] = Lru(KEPT_ORDERS)

    def one(self, user_id: str) -> UserRow | None:
        """One user."""
        for group in self.file.groups_with(user_id):
            table = self.file.read([group], self._columns)
            place = place_in(table["user_id"], user_id)
            if place is not None:
                return self._rows(table.slice(place, 1))[0]
        return None

    def page(self, query: UserQuery) -> UserPage:
        """One page of a query."""
        first = (query.page - 1) * query.size
        wanted = self._wanted(query)
        if wanted is None:
            return UserPage(tuple(self._at(self._slice(query.sort, first, query.size))), self.file.rows)
        found = self._order(query.sort)
        found = found[wanted[found]]
        return UserPage(tuple(self._at(found[first : first + query.size])), len(found))

    def neighbours(self, query: UserQuery, user_id: str) -> tuple[str | None, str | None]:
        """Who comes before and after a user in the order of a query."""
        row = self._place(user_id)
        if row is None:
            return None, None
        order, wanted = self._order(query.sort), self._wanted(query)
        if wanted is not None:
            wanted[row] = True  # the user's own place counts, even where the query does not find them
            order = order[wanted[order]]
        place = int(np.flatnonzero(order == row)[0])
        before = self._id(int(order[place - 1])) if place else None
        after = self._id(int(order[place + 1])) if place + 1 < len(order) else None
        return before, after

    def starting(self, prefix: str, limit: int) -> list[str]:
        """Ids that start so, in their order."""
        found: list[str] = []
        prefix = sound(prefix)
        groups = self.file.groups_with(prefix)
        for group in range(groups.start, len(self.file.starts) - 1):
            column = self.file.read([group], ["user_id"])["user_id"]
            found += column.filter(pc.starts_with(column, prefix)).slice(0, limit - len(found)).to_pylist()
            last = self.file.bounds[1][group]
            if len(found) >= limit or (last > prefix and not last.startswith(prefix)):
                break
        return found

    def with_fallback(self, limit: int) -> list[UserRow]:
        """Users who got rows from the fallback in any version."""
        found: list[UserRow] = []
        for group in range(len(self.file.starts) - 1):
            table = self.file.read([group], self._columns)
            served = [pc.fill_null(pc.greater(table[f"fallback_{index}"], 0), False) for index in range(self._versions)]
            chosen = served[0] if len(served) == 1 else pc.or_(*served)
            found += self._rows(table.filter(chosen).slice(0, limit - len(found)))
            if len(found) >= limit:
                break
        return found

    def _wanted(self, query: UserQuery) -> Flags | None:
        """Which users a query asks for, in the order of the file; None: all."""
        conditions = []
        if query.min_hist > 0:
            conditions.append(self.file.column("history").to_numpy() >= query.min_hist)
        if query.segment:
            conditions.append(equals(self.file.column("segment", dictionary=True), query.segment))
        if query.text:
            holds = pc.match_substring(self.file.column("user_id"), sound(query.text))
            conditions.append(holds.to_numpy(zero_copy_only=False))
        return np.logical_and.reduce(conditions) if conditions else None

    def _order(self, sort: str) -> Places:
        if sort == "user_id":
            return np.arange(self.file.rows, dtype=np.uint32)
        return self._orders.get(sort, lambda: self.orders.column(sort).to_numpy())

    def _slice(self, sort: str, first: int, size: int) -> Places:
        """A piece of an order, out of the row groups that have it."""
        last = min(first + size, self.file.rows)
        if sort == "user_id" or first >= last:
            return np.arange(first, max(first, last), dtype=np.uint32)
        groups = range(self.orders.group_of(first), self.orders.group_of(last - 1) + 1)
        start = first - self.orders.starts[groups.start]
        found: Places = self.orders.read(groups, [sort])[sort].to_numpy()[start : start + last - first]
        return found

    def _at(self, rows: Places) -> list[UserRow]:
        return self._rows(self._taken(rows, self._columns))

    def _id(self, row: int) -> str:
        group = self.file.group_of(row)
        found: str = self.file.read([group], ["user_id"])["user_id"][row - self.file.starts[group]].as_py()
        return found

    def _taken(self, rows: Places, columns: list[str]) -> pa.Table:
        """These rows in this order, out of the row groups that have them."""
        starts = np.array(self.file.starts, np.int64)
        groups = np.searchsorted(starts, rows, side="right") - 1
        wanted = np.unique(groups).tolist()
        if not wanted:
            return self.file.none(columns)
        pieces = [
            piece.take(rows[groups == group] - starts[group])
            for group, piece in zip(wanted, self.file.pieces(wanted, columns), strict=True)
        ]
        # The pieces are by group, and by order within: back to the order that was asked for.
        return pa.concat_tables(pieces).take(np.argsort(np.argsort(groups, kind="stable")))

    def _place(self, user_id: str) -> int | None:
        for group in self.file.groups_with(user_id):
            place = place_in(self.file.read([group], ["user_id"])["user_id"], user_id)
            if place is not None:
                return self.file.starts[group] + place
        return None

    def _rows(self, table: pa.Table) -> list[UserRow]:
        versions = range(self._versions)
        return [
            UserRow(
                rows=tuple(row[f"rows_{index}"] for index in versions),
                fallback=tuple(row[f"fallback_{index}"] for index in versions),
                **{name: row[name] for name in (*_TEXTS, *_INTEGERS, *_NUMBERS)},
            )
            for row in table.to_pylist()
        ]
