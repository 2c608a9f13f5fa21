"""From the name of a template to the template."""

import difflib
from dataclasses import dataclass

from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.manifests import Library, Manifest
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya_component.findings import Finding


@dataclass(frozen=True)
class Target:
    """What a step, task or hook runs, and the manifest it stands in.

    Without a template either the findings say why, or its name is known only at run time.
    """

    template: Node | None = None
    owner: Manifest | None = None
    findings: tuple[Finding, ...] = ()


def resolve(call: Node, owner: Manifest, library: Library) -> Target:
    """The template that `call` runs; `owner` is the manifest it stands in."""
    name, reference = call.get("template"), call.get("templateRef")
    if call.has("inline"):
        return Target(call.get("inline"), owner)
    if reference.given:
        if name.text:
            message = "template name cannot be specified with templateRef"
            return Target(findings=(name.finding(Rule.TEMPLATE_REF, message, "Keep one of the two."),))
        return _resolve_reference(reference, owner, library)
    if name.text:
        return resolve_name(name, owner)
    message = "failed to get a template: neither template, templateRef nor inline is given"
    return Target(findings=(call.finding(Rule.TEMPLATE_REF, message, "Say what to run: `template: NAME`."),))


def resolve_name(name: Node, owner: Manifest) -> Target:
    """The template of `owner` that `name` names."""
    if has_tags(name.text):
        return Target()
    template = owner.templates.get(name.text)
    if template is not None:
        return Target(template, owner)
    message = f"template name '{name.text}' undefined in {owner.kind} {owner.name}".rstrip()
    return Target(
        findings=(name.finding(Rule.TEMPLATE_NOT_FOUND, message, _suggestion(name.text, list(owner.templates))),)
    )


def find_manifest(reference: Node, owner: Manifest, library: Library) -> Manifest | None:
    """The (cluster) workflow template that a templateRef or workflowTemplateRef names."""
    cluster = reference.get("clusterScope").is_true()
    return library.find(reference.get("name").text, cluster=cluster, namespace=owner.namespace)


def not_found(reference: Node, library: Library) -> Finding:
    """The finding for a workflow template that is not there."""
    cluster = reference.get("clusterScope").is_true()
    kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
    name, template = reference.get("name").text, reference.get("template").text
    shown = f"template reference {name}.{template}" if template else f"workflow template {name}"
    message = f"{shown} not found: no {kind} is called {name}"
    hint = _suggestion(name, library.names(cluster=cluster))
    if library.names(cluster=not cluster).count(name):
        hint = f"There is one of the other scope: {'remove' if cluster else 'add'} `clusterScope: true`."
    return reference.finding(Rule.TEMPLATE_REF_NOT_FOUND, message, f"{hint} Name the file that holds it, too.".strip())


def _resolve_reference(reference: Node, owner: Manifest, library: Library) -> Target:
    name, template = reference.get("name"), reference.get("template")
    for part, what in ((name, "resource name"), (template, "template name")):
        if not part.text:
            finding = reference.finding(
                Rule.TEMPLATE_REF, f"{what} is required", f"Add `{part.path.rsplit('.')[-1]}:` to it."
            )
            return Target(findings=(finding,))
    if has_tags(name.text) or has_tags(template.text):
        return Target()
    manifest = find_manifest(reference, owner, library)
    if manifest is None:
        return Target(findings=(not_found(reference, library),))
    found = manifest.templates.get(template.text)
    if found is not None:
        return Target(found, manifest)
    message = (
        f"template reference {name.text}.{template.text} not found: {manifest.kind} {name.text} has no such template"
    )
    finding = template.finding(
        Rule.TEMPLATE_REF_NOT_FOUND, message, _suggestion(template.text, list(manifest.templates))
    )
    return Target(findings=(finding,))


def _suggestion(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"There are: {', '.join(known[:8])}." if known else ""
