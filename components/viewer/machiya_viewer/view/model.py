"""What a view says of itself. ``view.json`` is a ``View``, ``facts.json`` is ``Facts``; ``None`` means not known."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AwareDatetime, Field

from machiya_viewer.records import MetricChange, Rule, Score, Summary, UserRow

FORMAT = 1
HEAD, FACTS, HISTORY, USERS, ORDERS, ITEMS = (
    "view.json",
    "facts.json",
    "history.parquet",
    "users.parquet",
    "orders.parquet",
    "items.parquet",
)
SORTS = ("overlap", "rbo", "kendall_tau", "entered", "random", "user_id")


def recommendations_file(version: int) -> str:
    """The lists of a version; 0 is the base."""
    return f"recommendations-{version}.parquet"


class ViewError(Exception):
    """A view cannot be read. ``column`` is empty where the whole file is at fault."""

    def __init__(self, file: str, column: str, reason: str) -> None:
        super().__init__(f"{file}, column {column}: {reason}" if column else f"{file}: {reason}")
        self.file = file
        self.column = column
        self.reason = reason


@dataclass(frozen=True)
class Version:
    """What was recommended by whom: a name for people, and who made it as far as the sidecar tells (else empty)."""

    name: str
    component: str = ""
    version: str = ""
    operation: str = ""
    image: str = ""
    digest: str = ""
    pin: str = ""


@dataclass(frozen=True)
class View:
    """``view.json``: one version, or a base and a candidate. Times are UTC; ``started`` is as it was given.

    ``outcome`` of the rules is pass, warn, fail, unknown, or empty without rules. ``users`` counts everybody who has
    rows or a history, ``rows`` the recommendations per version, ``last_time`` is that of the interactions.
    """

    title: str
    k: Annotated[int, Field(ge=1)]
    versions: tuple[Version, ...]
    users: int
    rows: tuple[int, ...]
    run: str = ""
    workflow: str = ""
    stage: str = ""
    started: str = ""
    outcome: str = ""
    last_time: AwareDatetime | None = None
    pseudonyms: bool = False
    made_by: str = ""
    format: int = FORMAT


@dataclass(frozen=True)
class Check:
    """One look at the data: how many are remarkable, of how many, and up to 5 ids of them. None: not looked at."""

    count: int | None = None
    of: int | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quality:
    """Checks of one version.

    ``duplicates``: rows that repeat (user, item); ``rank_gaps``: users whose ranks are not 1..n; ``nan_scores``: rows
    whose score is NaN; ``unknown_items``: rows whose item the item table lacks; ``untitled_items``: different items
    without a title; ``users_without_rows``: users with a history, without a list; ``users_without_history``: the other
    way round; ``titled_rows`` and ``users_with_history``: rows with a title and listed users with a history (coverage
    of the joins: shares of ``of``). ``sorted_source``: whether the table came sorted by user in small row groups.
    Examples are ids of users for rows and users, else of items.
    """

    duplicates: Check = Check()
    rank_gaps: Check = Check()
    nan_scores: Check = Check()
    unknown_items: Check = Check()
    untitled_items: Check = Check()
    users_without_rows: Check = Check()
    users_without_history: Check = Check()
    titled_rows: Check = Check()
    users_with_history: Check = Check()
    sorted_source: bool | None = None


@dataclass(frozen=True)
class Source:
    """Where an input comes from: who made it, and the digest of its content."""

    port: str
    producer: str
    digest: str


@dataclass(frozen=True)
class Facts:
    """``facts.json``: what is small. Per version: ``quality`` and ``scores`` (None: nobody evaluated it).

    ``compared`` users are in both versions; ``overlaps[i]`` of them have i/10 up to under (i+1)/10 of their list in
    common, the last all (11 numbers; empty without a candidate). ``given``: the comparison came with the data (else
    overlap was computed at ``View.k``). ``sorts`` are the orders that make sense for this view, the usual one first.
    """

    summary: Summary
    quality: tuple[Quality, ...]
    scores: tuple[tuple[Score, ...] | None, ...]
    metric_changes: tuple[MetricChange, ...] | None = None
    rules: tuple[Rule, ...] | None = None
    segments: tuple[str, ...] = ()
    inputs: tuple[Source, ...] = ()
    overlaps: tuple[int, ...] = ()
    compared: int = 0
    unchanged: int = 0
    mean_overlap: float | None = None
    given: bool = False
    sorts: tuple[str, ...] = ("user_id",)


@dataclass(frozen=True)
class UserQuery:
    """What somebody asks of the list of users; ``page`` counts from 1, empty ``text`` or ``segment`` means any.

    ``text`` is looked for anywhere in the id; ``min_hist`` is the least number of interactions.
    """

    sort: str = "overlap"
    segment: str = ""
    min_hist: int = 0
    text: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True)
class UserPage:
    """One page of the list of users, and how many users the query has in all."""

    rows: tuple[UserRow, ...]
    total: int
