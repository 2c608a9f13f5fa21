"""A workflow as SVG: boxes in layers from top to bottom, ports on the arrows."""

from html import escape
from itertools import pairwise

from machiya.dsl.drawing.layout import BOX_HEIGHT, BOX_WIDTH, LAYER_GAP, Layout, Spot, lay_out
from machiya.dsl.drawing.picture import Arrow, Box, picture
from machiya.dsl.model import WorkflowDefinition

_STYLE = (
    "text{font:13px system-ui,sans-serif;text-anchor:middle;fill:#1c2733}"
    ".detail,.port{font-size:11px;fill:#5b6b7b}.port{paint-order:stroke;stroke:#fff;stroke-width:5px}"
    "rect{fill:#f3f6fa;stroke:#7b8ea3}.page{fill:#fff;stroke:none}.outside{fill:#fff8e6;stroke:#b99a3f}"
    "path{fill:none;stroke:#7b8ea3}"
)
_TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z" style="fill:#7b8ea3;stroke:none"/></marker>'
)


def svg(workflow: WorkflowDefinition) -> str:
    """A page of its own; the same workflow gives the same text."""
    drawn = picture(workflow)
    layout = lay_out(drawn)
    width, height = f"{layout.width:g}", f"{layout.height:g}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<title>{escape(workflow.name)}: {escape(workflow.summary)}</title>",
        f'<style>{_STYLE}</style><defs>{_TIP}</defs><rect class="page" width="{width}" height="{height}"/>',
        *(_arrow(arrow, layout) for arrow in drawn.arrows),
        *(_box(box, layout.boxes[box.id]) for box in drawn.boxes),
        *dict.fromkeys(_label(arrow, layout) for arrow in drawn.arrows if arrow.label),
        "</svg>",
        "",
    ]
    return "\n".join(lines)


def _box(box: Box, spot: Spot) -> str:
    x, y = spot.x, spot.y
    kind = "" if box.detail else ' class="outside"'
    frame = f'<rect{kind} x="{x - BOX_WIDTH / 2:g}" y="{y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
    title = f'<text x="{x:g}" y="{y + (22 if box.detail else 31):g}">{escape(box.title)}</text>'
    detail = f'<text class="detail" x="{x:g}" y="{y + 39:g}">{escape(box.detail)}</text>' if box.detail else ""
    return frame + title + detail


def _arrow(arrow: Arrow, layout: Layout) -> str:
    """From the lower edge of its start, straight down through its slots, to the upper edge of its end."""
    spots = [layout.boxes[arrow.start], *layout.slots[arrow], layout.boxes[arrow.end]]
    path = [f"M{spots[0].x:g},{spots[0].y + BOX_HEIGHT:g}"]
    for index, (above, below) in enumerate(pairwise(spots)):
        if index:
            path.append(f"V{above.y + BOX_HEIGHT:g}")
        middle = f"{below.y - LAYER_GAP / 2:g}"
        path.append(f"C{above.x:g},{middle} {below.x:g},{middle} {below.x:g},{below.y:g}")
    return f'<path d="{" ".join(path)}" marker-end="url(#tip)"/>'


def _label(arrow: Arrow, layout: Layout) -> str:
    """In its first slot; without slots in the middle between the boxes."""
    start, end = layout.boxes[arrow.start], layout.boxes[arrow.end]
    slots = layout.slots[arrow]
    x, y = (slots[0].x, slots[0].y + BOX_HEIGHT / 2) if slots else ((start.x + end.x) / 2, end.y - LAYER_GAP / 2)
    return f'<text class="port" x="{x:g}" y="{y + 4:g}">{escape(arrow.label)}</text>'
