"""Answers from one view. Every question reads a few row groups of the columns it needs; little is held but footers."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from machiya_viewer.records import Interaction, Item, ItemRow, Recommended, UserRow
from machiya_viewer.view.files import Files, reading
from machiya_viewer.view.items import Items
from machiya_viewer.view.model import (
    FACTS,
    HEAD,
    HISTORY,
    SORTS,
    Facts,
    UserPage,
    UserQuery,
    View,
    ViewError,
    recommendations_file,
)
from machiya_viewer.view.sorted_file import SortedFile
from machiya_viewer.view.texts import load
from machiya_viewer.view.users import Users

_LIST = {"user_id": "text", "item_id": "text", "rank": "integer", "score": "number", "source": "text"}
_HISTORY = {"user_id": "text", "time": "time", "item_id": "text", "weight": "number", "events": "integer"}


def open_view(root: str) -> "ViewReader":
    """The view in a folder (a path or any fsspec URL); ``ViewError`` if there is none, or its format is another."""
    files = Files(root)
    return ViewReader(files, load(files.read(HEAD), View, HEAD))


class ViewReader:
    """Thread-safe. Any method raises ``ViewError`` when a file is gone, broken, or lacks a column."""

    def __init__(self, files: Files, head: View) -> None:
        self.files = files
        self.head = head
        versions = len(head.versions)
        self._lists = [SortedFile(files, recommendations_file(index), "user_id", _LIST) for index in range(versions)]
        self._history = SortedFile(files, HISTORY, "user_id", _HISTORY)
        self._users = Users(files, versions)
        self._items = Items(files, versions)

    def check(self) -> None:
        """Whether every file is there with its columns; only footers are read, each once."""
        for file in (*self._lists, self._history, self._users.file, self._users.orders, self._items.file):
            file.check()

    def facts(self) -> Facts:
        """What is small. Read at every call: callers keep it."""
        facts = load(self.files.read(FACTS), Facts, FACTS)
        versions = len(self.head.versions)
        for name, sides in (("summary", facts.summary.sides), ("quality", facts.quality), ("scores", facts.scores)):
            if len(sides) != versions:
                raise ViewError(FACTS, name, f"is of {len(sides)} versions, and the view of {versions}")
        if not facts.sorts or set(facts.sorts) - set(SORTS):
            raise ViewError(FACTS, "sorts", "are none of the orders that there are")
        return facts

    def recommended(self, version: int, user_id: str) -> list[Recommended]:
        """A user's whole list in one version (0 is the base), best first; empty if the version lacks the user."""
        columns = ["item_id", "rank", "score", "source"]
        rows = self._lists[version].rows_of(user_id, columns, ["source"])
        with reading(recommendations_file(version)):
            return [Recommended(**row) for row in rows.to_pylist()]

    def history(self, user_id: str, limit: int) -> list[Interaction]:
        """A user's last interactions, latest first; the view keeps 100 a user (``UserRow.history`` counts all)."""
        rows = self._history.rows_of(user_id, ["item_id", "weight", "events", "time"])
        with reading(HISTORY):
            return [_interaction(row) for row in rows.slice(0, limit).to_pylist()]

    def user(self, user_id: str) -> UserRow | None:
        """One user; None if the user has neither rows nor a history."""
        return self._users.one(user_id)

    def users(self, query: UserQuery) -> UserPage:
        """One page of the list of users. Ties are in the order of ids; users without a value come last."""
        return self._users.page(query)

    def neighbours(self, query: UserQuery, user_id: str) -> tuple[str | None, str | None]:
        """The users before and after this one in the order of a query (its page and size do not matter)."""
        return self._users.neighbours(query, user_id)

    def users_starting(self, prefix: str, limit: int) -> list[str]:
        """Ids that start so, in their order."""
        return self._users.starting(prefix, limit)

    def with_fallback(self, limit: int) -> list[UserRow]:
        """Users who got rows from the fallback in any version, in the order of ids."""
        return self._users.with_fallback(limit)

    def items_matching(self, text: str, limit: int) -> list[Item]:
        """Items whose id is the text, then those whose title holds it (width and case do not matter), by exposure."""
        return self._items.matching(text, limit)

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Title and category of each of these; an id that the view lacks is marked as not known."""
        return self._items.labels(ids)

    def item(self, item_id: str) -> ItemRow | None:
        """One item and who gets it; None when neither the item table, a list nor a history has it."""
        return self._items.row(item_id)

    def most_exposed(self, limit: int, version: int) -> list[ItemRow]:
        """The items that most users get in a version, ties by id; without ranks, receivers, and similar ones."""
        return self._items.most_exposed(limit, version)


def _interaction(row: dict[str, Any]) -> Interaction:
    time: datetime | None = row.pop("time")
    return Interaction(time=None if time is None else time.astimezone(UTC), **row)
