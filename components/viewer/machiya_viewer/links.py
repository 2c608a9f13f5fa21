"""Addresses in the pages. The same templates are shown as one file and by a server, which reach a user differently."""

from collections.abc import Collection, Mapping
from typing import Protocol
from urllib.parse import quote, urlencode


class Links(Protocol):
    """Where the page of something is; None when there is no such page."""

    def user(self, user_id: str) -> str | None:
        """The page of a user."""

    def item(self, item_id: str) -> str | None:
        """The page of an item."""

    def users(self, query: Mapping[str, str | int | None]) -> str | None:
        """The list of users with this query; entries that are None are left out."""


class SiteLinks:
    """Addresses of the web application below a root path (empty, or as the proxy in front says: ``/viewer``)."""

    def __init__(self, root: str = "") -> None:
        self.root = root.rstrip("/")

    def user(self, user_id: str) -> str | None:
        """``/user/{id}``, every reserved character quoted."""
        return self._one("user", user_id)

    def item(self, item_id: str) -> str | None:
        """``/item/{id}``, every reserved character quoted."""
        return self._one("item", item_id)

    def users(self, query: Mapping[str, str | int | None]) -> str | None:
        """``/users?sort=...``."""
        given = {name: value for name, value in query.items() if value is not None and value != ""}
        return f"{self.root}/users" + (f"?{urlencode(given)}" if given else "")

    def _one(self, kind: str, identifier: str) -> str:
        # Browsers resolve "." and ".." as steps in the path even when they are quoted; a query keeps them.
        if identifier in {"", ".", ".."}:
            return f"{self.root}/{kind}/?{urlencode({'id': identifier})}"
        return f"{self.root}/{kind}/{quote(identifier, safe='')}"


class ReportLinks:
    """Addresses inside the report: a user is linked when the report shows an example of them."""

    def __init__(self, examples: Collection[str]) -> None:
        self._anchors = {user_id: f"#{anchor(index)}" for index, user_id in enumerate(examples)}

    def user(self, user_id: str) -> str | None:
        """The example of a user."""
        return self._anchors.get(user_id)

    def item(self, item_id: str) -> str | None:
        """A report has no pages of items."""
        return None

    def users(self, query: Mapping[str, str | int | None]) -> str | None:
        """A report has no list of all users."""
        return None


def anchor(index: int) -> str:
    """The id of the example with this index; made of the index alone, since an id of the data can hold anything."""
    return f"example-{index + 1}"
