"""Pages: ask the view, hand the rows to the view models. Shared by the report and the web application."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from machiya_viewer.i18n import Words, message
from machiya_viewer.records import Exposure, Item, ItemRow, UserRow
from machiya_viewer.view.catalog import Pair, VersionOf
from machiya_viewer.view.model import Facts, UserQuery
from machiya_viewer.view.reader import ViewReader
from machiya_viewer.views.gate import Gate, gate
from machiya_viewer.views.glance import Tile, tiles
from machiya_viewer.views.items import ItemView, item_view
from machiya_viewer.views.metrics import Metrics, metrics
from machiya_viewer.views.notes import Notes, QualityView, notes, quality_view
from machiya_viewer.views.users import Changes, UserView, overlaps, user_view

T = TypeVar("T")

EXPOSURES = 10
PAGE_SIZE = 50
MAX_SEGMENT_CHOICES = 50
ALONE = ("user_id", "random")
"""The orders of users that make sense for one version."""

SORT_NAMES: dict[str, Words] = {
    "overlap": message("lowest overlap"),
    "rbo": message("lowest RBO"),
    "kendall_tau": message("lowest Kendall tau"),
    "entered": message("most new items"),
    "random": message("random"),
    "user_id": message("user id"),
}


@dataclass(frozen=True)
class Overview:
    """Everything about the versions as a whole. ``gate`` is None where no rules came with the view."""

    title: str
    names: tuple[str, ...]
    tiles: tuple[Tile, ...]
    gate: Gate | None
    metrics: Metrics
    changes: Changes
    exposures: tuple[Exposure, ...]
    notes: Notes
    quality: QualityView


@dataclass(frozen=True)
class UserList:
    """One page of the list of users. ``rich`` tells whether RBO and Kendall tau are known."""

    query: UserQuery
    users: tuple[UserRow, ...]
    total: int
    sorts: tuple[str, ...]
    segments: tuple[str, ...]
    rich: bool

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.query.size))

    @property
    def sort_names(self) -> dict[str, Words]:
        """The words for every order."""
        return SORT_NAMES

    @property
    def question(self) -> dict[str, str | int | None]:
        """The query of the list without its page: what the pages of its users carry, to go on in its order."""
        return question(self.query, self.sorts)

    def address(self, page: int) -> dict[str, str | int | None]:
        """The query of another page of the same list."""
        return {**self.question, "page": page}


@dataclass(frozen=True)
class Chosen:
    """What a page is about: a pair that a view has, or one version of it. Everything below has one entry per version.

    ``indices`` are the places of the versions in the view.
    """

    reader: ViewReader
    facts: Facts
    names: tuple[str, ...]
    indices: tuple[int, ...]

    @property
    def compares(self) -> bool:
        """Whether there is a base and a candidate."""
        return len(self.indices) == 2

    @property
    def sorts(self) -> tuple[str, ...]:
        """The orders of users that make sense, the usual one first."""
        return self.facts.sorts if self.compares else ALONE

    @property
    def rich(self) -> bool:
        """Whether RBO and Kendall tau are known."""
        return self.compares and self.facts.given

    def user(self, row: UserRow) -> UserRow:
        """The row of a user as far as it is about these versions."""
        if self.compares or len(row.rows) == 1:
            return row
        index = self.indices[0]
        return UserRow(
            row.user_id, (row.rows[index],), (row.fallback[index],), segment=row.segment, history=row.history
        )

    def item(self, row: ItemRow) -> ItemRow:
        """The row of an item as far as it is about these versions."""
        return replace(
            row, exposure=self.only(row.exposure), ranks=self.only(row.ranks), receivers=self.only(row.receivers)
        )

    def only(self, entries: Sequence[T]) -> tuple[T, ...]:
        """The entries of these versions."""
        return tuple(entries[index] for index in self.indices)


def choose(pair: Pair, facts: Facts) -> Chosen:
    """What is known of a pair (or one version) whose view is there: ``pair.reader`` must not be None."""
    assert pair.reader is not None
    sides = [pair.base] if pair.candidate is None else [pair.base, pair.candidate]
    indices = (pair.base.index,) if pair.candidate is None else (0, 1)
    names = tuple(side.version.name for side in sides)
    everything = Chosen(pair.reader, facts, names, indices)
    if len(indices) == len(facts.summary.sides):
        return everything
    return replace(everything, facts=_narrowed(facts, everything))


def whole(reader: ViewReader) -> Pair:
    """All versions of one view, as the report shows them."""
    sides = [VersionOf(str(index), version, reader, index) for index, version in enumerate(reader.head.versions)]
    return Pair(sides[0], sides[1] if len(sides) > 1 else None, reader)


def _narrowed(facts: Facts, chosen: Chosen) -> Facts:
    """The facts about one version of a comparison: without what compares."""
    summary = facts.summary
    return Facts(
        summary=replace(
            summary, sides=chosen.only(summary.sides), users_without_rows=chosen.only(summary.users_without_rows)
        ),
        quality=chosen.only(facts.quality),
        scores=chosen.only(facts.scores),
        segments=facts.segments,
        inputs=facts.inputs,
        sorts=ALONE,
    )


def overview(chosen: Chosen, title: str, k: int, most_changed: int, stale: bool = False) -> Overview:
    """The overview; ``k`` is the cut-off of the headline metric, ``most_changed`` how many users are listed."""
    facts, names = chosen.facts, chosen.names
    scores = metrics(facts.scores, names, k, facts.metric_changes)
    quality, changed = quality_view(facts.quality), changes(chosen, most_changed)
    judged = None
    if facts.rules is not None:
        judged = gate(facts.rules, scores, facts.metric_changes, quality, stale)
    exposed = chosen.reader.most_exposed(EXPOSURES, chosen.indices[-1])
    return Overview(
        title=title,
        names=names,
        tiles=tiles(facts.summary, scores, changed, judged),
        gate=judged,
        metrics=scores,
        changes=changed,
        exposures=tuple(Exposure(row.item, chosen.only(row.exposure)) for row in exposed),
        notes=notes(facts.summary, names),
        quality=quality,
    )


def changes(chosen: Chosen, limit: int) -> Changes:
    """The users whose lists differ most, and how overlap is distributed."""
    facts = chosen.facts
    if not chosen.compares:
        return Changes(absent=message("There is one version: with a candidate, this shows what it would change."))
    if not facts.compared:
        return Changes(absent=message("No user is in both versions: there is nothing to compare."))
    users = chosen.reader.users(UserQuery(sort=facts.sorts[0], size=limit)).rows if limit else ()
    return Changes(
        users=tuple(user for user in users if user.overlap is not None),
        total=facts.compared,
        unchanged=facts.unchanged,
        mean_overlap=facts.mean_overlap,
        overlaps=overlaps(facts.overlaps),
        given=facts.given,
        k=chosen.reader.head.k,
    )


def user_list(chosen: Chosen, query: UserQuery) -> UserList:
    """One page of the list of users."""
    found = chosen.reader.users(query)
    return UserList(
        query=query,
        users=tuple(chosen.user(row) for row in found.rows),
        total=found.total,
        sorts=chosen.sorts,
        segments=chosen.facts.segments[:MAX_SEGMENT_CHOICES],
        rich=chosen.rich,
    )


def question(query: UserQuery, sorts: Sequence[str]) -> dict[str, str | int | None]:
    """A query as it stands in an address, without its page and what is usual."""
    return {
        "q": query.text,
        "sort": "" if query.sort == sorts[0] else query.sort,
        "segment": query.segment,
        "min_hist": query.min_hist or None,
    }


def user_page(pair: Pair, user_id: str, k: int, history_limit: int, show: Collection[str] = ()) -> UserView | None:
    """One user: history and lists with everything that labels them; None when nothing is known of the user.

    The lists are compared here, so this needs no view that compares the pair.
    """
    sides = [pair.base] if pair.candidate is None else [pair.base, pair.candidate]
    lists = [side.reader.recommended(side.index, user_id) for side in sides]
    readers = list(dict.fromkeys([pair.reader or pair.base.reader, *(side.reader for side in sides)]))
    histories = (reader.history(user_id, history_limit) for reader in readers)
    history = next((found for found in histories if found), [])
    user = _user(pair, sides, user_id)
    if not history and not any(lists):
        return None
    shown = [row.item_id for one in lists for row in one[:k]] + [row.item_id for row in history]
    names = [side.version.name for side in sides]
    return user_view(user, history, lists, names, _items(readers, shown), k, show)


def _user(pair: Pair, sides: Sequence[VersionOf], user_id: str) -> UserRow:
    """The row of a user: whole where a view has both versions, else without what compares."""
    if pair.candidate is not None and pair.reader is not None:
        found = pair.reader.user(user_id)
        if found is not None:
            return found
    rows = [(side, side.reader.user(user_id)) for side in sides]
    known = [row for _, row in rows if row is not None]
    return UserRow(
        user_id,
        rows=tuple(row.rows[side.index] if row else 0 for side, row in rows),
        fallback=tuple(row.fallback[side.index] if row else None for side, row in rows),
        segment=next((row.segment for row in known if row.segment is not None), None),
        history=max((row.history for row in known), default=0),
    )


def _items(readers: Sequence[ViewReader], ids: Sequence[str]) -> dict[str, Item]:
    """The items by id, from the first view that knows each."""
    found: dict[str, Item] = {}
    for reader in readers:
        missing = [item_id for item_id in dict.fromkeys(ids) if item_id not in found or not found[item_id].known]
        if missing:
            found |= reader.items(missing)
    return found


def item_page(chosen: Chosen, item_id: str) -> ItemView | None:
    """One item; None when neither the item table nor any list nor any interaction has it."""
    row = chosen.reader.item(item_id)
    if row is None:
        return None
    return item_view(chosen.item(row), chosen.reader.items(row.similar), chosen.names)


def examples(reader: ViewReader, user_ids: Sequence[str], k: int, history_limit: int) -> list[UserView]:
    """The views of these users, in this order; users of whom nothing is known are left out."""
    found = [user_page(whole(reader), user_id, k, history_limit) for user_id in user_ids]
    return [view for view in found if view is not None]
