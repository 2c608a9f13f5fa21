"""Containers and scripts: images, mounts, and what stands beside them in the pod."""

from collections.abc import Iterator

from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.checks.names import check_reserved
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.templates import named
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

_HOLDERS = ("container", "script", "containerSet")
_ADDED_BY_ARGO = frozenset({"var-run-argo", "tmp-dir-argo", "input-artifacts", "podinfo", "argo-staging"})


def check_image(view: TemplateView) -> Iterator[Finding]:
    """Containers have an image; the main one may get it by default."""
    defaults = [spec.get("templateDefaults") for spec in (view.owner.spec, *view.view.specs)]
    for kind in ("container", "script"):
        part = view.template.get(kind)
        if (
            part.given
            and not part.get("image").text
            and not any(default.get(kind, "image").text for default in defaults)
        ):
            message = f"{view.label}.{kind}.image may not be empty"
            yield part.finding(Rule.IMAGE_MISSING, message, "Add `image:`, here or in spec.templateDefaults.")
    for path in (("containerSet", "containers"), ("sidecars",), ("initContainers",)):
        for name, container in named(view.template.get(*path)):
            if not container.get("image").text:
                message = f"{view.label}.{'.'.join(path)}.{name}.image may not be empty"
                yield container.finding(Rule.IMAGE_MISSING, message, "Add `image:`.")


def check_beside(view: TemplateView) -> Iterator[Finding]:
    """Init containers and sidecars have names of their own."""
    for container in view.template.get("initContainers").elements:
        if not container.get("name").text:
            message = f"{view.label} initContainers must all have container name"
            yield container.finding(Rule.CONTAINER_NAME, message, "Add `name:` to it.")
    for container in view.template.get("sidecars").elements:
        if not container.get("name").text:
            message = f"{view.label} sidecars must all have container name"
            yield container.finding(Rule.CONTAINER_NAME, message, "Add `name:` to it.")
    yield from check_reserved(view.template.get("sidecars"), f"{view.label}.sidecars")
    yield from check_reserved(view.template.get("initContainers"), f"{view.label}.initContainers")


def check_mounts(view: TemplateView) -> Iterator[Finding]:
    """Nothing is mounted where something else is."""
    for kind in _HOLDERS:
        mounts = view.template.get(kind, "volumeMounts")
        used: dict[str, str] = {}
        for index, mount in enumerate(mounts.elements):
            label = f"{view.label}.{kind}.volumeMounts[{index}].mountPath"
            yield from _check_free(mount.get("mountPath"), label, f"{kind}.volumeMounts.{mount.get('name').text}", used)
        if not view.template.has(kind):
            continue
        if kind != "container":
            used.clear()
        for index, (name, artifact) in enumerate(named(view.template.get("inputs", "artifacts"))):
            label = f"{view.label}.inputs.artifacts[{index}].path"
            yield from _check_free(artifact.get("path"), label, f"inputs.artifacts.{name}", used)


def _check_free(path: Node, label: str, holder: str, used: dict[str, str]) -> Iterator[Finding]:
    place = path.text.rstrip("/") or path.text
    if place in used:
        message = f"{label} '{path.text}' already mounted in {used[place]}"
        yield path.finding(Rule.PATH_COLLISION, message, "Choose another path for one of the two.")
    elif place:
        used[place] = holder


def check_volumes(view: TemplateView) -> Iterator[Finding]:
    """Every volume that is mounted is declared. A workflow template may get volumes from the workflow that uses it."""
    workflow = view.view
    if workflow.manifest.is_template or view.template.has("podSpecPatch") or workflow.setting("podSpecPatch").given:
        return
    declared = set(_ADDED_BY_ARGO)
    for spec in workflow.specs:
        for holder in (spec, spec.get("templateDefaults")):
            declared |= {name for name, _ in named(holder.get("volumes"))}
        declared |= {claim.get("metadata", "name").text for claim in spec.get("volumeClaimTemplates").elements}
    declared |= {name for name, _ in named(view.template.get("volumes"))}
    for container in _containers(view.template):
        for name, mount in named(container.get("volumeMounts")):
            if name not in declared and not has_tags(name):
                message = f"{view.label} mounts the volume '{name}', which is not declared"
                remedy = "Add it to `volumes` of the template or of the workflow, or to spec.volumeClaimTemplates."
                yield mount.finding(Rule.VOLUME_NOT_FOUND, message, remedy)


def _containers(template: Node) -> Iterator[Node]:
    yield from (template.get(kind) for kind in _HOLDERS)
    yield from template.get("containerSet", "containers").elements
    yield from template.get("sidecars").elements
    yield from template.get("initContainers").elements
