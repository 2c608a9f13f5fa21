"""Memoization: keys and caches."""

from collections.abc import Iterator

from machiya.manifest.grammar.names import is_field_name, is_object_name
from machiya.manifest.grammar.tags import has_tags, without_tags
from machiya.manifest.lint.checks.durations import check_duration
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

KEY_LIMIT = 253


def check_memoize(view: TemplateView) -> Iterator[Finding]:
    """The key, as far as it is constant, the cache and its age."""
    memoize = view.template.get("memoize")
    if not memoize.given:
        return
    key = memoize.get("key")
    if not key.text:
        yield memoize.finding(Rule.MEMOIZE_KEY, f"{view.label}.memoize.key is required", "Add `key:`.")
    elif not is_field_name(without_tags(key.text, "x")):
        message = f"{view.label}.memoize.key '{key.text}' is invalid: only letters, digits and '-', and no '-' first"
        remedy = "Hash what holds other characters, as in {{=sprig.sha256sum(inputs.parameters.rate)}}."
        yield key.finding(Rule.MEMOIZE_KEY, message, remedy)
    elif len(without_tags(key.text, "")) > KEY_LIMIT:
        message = f"{view.label}.memoize.key is longer than a key of a ConfigMap: {KEY_LIMIT} characters"
        yield key.finding(Rule.MEMOIZE_KEY, message, "Hash it: {{=sprig.sha256sum(...)}} has 64.")
    name = memoize.get("cache", "configMap", "name")
    if not name.text:
        message = f"{view.label}.memoize.cache.configMap.name is required"
        yield memoize.finding(Rule.MEMOIZE_CACHE, message, "Add `cache: {configMap: {name: my-cache}}`.")
    elif not has_tags(name.text) and not is_object_name(name.text):
        message = f"{view.label}.memoize.cache.configMap.name '{name.text}' is invalid as the name of a ConfigMap"
        yield name.finding(Rule.MEMOIZE_CACHE, message, "Lower-case letters, digits, '-' and '.'.")
    yield from check_duration(memoize.get("maxAge"), f"{view.label}.memoize.maxAge", seconds=False)
