"""Items: who gets them, and at which ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from machiya_viewer.charts import BarChart, bars
from machiya_viewer.records import Item

MAX_RANKS = 20


@dataclass(frozen=True)
class Receiver:
    """A user who gets the item, and its rank in each result (None: not in their list)."""

    user_id: str
    ranks: tuple[int | None, ...]


@dataclass(frozen=True)
class ItemView:
    """One item. ``users`` and ``ranks`` (rank, users per result) have one entry per result."""

    item: Item
    audience: int
    users: tuple[int, ...]
    ranks: tuple[tuple[str, tuple[int, ...]], ...]
    chart: BarChart | None
    receivers: tuple[Receiver, ...]


def item_view(
    item: Item,
    audience: int,
    ranks: Sequence[Mapping[int, int]],
    receivers: Sequence[Receiver],
    names: Sequence[str],
) -> ItemView:
    """``ranks[s]`` is rank -> users in result s; ranks beyond ``MAX_RANKS`` are shown as one."""
    last = max((rank for one in ranks for rank in one), default=0)
    labels = [str(rank) for rank in range(1, min(last, MAX_RANKS) + 1)]
    counts = [[one.get(rank, 0) for rank in range(1, len(labels) + 1)] for one in ranks]
    if last > MAX_RANKS:
        labels.append(f">{MAX_RANKS}")
        counts = [
            [*shown, sum(users for rank, users in one.items() if rank > MAX_RANKS)]
            for shown, one in zip(counts, ranks, strict=True)
        ]
    chart = bars("ranks", "Users by the rank they get it at", labels, counts, names, label="rank") if labels else None
    return ItemView(
        item=item,
        audience=audience,
        users=tuple(sum(one.values()) for one in ranks),
        ranks=tuple(zip(labels, zip(*counts, strict=True), strict=True)),
        chart=chart,
        receivers=tuple(receivers),
    )
