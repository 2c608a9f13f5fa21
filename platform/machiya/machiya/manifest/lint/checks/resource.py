"""Templates that do something to an object of Kubernetes, and patches of pods."""

from collections.abc import Iterator

import yaml

from machiya.manifest.grammar.tags import has_tags, without_tags
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.templates import named
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

_ACTIONS = ("get", "create", "apply", "delete", "replace", "patch")
_WITHOUT_MANIFEST = frozenset({"get", "delete"})


def check_resource(view: TemplateView) -> Iterator[Finding]:
    """The action, and the manifest that it needs."""
    resource = view.template.get("resource")
    if not resource.given:
        return
    label, action = f"{view.label}.resource", resource.get("action")
    if not has_tags(action.text) and action.text not in _ACTIONS:
        message = f"{label}.action must be one of: {', '.join(_ACTIONS)}"
        yield action.finding(Rule.RESOURCE_ACTION, message, "For example `action: create`.")
    if action.text not in _WITHOUT_MANIFEST:
        yield from _check_manifest(view, resource, label)


def _check_manifest(view: TemplateView, resource: Node, label: str) -> Iterator[Finding]:
    manifest, origin = resource.get("manifest"), resource.get("manifestFrom")
    if not manifest.text and not origin.given:
        message = f"either {label}.manifest or {label}.manifestFrom must be specified"
        yield resource.finding(Rule.RESOURCE_MANIFEST, message, "Add `manifest: |` and the object below it.")
    elif manifest.text and origin.given:
        message = "shouldn't have both `manifest` and `manifestFrom` specified in `Manifest` for resource template"
        yield origin.finding(Rule.RESOURCE_MANIFEST, message, "Keep one of the two.")
    artifact = origin.get("artifact", "name")
    if artifact.text and artifact.text not in dict(named(view.template.get("inputs", "artifacts"))):
        message = f"artifact {artifact.text} in `manifestFrom` refer to a non-exist artifact"
        yield artifact.finding(Rule.RESOURCE_MANIFEST, message, "Declare it in inputs.artifacts.")
    if problem := _yaml_problem(manifest.text):
        message = f"{label}.manifest must be a valid yaml: {problem}"
        yield manifest.finding(Rule.RESOURCE_MANIFEST, message, "Lines of the manifest count from its first.")


def check_pod_spec_patch(patch: Node, label: str) -> Iterator[Finding]:
    """A patch is an object, in YAML or JSON."""
    if not patch.text or without_tags(patch.text, "").strip() == "":
        return
    problem = _yaml_problem(patch.text)
    if not problem and not isinstance(yaml.safe_load(without_tags(patch.text, "0")), dict):
        problem = "it is not an object"
    if problem:
        remedy = 'Write the part of a pod\'s spec to change, as in \'{"containers": [{"name": "main", ...}]}\'.'
        yield patch.finding(Rule.POD_SPEC_PATCH, f"{label}.podSpecPatch must be a valid yaml: {problem}", remedy)


def check_template_patch(view: TemplateView) -> Iterator[Finding]:
    """The patch of a template's pod."""
    yield from check_pod_spec_patch(view.template.get("podSpecPatch"), view.label)


def _yaml_problem(text: str) -> str:
    """Why `text` is not YAML, once its tags are replaced; nothing if it is."""
    try:
        for _ in yaml.compose_all(without_tags(text, "0"), Loader=yaml.SafeLoader):
            return ""
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        return f"{getattr(error, 'problem', None) or error}{place}"
    return ""
