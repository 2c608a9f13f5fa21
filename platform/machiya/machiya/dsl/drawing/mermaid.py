"""A workflow as the text of a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""

from machiya.dsl.drawing.picture import Box, picture
from machiya.dsl.model import WorkflowDefinition


def mermaid(workflow: WorkflowDefinition) -> str:
    """Steps as boxes, artifacts from outside as cylinders, ports on the arrows."""
    drawn = picture(workflow)
    lines = [f"    {box.id}{_shape(box)}" for box in drawn.boxes]
    for arrow in drawn.arrows:
        label = f"|{arrow.label}|" if arrow.label else ""
        lines.append(f"    {arrow.start} -->{label} {arrow.end}")
    return "\n".join(["flowchart TD", *lines, ""])


def _shape(box: Box) -> str:
    return f'["{box.title}<br/><small>{box.detail}</small>"]' if box.detail else f'[("{box.title}")]'
