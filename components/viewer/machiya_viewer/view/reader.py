"""Answers from one view. Every question reads a few row groups of the columns it needs; nothing is held but footers."""

from collections.abc import Iterable, Mapping

from machiya_viewer.records import Interaction, Item, ItemRow, Recommended, UserRow
from machiya_viewer.view.files import Files
from machiya_viewer.view.model import Facts, UserPage, UserQuery, View


def open_view(root: str) -> "ViewReader":
    """The view in a folder (a path or any fsspec URL); ``ViewError`` if there is none, or its format is another."""
    raise NotImplementedError


class ViewReader:
    """Thread-safe. Any method raises ``ViewError`` when a file is gone, broken, or lacks a column."""

    def __init__(self, files: Files, head: View) -> None:
        self.files = files
        self.head = head

    def facts(self) -> Facts:
        """What is small. Read at every call: callers keep it."""
        raise NotImplementedError

    def recommended(self, version: int, user_id: str) -> list[Recommended]:
        """A user's whole list in one version (0 is the base), best first; empty if the version lacks the user."""
        raise NotImplementedError

    def history(self, user_id: str, limit: int) -> list[Interaction]:
        """A user's last interactions, latest first; the view keeps 100 a user (``UserRow.history`` counts all)."""
        raise NotImplementedError

    def user(self, user_id: str) -> UserRow | None:
        """One user; None if the user has neither rows nor a history."""
        raise NotImplementedError

    def users(self, query: UserQuery) -> UserPage:
        """One page of the list of users. Ties are in the order of ids; users without a value come last."""
        raise NotImplementedError

    def neighbours(self, query: UserQuery, user_id: str) -> tuple[str | None, str | None]:
        """The users before and after this one in the order of a query (its page and size do not matter)."""
        raise NotImplementedError

    def users_starting(self, prefix: str, limit: int) -> list[str]:
        """Ids that start so, in their order."""
        raise NotImplementedError

    def with_fallback(self, limit: int) -> list[UserRow]:
        """Users who got rows from the fallback in any version, in the order of ids."""
        raise NotImplementedError

    def items_matching(self, text: str, limit: int) -> list[Item]:
        """Items whose id is the text, then those whose title holds it (width and case do not matter), by exposure."""
        raise NotImplementedError

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Title and category of each of these; an id that the view lacks is marked as not known."""
        raise NotImplementedError

    def item(self, item_id: str) -> ItemRow | None:
        """One item and who gets it; None when neither the item table, a list nor a history has it."""
        raise NotImplementedError

    def most_exposed(self, limit: int, version: int) -> list[ItemRow]:
        """The items that most users get in a version, ties by id."""
        raise NotImplementedError
