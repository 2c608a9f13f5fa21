"""Pictures of a workflow: Mermaid for Markdown, SVG for a page."""

from machiya.dsl.drawing.mermaid import mermaid
from machiya.dsl.drawing.svg import svg

__all__ = ["mermaid", "svg"]
