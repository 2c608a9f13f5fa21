"""A template called."""

from collections.abc import Callable
from dataclasses import dataclass, field

from machiya.engines.local.argo.interpreter.nodes import Node, Outputs, Phase
from machiya.engines.local.argo.model import Document, Template, TemplateRef, Values

Ended = Callable[[Node], None]
"""Told the node of a call when it has ended."""

Done = Callable[[Phase, str, Outputs | None], None]
"""Told how the body of a template ended: phase, message, outputs."""


@dataclass(frozen=True)
class Call:
    """A template called: under which node name, from where, with what. ``in_exit``: also while the run is stopped.

    ``depth`` is how many calls it is inside of, itself included.
    """

    name: str
    display_name: str
    source: Document
    template: str = ""
    template_ref: TemplateRef | None = None
    inline: Template | None = None
    arguments: Values = field(default_factory=Values)
    boundary: str = ""
    after: tuple[str, ...] = ()
    in_exit: bool = False
    depth: int = 1

    @property
    def template_name(self) -> str:
        """As people name it."""
        return self.template_ref.template if self.template_ref is not None else self.template
