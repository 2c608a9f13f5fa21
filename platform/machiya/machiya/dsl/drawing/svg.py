"""A workflow as SVG: boxes in layers from top to bottom, each below all that it needs."""

from collections.abc import Iterator
from html import escape
from statistics import mean

from machiya.dsl.drawing.picture import Arrow, Box, Picture, picture
from machiya.dsl.model import WorkflowDefinition

WIDTH, HEIGHT = 190, 52
GAP, LAYER_GAP, MARGIN = 40, 64, 24

_STYLE = (
    "text{font:13px system-ui,sans-serif;text-anchor:middle;fill:#1c2733}"
    ".detail,.port{font-size:11px;fill:#5b6b7b}.port{paint-order:stroke;stroke:#fff;stroke-width:4px}"
    "rect{fill:#f3f6fa;stroke:#7b8ea3}.outside{fill:#fff8e6;stroke:#b99a3f}"
    "path{fill:none;stroke:#7b8ea3;marker-end:url(#tip)}"
)
_TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z" style="fill:#7b8ea3;stroke:none;marker-end:none"/></marker>'
)

Point = tuple[float, float]


def svg(workflow: WorkflowDefinition) -> str:
    """A page of its own; the same workflow gives the same text."""
    drawn = picture(workflow)
    layers = _layers(drawn)
    widest = max(len(layer) for layer in layers)
    width = widest * (WIDTH + GAP) - GAP + 2 * MARGIN
    height = len(layers) * (HEIGHT + LAYER_GAP) - LAYER_GAP + 2 * MARGIN
    places = _places(layers, width)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<title>{escape(workflow.name)}: {escape(workflow.summary)}</title><style>{_STYLE}</style><defs>{_TIP}</defs>"
    )
    arrows = [_arrow(arrow, places) for arrow in drawn.arrows]
    labels = [_label(arrow, places) for arrow in drawn.arrows if arrow.label]
    return "\n".join([head, *arrows, *(_box(box, places[box.id]) for box in drawn.boxes), *labels, "</svg>", ""])


def _layers(drawn: Picture) -> list[list[Box]]:
    """Boxes by the longest way to them; in a layer each near the middle of what it comes from."""
    depth: dict[str, int] = {}
    for box in drawn.boxes:
        depth[box.id] = max((depth[arrow.start] + 1 for arrow in drawn.arrows if arrow.end == box.id), default=0)
    layers: list[list[Box]] = [[] for _ in range(max(depth.values()) + 1)]
    position: dict[str, float] = {}
    for index, layer in enumerate(layers):
        layer += sorted(
            (box for box in drawn.boxes if depth[box.id] == index), key=lambda box: _middle(box, drawn, position)
        )
        position |= {box.id: place - (len(layer) - 1) / 2 for place, box in enumerate(layer)}
    return layers


def _middle(box: Box, drawn: Picture, position: dict[str, float]) -> float:
    starts = [position[arrow.start] for arrow in drawn.arrows if arrow.end == box.id]
    return mean(starts) if starts else 0.0


def _places(layers: list[list[Box]], width: float) -> dict[str, Point]:
    """The upper middle of each box. Layers are shifted in turn, so that arrows past a layer do not run behind boxes."""
    places = {}
    for row, layer in enumerate(layers):
        span = len(layer) * (WIDTH + GAP) - GAP
        left = (width - span) / 2
        for column, box in enumerate(layer):
            places[box.id] = (left + column * (WIDTH + GAP) + WIDTH / 2, MARGIN + row * (HEIGHT + LAYER_GAP))
    return places


def _box(box: Box, place: Point) -> str:
    x, y = place
    kind = "" if box.detail else ' class="outside"'
    title = f'<text x="{x:g}" y="{y + (22 if box.detail else 31):g}">{escape(box.title)}</text>'
    detail = f'<text class="detail" x="{x:g}" y="{y + 39:g}">{escape(box.detail)}</text>' if box.detail else ""
    frame = f'<rect{kind} x="{x - WIDTH / 2:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
    return frame + title + detail


def _curve(arrow: Arrow, places: dict[str, Point]) -> tuple[Point, Point, Point, Point]:
    """Start, two control points, end. An arrow past other layers bends aside, out of the way of their boxes."""
    (x, top), (end_x, end) = places[arrow.start], places[arrow.end]
    start = top + HEIGHT
    passed = round((end - top) / (HEIGHT + LAYER_GAP)) - 1
    bend = passed * WIDTH * 0.8 * (1 if x >= end_x else -1) if passed else 0
    reach = (end - start) / 2
    return (x, start), (x + bend, start + reach), (end_x + bend, end - reach), (end_x, end)


def _arrow(arrow: Arrow, places: dict[str, Point]) -> str:
    numbers = " ".join(f"{x:g},{y:g}" for x, y in _curve(arrow, places)[1:])
    x, y = places[arrow.start]
    return f'<path d="M{x:g},{y + HEIGHT:g} C{numbers}"/>'


def _label(arrow: Arrow, places: dict[str, Point]) -> str:
    """Beside the middle of its curve."""
    x, y = _at(_curve(arrow, places), 0.5)
    return f'<text class="port" x="{x:g}" y="{y + 4:g}">{escape(arrow.label)}</text>'


def _at(curve: tuple[Point, Point, Point, Point], share: float) -> Point:
    """The point of a cubic Bézier curve at a share of its way."""
    weights = tuple(_bernstein(share))
    return (
        sum(weight * point[0] for weight, point in zip(weights, curve, strict=True)),
        sum(weight * point[1] for weight, point in zip(weights, curve, strict=True)),
    )


def _bernstein(share: float) -> Iterator[float]:
    rest = 1 - share
    yield from (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
