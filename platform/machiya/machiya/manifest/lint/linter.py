"""All checks of a set of manifests."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from machiya.manifest.lint.checks import (
    artifacts,
    calls,
    container_set,
    containers,
    cron,
    dag,
    durations,
    inputs,
    limits,
    memoize,
    metrics,
    names,
    outputs,
    pods,
    resource,
    retry,
    small,
    steps,
    synchronization,
    template,
    workflow,
)
from machiya.manifest.lint.fields import KINDS
from machiya.manifest.lint.manifests import Library, Manifest
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.reading import read
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.scope import Scope
from machiya.manifest.lint.structure import check_structure
from machiya.manifest.lint.templates import calls_of, template_scope
from machiya.manifest.lint.view import Mode, TemplateView, View
from machiya_component.findings import Finding

API_VERSION = "argoproj.io/v1alpha1"

MANIFEST_CHECKS: tuple[Callable[[Manifest], Iterator[Finding]], ...] = (
    names.check_object_name,
    cron.check_cron,
    limits.check_object_size,
)

VIEW_CHECKS: tuple[Callable[[View], Iterator[Finding]], ...] = (
    workflow.check_reference,
    workflow.check_templates,
    workflow.check_entrypoint,
    workflow.check_workflow_arguments,
    workflow.check_workflow_hooks,
    workflow.check_settings,
    workflow.check_global_variables,
    synchronization.check_config_maps,
)

TEMPLATE_CHECKS: tuple[Callable[[TemplateView], Iterator[Finding]], ...] = (
    template.check_type,
    template.check_placement,
    template.check_own_variables,
    inputs.check_inputs,
    outputs.check_outputs,
    outputs.check_output_variables,
    artifacts.check_archive_location,
    steps.check_steps,
    steps.check_step_variables,
    dag.check_dag,
    dag.check_task_variables,
    containers.check_image,
    limits.check_argument_size,
    containers.check_beside,
    containers.check_mounts,
    containers.check_volumes,
    container_set.check_container_set,
    resource.check_resource,
    resource.check_template_patch,
    small.check_suspend,
    small.check_data,
    small.check_http,
    durations.check_time_limits,
    retry.check_retry,
    memoize.check_memoize,
    metrics.check_template_metrics,
    pods.check_template_pod_resources,
    synchronization.check_locks,
)


def lint(
    files: Sequence[tuple[str, str]], context: Iterable[tuple[str, str]] = (), mode: Mode = "lint"
) -> list[Finding]:
    """Check manifests, which are also what they may refer to.

    Args:
        files: names and contents of the files to check.
        context: names and contents of further files that the manifests may refer to; what is wrong in these is
            reported only where a manifest comes to use it.
        mode: what is about to happen with the manifests.

    Returns:
        The findings by file and line, each once.
    """
    texts = [(name, read(text, name)) for name, text in files]
    known = [root for name, text in context for root in read(text, name).documents]
    documents = [root for _, text in texts for root in text.documents]
    library = Library.of(chain(documents, known))
    found = [finding for _, text in texts for finding in text.findings]
    found += [finding for _, text in texts for finding in _check_kinds(text.documents)]
    if not found and not any(_is_argo(root) for root in documents):
        message = "none of the files holds a manifest that Argo runs"
        found += [
            Finding(Rule.KIND, message, f"Kinds that are checked: {', '.join(KINDS)}.", file=name) for name, _ in files
        ]
    for root in documents:
        if _is_argo(root):
            found += _check_document(root, library, mode)
    return _sorted_once(found, [name for name, _ in files])


def _is_argo(root: Node) -> bool:
    return root.get("kind").text in KINDS


def _check_kinds(documents: list[Node]) -> Iterator[Finding]:
    """Every document is a manifest; those of other programs may stand among Argo's."""
    for root in documents:
        kind, version = root.get("kind"), root.get("apiVersion")
        if root.kind != "map" or not kind.text:
            yield root.finding(Rule.KIND, "not a manifest: it has no `kind`", f"Add one of: {', '.join(KINDS)}.")
        elif kind.text in KINDS and version.text != API_VERSION:
            message = f"apiVersion of a {kind.text} is {API_VERSION}, not {version.text or 'missing'}"
            yield version.finding(Rule.KIND, message, f"Write `apiVersion: {API_VERSION}`.")
        elif close := [known for known in KINDS if known.lower() == kind.text.lower() and known != kind.text]:
            yield kind.finding(Rule.KIND, f"unknown kind {kind.text}", f"Did you mean {close[0]}?")


def _check_document(root: Node, library: Library, mode: Mode) -> Iterator[Finding]:
    """Where the outline is broken only that is reported: what follows from it would say the same less clearly."""
    manifest = Manifest(root)
    structure = list(check_structure(root, manifest.kind))
    yield from structure
    if any(finding.rule == Rule.WRONG_TYPE and _is_outline(finding.message) for finding in structure):
        return
    for check_manifest in MANIFEST_CHECKS:
        yield from check_manifest(manifest)
    view = View(manifest, library, mode)
    for check_view in VIEW_CHECKS:
        yield from check_view(view)
    for use in view.uses:
        for finding in _check_template(TemplateView(use.template, use.owner, view)):
            yield finding if use.owner.root is root else _as_run_by(manifest, finding)


def _as_run_by(manifest: Manifest, finding: Finding) -> Finding:
    """The finding with the workflow that runs the template, if what is missing is missing there."""
    if finding.rule != Rule.VARIABLE_UNRESOLVED or "{{workflow." not in finding.message.replace(" ", ""):
        return finding
    return replace(finding, message=f"{finding.message}, as run by {manifest.kind} {manifest.name}".rstrip())


def _is_outline(message: str) -> bool:
    return any(wanted in message for wanted in (": a list is", ": a map of", ": an object"))


def _check_template(view: TemplateView) -> Iterator[Finding]:
    for check in TEMPLATE_CHECKS:
        yield from check(view)
    for call in calls_of(view.template):
        if call.has("inline"):
            outer = calls.scope_of_inline(call, _scope_beside_calls(view))
            yield from _check_template(TemplateView(call.get("inline"), view.owner, view.view, outer))


def _scope_beside_calls(view: TemplateView) -> Scope:
    siblings = steps.steps_of(view) if view.template.has("steps") else dag.all_tasks(view)
    return Scope(parent=template_scope(view.template, view.outside), siblings=siblings)


def _sorted_once(findings: Iterable[Finding], order: list[str]) -> list[Finding]:
    position = {name: index for index, name in enumerate(order)}
    unique = dict.fromkeys(findings)
    return sorted(unique, key=lambda finding: (position.get(finding.file, len(order)), finding.line or 0))
