"""Items: who gets them, and at which ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from machiya_viewer.charts import BarChart, bars
from machiya_viewer.i18n import Words, message
from machiya_viewer.records import Item, ItemRow

MAX_RANKS = 20


@dataclass(frozen=True)
class Receiver:
    """A user who gets the item, and its rank in each version (None: not among the best ranks there)."""

    user_id: str
    ranks: tuple[int | None, ...]


@dataclass(frozen=True)
class ItemView:
    """One item. ``users`` and ``ranks`` (rank, users per version) have one entry per version."""

    item: Item
    audience: int
    users: tuple[int, ...]
    ranks: tuple[tuple[str, tuple[int, ...]], ...]
    chart: BarChart | None
    receivers: tuple[Receiver, ...]
    similar: tuple[Item, ...] = ()


def item_view(row: ItemRow, items: Mapping[str, Item], names: Sequence[Words]) -> ItemView:
    """``items`` has the items of ``row.similar``; users beyond rank ``MAX_RANKS`` are shown as one bar."""
    ranks = _ranks(row.ranks)
    labels, counts = [label for label, _ in ranks], list(zip(*(users for _, users in ranks), strict=True))
    title = message("Users by the rank they get it at")
    return ItemView(
        item=row.item,
        audience=row.audience,
        users=row.exposure,
        ranks=ranks,
        chart=bars("ranks", title, labels, counts, names, label=message("rank")) if ranks else None,
        receivers=_receivers(row.receivers),
        similar=tuple(items[item_id] for item_id in row.similar if item_id in items),
    )


def _ranks(ranks: Sequence[Sequence[int]]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """(rank, users per version) up to the last rank that anybody has."""
    last = max((index + 1 for one in ranks for index, users in enumerate(one) if users), default=0)
    labels = [str(index + 1) if index < MAX_RANKS else f">{MAX_RANKS}" for index in range(last)]
    return tuple((text, tuple(one[index] for one in ranks)) for index, text in enumerate(labels))


def _receivers(receivers: Sequence[Sequence[tuple[str, int]]]) -> tuple[Receiver, ...]:
    """Everybody in any of these lists, the best ranks first."""
    ranks = [dict(one) for one in receivers]
    users = {user_id: tuple(one.get(user_id) for one in ranks) for one in receivers for user_id, _ in one}
    ordered = sorted(users.items(), key=lambda entry: (min(rank for rank in entry[1] if rank is not None), entry[0]))
    return tuple(Receiver(user_id, found) for user_id, found in ordered)
