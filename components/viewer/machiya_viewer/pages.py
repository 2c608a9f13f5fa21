"""Pages: ask the data, hand the rows to the view models. Shared by the report and the web application."""

from collections.abc import Sequence
from dataclasses import dataclass

from machiya_viewer.data import Dataset
from machiya_viewer.records import Exposure, UserRow
from machiya_viewer.views.glance import Tile, tiles
from machiya_viewer.views.items import ItemView, Receiver, item_view
from machiya_viewer.views.metrics import Metrics, metrics
from machiya_viewer.views.notes import Notes, Verdict, notes, verdict
from machiya_viewer.views.users import OVERLAP_BINS, Changes, UserView, overlaps, user_view

EXPOSURES = 10
RECEIVERS = 20
PAGE_SIZE = 50
MAX_SEGMENT_CHOICES = 50

# How users can be sorted: the words for it, and whether the largest value comes first.
_SORTS = {
    "overlap": ("lowest overlap", False),
    "rbo": ("lowest RBO", False),
    "kendall_tau": ("lowest Kendall tau", False),
    "entered": ("most new items", True),
    "user_id": ("user id", False),
}


@dataclass(frozen=True)
class Overview:
    """Everything about the results as a whole."""

    title: str
    names: tuple[str, ...]
    tiles: tuple[Tile, ...]
    verdict: Verdict | None
    metrics: Metrics
    changes: Changes
    exposures: tuple[Exposure, ...]
    notes: Notes


@dataclass(frozen=True)
class UserQuery:
    """What somebody asks of the list of users; ``page`` counts from 1, an empty ``text`` or ``segment`` means any."""

    text: str
    sort: str
    segment: str
    page: int


@dataclass(frozen=True)
class UserList:
    """One page of the list of users. ``rich`` tells whether RBO and Kendall tau are known."""

    query: UserQuery
    users: tuple[UserRow, ...]
    total: int
    pages: int
    sorts: tuple[str, ...]
    segments: tuple[str, ...]
    rich: bool

    @property
    def sort_names(self) -> dict[str, str]:
        """The words for every order."""
        return {sort: words for sort, (words, _) in _SORTS.items()}

    def address(self, page: int) -> dict[str, str | int | None]:
        """The query of another page of the same list."""
        asked = self.query
        return {"q": asked.text, "sort": asked.sort, "segment": asked.segment, "page": page}


def names_of(dataset: Dataset) -> tuple[str, ...]:
    """What people call the results."""
    return tuple(side.label for side in dataset.sides)


def overview(dataset: Dataset, title: str, k: int, most_changed: int) -> Overview:
    """The overview; ``k`` is the cut-off of the headline metric, ``most_changed`` how many users are listed."""
    names = names_of(dataset)
    scores = metrics([dataset.scores(side) for side in dataset.sides], names, k)
    summary, judged, changed = dataset.summary(), verdict(dataset.rules()), changes(dataset, most_changed)
    return Overview(
        title=title,
        names=names,
        tiles=tiles(summary, scores, changed, judged),
        verdict=judged,
        metrics=scores,
        changes=changed,
        exposures=tuple(dataset.exposures(EXPOSURES)),
        notes=notes(summary, names),
    )


def changes(dataset: Dataset, limit: int) -> Changes:
    """The users whose lists differ most, and how overlap is distributed."""
    if not dataset.compares:
        return Changes(absent="There is one result: connect a candidate to see what it would change.")
    compared = dataset.users().compared()
    if not len(compared):
        return Changes(absent="No user is in both results: there is nothing to compare.")
    counts = compared.overlap_counts(OVERLAP_BINS)
    return Changes(
        users=tuple(compared.most_changed(limit)),
        total=len(compared),
        unchanged=counts[-1],
        mean_overlap=compared.mean_overlap(),
        overlaps=overlaps(counts),
        given=dataset.user_changes is not None,
        k=dataset.k,
    )


def sorts(dataset: Dataset) -> tuple[str, ...]:
    """The orders that make sense for this data, the usual one first."""
    if not dataset.compares:
        return ("user_id",)
    return tuple(_SORTS) if dataset.user_changes else ("overlap", "entered", "user_id")


def user_list(dataset: Dataset, query: UserQuery) -> UserList:
    """One page of the list of users."""
    everybody = dataset.users()
    found = everybody.search(query.text, query.segment)
    descending = _SORTS[query.sort][1]
    return UserList(
        query=query,
        users=tuple(found.page(query.sort, descending, (query.page - 1) * PAGE_SIZE, PAGE_SIZE)),
        total=len(found),
        pages=max(1, -(-len(found) // PAGE_SIZE)),
        sorts=sorts(dataset),
        segments=tuple(everybody.segments(MAX_SEGMENT_CHOICES)),
        rich=dataset.user_changes is not None,
    )


def user_page(dataset: Dataset, user_id: str, k: int, history_limit: int) -> UserView | None:
    """One user: history and lists with everything that labels them; None when nothing is known of the user."""
    history, total = dataset.history(user_id, history_limit)
    user = dataset.users().find(user_id)
    if user is None and not history:
        return None
    lists = [dataset.recommended(side, user_id) for side in dataset.sides]
    shown = [row.item_id for one in lists for row in one[:k]] + [row.item_id for row in history]
    nowhere = UserRow(user_id, rows=(0,) * len(lists), fallback=(None,) * len(lists))
    return user_view(user or nowhere, history, total, lists, names_of(dataset), dataset.labels(shown), k)


def item_page(dataset: Dataset, item_id: str) -> ItemView | None:
    """One item; None when neither the item table nor any result nor any interaction has it."""
    item = dataset.labels([item_id])[item_id]
    ranks, audience = dataset.exposure(item_id), dataset.audience(item_id)
    if not item.known and not audience and not any(ranks):
        return None
    receivers = [Receiver(user_id, one) for user_id, one in dataset.receivers(item_id, RECEIVERS)]
    return item_view(item, audience, ranks, receivers, names_of(dataset))


def examples(dataset: Dataset, user_ids: Sequence[str], k: int, history_limit: int) -> list[UserView]:
    """The views of these users, in this order; users of whom nothing is known are left out."""
    found = [user_page(dataset, user_id, k, history_limit) for user_id in user_ids]
    return [view for view in found if view is not None]
