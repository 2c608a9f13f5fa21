"""Addresses in the pages. The same templates are shown as one file and by a server, which reach a user differently."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

from machiya_viewer.assets import fingerprinted

Query = Mapping[str, str | int | None]

MAX_OUTSIDE_LENGTH = 2000
MAX_ID_LENGTH = 256
"""Characters of an id that an address may hold; what has a longer one has no page."""


@dataclass(frozen=True)
class Outside:
    """An address elsewhere that came with the data; ``href`` is None where it is to be printed only."""

    text: str
    href: str | None = None


class Links(Protocol):
    """Where the page of something is; None when there is no such page."""

    def user(self, user_id: str, query: Query | None = None) -> str | None:
        """The page of a user."""

    def item(self, item_id: str) -> str | None:
        """The page of an item."""

    def users(self, query: Query) -> str | None:
        """The list of users with this query; entries that are None or empty are left out."""

    def evidence(self, page: str, sort: str) -> str | None:
        """Where one can see for oneself: overview, quality, or users in an order; an empty page is none."""

    def outside(self, url: str | None) -> Outside | None:
        """An address of the data, to be linked or printed; None where there is none or it is no web address."""


@dataclass(frozen=True)
class SiteLinks:
    """Addresses of the web application.

    ``root`` is the path it is below (empty, or as the proxy in front says: ``/viewer``); ``language`` is carried from
    page to page where somebody chose one; ``run`` and ``pair`` are the slugs of what is looked at; ``hosts`` are those
    that addresses of the data may lead to.
    """

    root: str = ""
    language: str = ""
    run: str = ""
    pair: str = ""
    hosts: frozenset[str] = frozenset()

    def within(self, run: str, pair: str) -> "SiteLinks":
        """The addresses of one comparison, or of one version."""
        return replace(self, run=run, pair=pair)

    def address(self, path: str, query: Query | None = None) -> str:
        """A path of this application, quoted already, with a query; entries that are None or empty are left out."""
        if not query and not self.language:
            return f"{self.root}{path}"
        given = {name: value for name, value in (query or {}).items() if value is not None and value != ""}
        if self.language:
            given["lang"] = self.language
        return f"{self.root}{path}" + (f"?{urlencode(given)}" if given else "")

    def static(self, name: str) -> str:
        """A file of the application, under a name that changes with its content."""
        return f"{self.root}/static/{fingerprinted(name)}"

    @cached_property
    def below(self) -> str:
        """The path of what is looked at: ``/r/{run}/{pair}``."""
        return f"/r/{quote(self.run, safe='')}/{quote(self.pair, safe='')}"

    def home(self, page: int | None = None) -> str:
        """``/``: the runs."""
        return self.address("/", {"page": page})

    def of_run(self, run: str, pair: str = "") -> str:
        """``/r/{run}``, or one of its comparisons."""
        return self.address(f"/r/{quote(run, safe='')}" + (f"/{quote(pair, safe='')}" if pair else ""))

    def overview(self) -> str:
        """``/r/{run}/{pair}``."""
        return self.address(self.below)

    def section(self, name: str) -> str:
        """``/r/{run}/{pair}/{name}``: quality or gate."""
        return self.address(f"{self.below}/{name}")

    def user(self, user_id: str, query: Query | None = None) -> str | None:
        """``/r/{run}/{pair}/user/{id}``, every reserved character quoted."""
        return self._one("user", user_id, query)

    def item(self, item_id: str) -> str | None:
        """``/r/{run}/{pair}/item/{id}``, every reserved character quoted."""
        return self._one("item", item_id, None)

    def users(self, query: Query) -> str:
        """``/r/{run}/{pair}/users?sort=...``."""
        return self.address(f"{self.below}/users", query)

    def evidence(self, page: str, sort: str) -> str | None:
        """``.../users?sort=rbo``, ``.../quality``, or the overview."""
        if not page:
            return None
        if page == "overview":
            return self.overview()
        return self.users({"sort": sort}) if page == "users" else self.section(page)

    def help(self) -> str:
        """``/help``."""
        return self.address("/help")

    def outside(self, url: str | None) -> Outside | None:
        """A link where the host is one of ``hosts``; else the address is printed."""
        host = _host_of(url)
        if host is None or url is None:
            return None
        return Outside(url, url if host in self.hosts else None)

    def _one(self, kind: str, identifier: str, query: Query | None) -> str | None:
        if len(identifier) > MAX_ID_LENGTH:
            return None
        # Browsers resolve "." and ".." as steps in the path even when they are quoted; a query keeps them.
        if identifier in {"", ".", ".."}:
            return self.address(f"{self.below}/{kind}/", {"id": identifier, **(query or {})})
        return self.address(f"{self.below}/{kind}/{quote(identifier, safe='')}", query)


class ReportLinks:
    """Addresses inside the report: a user is linked when the report shows an example of them."""

    def __init__(self, examples: Collection[str]) -> None:
        self._anchors = {user_id: f"#{anchor(index)}" for index, user_id in enumerate(examples)}

    def user(self, user_id: str, query: Query | None = None) -> str | None:
        """The example of a user."""
        return self._anchors.get(user_id)

    def item(self, item_id: str) -> str | None:
        """A report has no pages of items."""
        return None

    def users(self, query: Query) -> str | None:
        """A report has no list of all users."""
        return None

    def evidence(self, page: str, sort: str) -> str | None:
        """The section of the report that shows it."""
        return {"users": "#changes", "quality": "#quality", "overview": "#metrics"}.get(page)

    def outside(self, url: str | None) -> Outside | None:
        """A report is shown in a sandbox that opens nothing: the address is printed."""
        return Outside(url) if url is not None and _host_of(url) is not None else None


def anchor(index: int) -> str:
    """The id of the example with this index; made of the index alone, since an id of the data can hold anything."""
    return f"example-{index + 1}"


def _host_of(url: str | None) -> str | None:
    """The host of an http(s) address without a user name or anything that browsers read differently; else None."""
    if url is None or len(url) > MAX_OUTSIDE_LENGTH or not url.isprintable() or "\\" in url or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    return host if parts.scheme in {"http", "https"} and host and "@" not in parts.netloc else None
