"""Users: which differ most, and one user's history beside the lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from machiya_viewer.charts import BarChart, bars
from machiya_viewer.records import Interaction, Item, Recommended, UserRow

OVERLAP_BINS = 11


@dataclass(frozen=True)
class Move:
    """What happens to an item between two lists: same, up, down (by so many ranks), new, dropped."""

    kind: str
    by: int = 0

    @property
    def text(self) -> str:
        """``up 3``."""
        return f"{self.kind} {self.by}" if self.by else self.kind


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
    """A user's list in one result: the first rows, and how many there are."""

    label: str
    rows: tuple[ListRow, ...]
    total: int


@dataclass(frozen=True)
class HistoryRow:
    """One interaction as shown."""

    item: Item
    interaction: Interaction


@dataclass(frozen=True)
class UserView:
    """One user: history beside the list (or lists), and how they differ."""

    user: UserRow
    history: tuple[HistoryRow, ...]
    history_total: int
    lists: tuple[ListView, ...]


@dataclass(frozen=True)
class Overlaps:
    """How many users have which share of their list in common; ``rows`` are (share, users)."""

    chart: BarChart
    rows: tuple[tuple[str, int], ...]


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
    absent: str = ""


def user_view(
    user: UserRow,
    history: Sequence[Interaction],
    history_total: int,
    lists: Sequence[Sequence[Recommended]],
    labels: Sequence[str],
    items: Mapping[str, Item],
    k: int,
) -> UserView:
    """The view of one user; ``lists[s]`` is the whole list in result s, of which the first k rows are shown."""
    return UserView(
        user=user,
        history=tuple(HistoryRow(items[one.item_id], one) for one in history),
        history_total=history_total,
        lists=tuple(
            ListView(label, _rows(lists, index, items, k), len(one))
            for index, (label, one) in enumerate(zip(labels, lists, strict=True))
        ),
    )


def _rows(lists: Sequence[Sequence[Recommended]], index: int, items: Mapping[str, Item], k: int) -> tuple[ListRow, ...]:
    own = lists[index]
    other = lists[1 - index] if len(lists) == 2 else []
    moves = moves_between(own, other, "dropped" if index == 0 else "new") if other else [None] * len(own)
    return tuple(
        ListRow(one.rank, items[one.item_id], one.score, one.source, move)
        for one, move in list(zip(own, moves, strict=True))[:k]
    )


def moves_between(own: Sequence[Recommended], other: Sequence[Recommended], alone: str) -> list[Move | None]:
    """What happens to each item of one list on the way to, or from, the other.

    The whole lists are compared, so an item that moved from rank 12 to 5 is "up 7" even where ten rows are shown.
    ``alone`` is the word for an item that only this list has: "new" seen from the candidate, where a smaller rank than
    in the base is "up"; "dropped" seen from the base, whose other items get no word: the candidate's list says it.
    """
    ranks: dict[str, int] = {}
    for one in other:
        ranks.setdefault(one.item_id, one.rank)
    return [_move(one.rank, ranks.get(one.item_id), alone) for one in own]


def _move(rank: int, before: int | None, alone: str) -> Move | None:
    if before is None:
        return Move(alone)
    if alone == "dropped":
        return None
    if before == rank:
        return Move("same")
    return Move("up", before - rank) if before > rank else Move("down", rank - before)


def overlaps(counts: Sequence[int]) -> Overlaps | None:
    """The distribution of the overlap; ``counts[i]`` users have i/10 up to under (i+1)/10 in common, the last all."""
    if not sum(counts):
        return None
    labels = [f"{10 * index}%" for index in range(OVERLAP_BINS)]
    title = "Users by overlap of their two lists"
    chart = bars("overlap", title, labels, [counts], ["users"], label="of the list in common")
    words = [f"{10 * index} to under {10 * index + 10}%" for index in range(OVERLAP_BINS - 1)] + ["100%"]
    return Overlaps(chart, tuple(zip(words, counts, strict=True)))


def choose_examples(first: Sequence[str], fallback: Sequence[str], wanted: int) -> list[str]:
    """Whom to show: ``first`` in its order, and where there is room for two, at least one user of ``fallback``."""
    chosen = list(first[:wanted])
    if wanted > 1 and fallback and not set(chosen) & set(fallback):
        chosen = [*chosen[: wanted - 1], fallback[0]]
    return chosen
