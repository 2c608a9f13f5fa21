"""Users: which differ most, and one user's history beside the lists."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from machiya_viewer.charts import BarChart, bars
from machiya_viewer.i18n import Message, Words, message
from machiya_viewer.records import Interaction, Item, Recommended, UserRow

OVERLAP_BINS = 11
KINDS = ("new", "dropped", "up", "down", "same")
"""What can happen to an item between two lists; a page may be asked to show some of these only."""

_WORDS: Mapping[str, Words] = {
    "new": message("new"),
    "dropped": message("dropped"),
    "up": message("moved up"),
    "down": message("moved down"),
    "same": message("same rank"),
}


@dataclass(frozen=True)
class Move:
    """What happens to an item between two lists: same, up, down (by so many ranks), new, dropped."""

    kind: str
    by: int = 0

    @property
    def text(self) -> Message:
        """``up 3``."""
        if self.kind == "up":
            return message("up %(ranks)s", ranks=self.by)
        if self.kind == "down":
            return message("down %(ranks)s", ranks=self.by)
        return {"new": message("new"), "dropped": message("dropped"), "same": message("same")}[self.kind]


@dataclass(frozen=True)
class ListRow:
    """One recommendation as shown. ``move`` is None when there is nothing to compare with."""

    rank: int
    item: Item
    score: float | None
    source: str | None
    move: Move | None


@dataclass(frozen=True)
class ListView:
    """A user's list in one version: the rows that are shown, how many it has, and how many of the first k are hidden.

    ``missing`` tells a version that lacks the user from one whose rows are only not asked for.
    """

    label: str
    rows: tuple[ListRow, ...]
    total: int
    hidden: int = 0

    @property
    def missing(self) -> bool:
        """Whether the user is not in this version at all."""
        return not self.total


@dataclass(frozen=True)
class HistoryRow:
    """One interaction as shown."""

    item: Item
    interaction: Interaction


@dataclass(frozen=True)
class KindCount:
    """How many of the rows that could be shown have one kind of move."""

    kind: str
    words: Words
    count: int


@dataclass(frozen=True)
class UserView:
    """One user: history beside the list (or lists), and how they differ. ``kinds`` is empty with one list."""

    user: UserRow
    history: tuple[HistoryRow, ...]
    history_total: int
    lists: tuple[ListView, ...]
    kinds: tuple[KindCount, ...] = ()

    @property
    def only_in(self) -> str | None:
        """The name of the one version that has the user, of two; None when both have, or there is but one."""
        having = [one.label for one in self.lists if not one.missing]
        return having[0] if len(self.lists) == 2 and len(having) == 1 else None


@dataclass(frozen=True)
class Overlaps:
    """How many users have which share of their list in common; ``rows`` are (share, users)."""

    chart: BarChart
    rows: tuple[tuple[Words, int], ...]


@dataclass(frozen=True)
class Changes:
    """The users whose lists differ most. ``given`` tells a comparison that came with the data from one made here."""

    users: tuple[UserRow, ...] = ()
    total: int = 0
    unchanged: int = 0
    mean_overlap: float | None = None
    overlaps: Overlaps | None = None
    given: bool = False
    k: int = 0
    absent: Message | None = None


def user_view(
    user: UserRow,
    history: Sequence[Interaction],
    lists: Sequence[Sequence[Recommended]],
    labels: Sequence[str],
    items: Mapping[str, Item],
    k: int,
    show: Collection[str] = (),
) -> UserView:
    """The view of one user; ``lists[s]`` is the whole list in version s.

    Of the first k rows those are shown whose move is one of ``show``; all where it is empty.
    """
    rows = [_rows(lists, index, items, k) for index in range(len(lists))]
    return UserView(
        user=user,
        history=tuple(HistoryRow(items[one.item_id], one) for one in history),
        history_total=max(user.history, len(history)),
        lists=tuple(_list(label, one, own, show) for label, one, own in zip(labels, rows, lists, strict=True)),
        kinds=_kinds(rows) if len(lists) == 2 and all(lists) else (),
    )


def _list(label: str, rows: Sequence[ListRow], own: Sequence[Recommended], show: Collection[str]) -> ListView:
    shown = tuple(row for row in rows if not show or row.move is None or row.move.kind in show)
    return ListView(label, shown, len(own), len(rows) - len(shown))


def _kinds(rows: Sequence[Sequence[ListRow]]) -> tuple[KindCount, ...]:
    """Dropped rows stand in the base's list, all others are counted in the candidate's."""
    base, candidate = ([row.move.kind for row in one if row.move] for one in rows)
    return tuple(
        KindCount(kind, _WORDS[kind], (base if kind == "dropped" else candidate).count(kind)) for kind in KINDS
    )


def _rows(lists: Sequence[Sequence[Recommended]], index: int, items: Mapping[str, Item], k: int) -> tuple[ListRow, ...]:
    own = lists[index]
    other = lists[1 - index] if len(lists) == 2 else []
    moves: Sequence[Move | None] = moves_between(own, other, index == 0) if other else [None] * len(own)
    return tuple(
        ListRow(one.rank, items[one.item_id], one.score, one.source, move)
        for one, move in list(zip(own, moves, strict=True))[:k]
    )


def moves_between(own: Sequence[Recommended], other: Sequence[Recommended], is_base: bool) -> list[Move]:
    """What happens to each item of one list, on the way from the base to the candidate.

    The whole lists are compared, so an item that moved from rank 12 to 5 is "up 7" even where ten rows are shown. What
    only the base has is dropped, what only the candidate has is new.
    """
    ranks: dict[str, int] = {}
    for one in other:
        ranks.setdefault(one.item_id, one.rank)
    return [_move(one.rank, ranks.get(one.item_id), is_base) for one in own]


def _move(rank: int, elsewhere: int | None, is_base: bool) -> Move:
    if elsewhere is None:
        return Move("dropped" if is_base else "new")
    rise = rank - elsewhere if is_base else elsewhere - rank
    if rise == 0:
        return Move("same")
    return Move("up", rise) if rise > 0 else Move("down", -rise)


def overlaps(counts: Sequence[int]) -> Overlaps | None:
    """The distribution of the overlap; ``counts[i]`` users have i/10 up to under (i+1)/10 in common, the last all."""
    if not sum(counts):
        return None
    labels = [f"{10 * index}%" for index in range(OVERLAP_BINS)]
    title = message("Users by overlap of their two lists")
    chart = bars("overlap", title, labels, [counts], [message("users")], label=message("of the list in common"))
    words: list[Words] = [
        message("%(low)s%% to under %(high)s%%", low=10 * index, high=10 * index + 10)
        for index in range(OVERLAP_BINS - 1)
    ]
    return Overlaps(chart, tuple(zip([*words, "100%"], counts, strict=True)))


def choose_examples(first: Sequence[str], fallback: Sequence[str], wanted: int) -> list[str]:
    """Whom to show: ``first`` in its order, and where there is room for two, at least one user of ``fallback``."""
    chosen = list(first[:wanted])
    if wanted > 1 and fallback and not set(chosen) & set(fallback):
        chosen = [*chosen[: wanted - 1], fallback[0]]
    return chosen
