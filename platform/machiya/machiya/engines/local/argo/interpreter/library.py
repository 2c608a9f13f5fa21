"""Where templates are found."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.model import Document, Manifest, Specification, Template, TemplateRef


class Library:
    """The templates of the workflow and of the documents beside it."""

    def __init__(self, manifest: Manifest, workflow: Document) -> None:
        self._manifest = manifest
        self.workflow = workflow

    def find(
        self, template: str, reference: TemplateRef | None, inline: Template | None, source: Document
    ) -> tuple[Template, Document]:
        """The template that is called from `source`, and the document in which names inside it are looked up.

        Raises:
            NodeError: there is none.
        """
        if inline is not None:
            return self._with_defaults(inline), source
        if reference is not None:
            return self._referenced(reference)
        found = source.specification.templates.get(template)
        if found is None:
            raise NodeError(f"template {template!r} not found in {source.kind} {source.name or source.generate_name!r}")
        return self._with_defaults(found), source

    def _referenced(self, reference: TemplateRef) -> tuple[Template, Document]:
        document = self._manifest.templates.get((reference.name, reference.cluster_scope))
        if document is None:
            kind = "ClusterWorkflowTemplate" if reference.cluster_scope else "WorkflowTemplate"
            raise NodeError(f"{kind} {reference.name!r} is not among the files that were given")
        template = document.specification.templates.get(reference.template)
        if template is None:
            raise NodeError(f"template {reference.template!r} not found in {document.kind} {reference.name!r}")
        return self._with_defaults(template), document

    def _with_defaults(self, template: Template) -> Template:
        """templateDefaults count where the template says nothing."""
        defaults = self.workflow.specification.template_defaults
        if defaults is None:
            return template
        blank = Template("")
        updates: dict[str, Any] = {}
        for item in fields(Template):
            default, own = getattr(defaults, item.name), getattr(template, item.name)
            kind_of_program = item.name in ("container", "dag", "steps", "suspend", "name", "line")
            if kind_of_program or default == getattr(blank, item.name):
                continue
            if isinstance(own, Mapping):
                updates[item.name] = {**default, **own}
            elif own == getattr(blank, item.name):
                updates[item.name] = default
        return replace(template, **updates)


def effective_workflow(manifest: Manifest) -> Document:
    """The workflow with what its workflowTemplateRef brings; what the workflow says itself counts first.

    Raises:
        NodeError: the template that it refers to is not there.
    """
    own = manifest.workflow.specification
    reference = own.workflow_template_ref
    if reference is None:
        return manifest.workflow
    document = manifest.templates.get((reference.name, reference.cluster_scope))
    if document is None:
        kind = "ClusterWorkflowTemplate" if reference.cluster_scope else "WorkflowTemplate"
        raise NodeError(f"{kind} {reference.name!r} is not among the files that were given")
    base = document.specification
    blank = Specification()
    updates = {
        item.name: getattr(own, item.name)
        for item in fields(Specification)
        if getattr(own, item.name) != getattr(blank, item.name)
        and item.name not in ("arguments", "templates", "workflow_template_ref")
    }
    arguments = replace(
        base.arguments,
        parameters=_overlaid(base.arguments.parameters, own.arguments.parameters),
        artifacts=_overlaid(base.arguments.artifacts, own.arguments.artifacts),
    )
    specification = replace(base, **updates, arguments=arguments, workflow_template_ref=None)
    return replace(manifest.workflow, specification=specification)


def _overlaid(base: tuple[Any, ...], own: tuple[Any, ...]) -> tuple[Any, ...]:
    """By name: an own value counts before that of the base, of which the description and the rest stay."""
    merged = {one.name: one for one in base}
    for one in own:
        before = merged.get(one.name)
        merged[one.name] = (
            replace(before, value=one.value) if before is not None and getattr(one, "value", None) else one
        )
    return tuple(merged.values())
