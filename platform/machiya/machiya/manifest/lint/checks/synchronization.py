"""Mutexes, semaphores and the ConfigMaps that are referred to."""

from collections.abc import Iterator

from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.manifests import Library
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.view import TemplateView, View
from machiya_component.findings import Finding


def check_locks(view: TemplateView) -> Iterator[Finding]:
    """The synchronization of a template."""
    yield from check_synchronization(view.template.get("synchronization"), view.label, view.view.library)


def check_synchronization(synchronization: Node, label: str, library: Library) -> Iterator[Finding]:
    """Mutexes have names; semaphores have their limit in exactly one place."""
    for index, mutex in enumerate(synchronization.get("mutexes").elements):
        if not mutex.get("name").text:
            message = f"{label}.synchronization.mutexes[{index}].name is required"
            yield mutex.finding(Rule.SYNCHRONIZATION, message, "Add `name:`.")
    for index, semaphore in enumerate(synchronization.get("semaphores").elements):
        place = f"{label}.synchronization.semaphores[{index}]"
        sources = [name for name in ("configMapKeyRef", "database") if semaphore.has(name)]
        if len(sources) != 1:
            message = f"{place} must have exactly one of configMapKeyRef and database"
            yield semaphore.finding(
                Rule.SYNCHRONIZATION, message, "As in configMapKeyRef: {name: limits, key: training}."
            )
        yield from _check_limit(semaphore.get("configMapKeyRef"), place, library)


def _check_limit(reference: Node, label: str, library: Library) -> Iterator[Finding]:
    config_map = library.config_maps.get(reference.get("name").text)
    limit = config_map.get("data", reference.get("key").text) if config_map else None
    if limit is not None and limit.given and not limit.text.isdigit():
        message = f"{label}: the limit is not a whole number: {limit.text}"
        yield limit.finding(Rule.SYNCHRONIZATION, message, 'For example "2".')


def check_config_maps(view: View) -> Iterator[Finding]:
    """ConfigMaps that stand beside the manifest hold the keys that are read from them."""
    for node in view.manifest.root.walk():
        reference = node.get("configMapKeyRef")
        name, key = reference.get("name"), reference.get("key")
        config_map = view.library.config_maps.get(name.text)
        if config_map is None or has_tags(key.text) or reference.get("optional").is_true() or node.has("default"):
            continue
        if not any(config_map.has(part) and config_map.get(part).has(key.text) for part in ("data", "binaryData")):
            message = f"ConfigMap {name.text} has no key '{key.text}'"
            yield key.finding(Rule.CONFIG_MAP, message, f"It has: {', '.join(config_map.get('data').entries)}.")
