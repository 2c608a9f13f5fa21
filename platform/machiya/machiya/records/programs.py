"""Which program a step of a manifest runs."""

from collections.abc import Callable

from machiya.engines.local.argo.model import Template


def image_of(template: Template | None, named: Callable[[str], Template | None]) -> str:
    """The image of a template, or of what the one task of a fan-out calls; empty where there is none."""
    if template is not None and template.dag is not None and len(template.dag.tasks) == 1:
        template = named(template.dag.tasks[0].template)
    return template.container.image if template is not None and template.container is not None else ""
