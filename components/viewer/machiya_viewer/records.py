"""Rows of the data as Python values: what the data access hands to the view models. ``None`` means not known."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Recommended:
    """One row of a recommendation list; rank 1 is the best."""

    item_id: str
    rank: int
    score: float | None = None
    source: str | None = None


@dataclass(frozen=True)
class Interaction:
    """What a user did with an item: summed weight, number of events, time of the last one (UTC)."""

    item_id: str
    weight: float | None = None
    events: int | None = None
    time: datetime | None = None


@dataclass(frozen=True)
class Item:
    """An item of the catalogue. ``known`` is False for an id that the item table does not have.

    ``lang`` is the language of the title (a BCP 47 tag) and ``url`` its page, as the item table says: untrusted.
    """

    item_id: str
    title: str | None = None
    category: str | None = None
    known: bool = True
    url: str | None = None
    lang: str | None = None


@dataclass(frozen=True)
class Score:
    """A metric over the users of one segment, with the bounds of its 95 % interval. ``k`` is None where it has none."""

    metric: str
    k: int | None
    segment: str
    value: float | None
    low: float | None = None
    high: float | None = None
    users: int | None = None


@dataclass(frozen=True)
class MetricChange:
    """How one metric changes in pairs: the mean of the users' own differences (candidate less base), its interval."""

    metric: str
    k: int | None
    segment: str
    base: float | None
    candidate: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None
    users: int | None = None


@dataclass(frozen=True)
class UserRow:
    """A user in the list of users.

    ``rows`` and ``fallback`` have one entry per result: the length of the list (0: the user is not in that result) and
    how many of its rows came from the fallback (None: the result does not say). ``history`` counts interactions.
    """

    user_id: str
    rows: tuple[int, ...]
    fallback: tuple[int | None, ...]
    segment: str | None = None
    overlap: float | None = None
    rbo: float | None = None
    kendall_tau: float | None = None
    entered: int | None = None
    left: int | None = None
    history: int = 0


@dataclass(frozen=True)
class Rule:
    """One rule of a verdict; ``observed`` is None when there was not enough data.

    ``outcome`` is pass, warn, fail or unknown; ``text`` says in a sentence what was found: untrusted.
    """

    rule: str
    threshold: float | None
    observed: float | None
    outcome: str
    text: str | None = None


@dataclass(frozen=True)
class ItemRow:
    """An item and who gets it; one entry per result in ``exposure``, ``ranks`` and ``receivers``.

    ``audience`` counts the users who interacted with it, ``exposure`` those who get it, ``ranks`` the users at rank 1,
    2, ..., 20 and beyond (21 numbers). ``receivers`` are (user_id, rank), the 20 best ranks. ``similar`` are item ids.
    """

    item: Item
    audience: int
    exposure: tuple[int, ...]
    ranks: tuple[tuple[int, ...], ...]
    receivers: tuple[tuple[tuple[str, int], ...], ...]
    similar: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exposure:
    """How many users get an item: one entry per result."""

    item: Item
    users: tuple[int, ...]


@dataclass(frozen=True)
class SideSummary:
    """Counts over one result. ``fallback`` is None when the result has no column ``source``."""

    users: int
    rows: int
    items: int
    fallback: int | None
    items_untitled: int
    items_unknown: int
    users_without_history: int


@dataclass(frozen=True)
class Summary:
    """Counts over everything that was loaded, one entry of ``sides`` per result."""

    sides: tuple[SideSummary, ...]
    users_with_history: int
    users_without_rows: tuple[int, ...]
    users_in_all: int
    items: int
    items_untitled: int
    first_time: datetime | None
    last_time: datetime | None
