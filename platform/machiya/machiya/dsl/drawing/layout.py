"""Where the boxes of a picture are: in layers, each box below all that it needs, with room for arrows that pass by.

The layered drawing of Sugiyama, Tagawa and Toda (1981), in its simplest form: an arrow past layers gets a slot in each
of them, and the slots and boxes of a layer are ordered by the mean place of what they come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

from machiya.dsl.drawing.picture import Arrow, Picture

BOX_WIDTH, BOX_HEIGHT = 190, 52
SLOT_WIDTH = 120
GAP, LAYER_GAP, MARGIN = 24, 56, 24


@dataclass(frozen=True)
class Spot:
    """The middle of the upper edge of a box or slot."""

    x: float
    y: float


@dataclass(frozen=True)
class Layout:
    """The size of the whole, the spots of the boxes by id, and for each arrow the slots that it goes through."""

    width: float
    height: float
    boxes: dict[str, Spot]
    slots: dict[Arrow, tuple[Spot, ...]]


def lay_out(drawn: Picture) -> Layout:
    """Find a place for everything."""
    rows = _rows(drawn)
    before = _before(drawn, rows)
    layers: list[list[str]] = [[] for _ in range(max(rows.values()) + 1)]
    for id_, row in {**rows, **dict(_slots(drawn, rows))}.items():
        layers[row].append(id_)
    places: dict[str, float] = {}
    for layer in layers:
        layer.sort(key=lambda id_: (_mean(before.get(id_, ()), places), id_ not in rows))
        places |= _spread(layer, rows)
    left = min(places[id_] - _width(id_, rows) / 2 for id_ in places) - MARGIN
    right = max(places[id_] + _width(id_, rows) / 2 for id_ in places) + MARGIN
    spots = {
        id_: Spot(places[id_] - left, MARGIN + row * (BOX_HEIGHT + LAYER_GAP))
        for row, layer in enumerate(layers)
        for id_ in layer
    }
    passed = {arrow: tuple(spots[slot] for slot, _ in _slots_of(arrow, rows)) for arrow in drawn.arrows}
    height = len(layers) * (BOX_HEIGHT + LAYER_GAP) - LAYER_GAP + 2 * MARGIN
    return Layout(right - left, height, {id_: spots[id_] for id_ in rows}, passed)


def _rows(drawn: Picture) -> dict[str, int]:
    """The layer of each box: the length of the longest way to it."""
    rows: dict[str, int] = {}
    for box in drawn.boxes:
        rows[box.id] = max((rows[arrow.start] + 1 for arrow in drawn.arrows if arrow.end == box.id), default=0)
    return rows


def _slots_of(arrow: Arrow, rows: dict[str, int]) -> list[tuple[str, int]]:
    """The slots of an arrow with their rows. Arrows with the same thing from the same box share theirs."""
    return [(f"{arrow.start}|{arrow.label}|{row}", row) for row in range(rows[arrow.start] + 1, rows[arrow.end])]


def _slots(drawn: Picture, rows: dict[str, int]) -> list[tuple[str, int]]:
    return [slot for arrow in drawn.arrows for slot in _slots_of(arrow, rows)]


def _before(drawn: Picture, rows: dict[str, int]) -> dict[str, list[str]]:
    """What each box and slot comes from, one layer above."""
    before: dict[str, list[str]] = {}
    for arrow in drawn.arrows:
        chain = [arrow.start, *(slot for slot, _ in _slots_of(arrow, rows)), arrow.end]
        for start, end in pairwise(chain):
            before.setdefault(end, []).append(start)
    return before


def _mean(ids: Sequence[str], places: dict[str, float]) -> float:
    return mean(places[id_] for id_ in ids) if ids else 0.0


def _width(id_: str, rows: dict[str, int]) -> int:
    return BOX_WIDTH if id_ in rows else SLOT_WIDTH


def _spread(layer: list[str], rows: dict[str, int]) -> dict[str, float]:
    """Side by side; the boxes are in the middle of the picture, slots on their right and left."""
    places: dict[str, float] = {}
    edge = 0.0
    for id_ in layer:
        places[id_] = edge + _width(id_, rows) / 2
        edge += _width(id_, rows) + GAP
    middle = mean([places[id_] for id_ in layer if id_ in rows] or list(places.values()))
    return {id_: place - middle for id_, place in places.items()}
