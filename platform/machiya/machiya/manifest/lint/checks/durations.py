"""Durations as Go writes them, and deadlines."""

import re
from collections.abc import Iterator

from machiya.manifest.grammar.durations import argo_duration, go_duration
from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.templates import LEAF_TYPES, type_of
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

_REMEDY = "Write a number and a unit, ns, us, ms, s, m or h, as in 90s or 1h30m; days are 24h."


def check_duration(node: Node, label: str, *, seconds: bool = True) -> Iterator[Finding]:
    """One duration; `seconds` says that a number without a unit means seconds."""
    text = node.text
    if not text or not node.is_scalar or has_tags(text):
        return
    if (argo_duration(text) if seconds else go_duration(text)) is None:
        yield node.finding(Rule.DURATION, f"{label}: unable to parse {text} as a duration", _REMEDY)


def check_time_limits(view: TemplateView) -> Iterator[Finding]:
    """timeout, pendingTimeout and activeDeadlineSeconds of a template."""
    template, leaf = view.template, type_of(view.template) in LEAF_TYPES
    for name in ("timeout", "pendingTimeout"):
        limit = template.get(name)
        if not limit.text:
            continue
        if not leaf:
            message = f"{view.label}: {type_of(template)} template doesn't support {name} field"
            yield limit.finding(Rule.FIELD_MISPLACED, message, "Put it on the templates that run pods.")
        elif name == "timeout" and re.fullmatch(r"[-+]?\d+", limit.text):
            message = f"{view.label} has invalid duration format in timeout: {limit.text} has no unit"
            yield limit.finding(Rule.DURATION, message, f"Write {limit.text}s.")
        else:
            yield from check_duration(limit, f"{view.label}.{name}")
    yield from check_deadline(template.get("activeDeadlineSeconds"), view.label, leaf=leaf)


def check_deadline(deadline: Node, label: str, *, leaf: bool = True) -> Iterator[Finding]:
    """activeDeadlineSeconds: a number of seconds, and only where something runs. 0 ends a workflow that runs."""
    if not deadline.given:
        return
    if not leaf:
        message = f"{label}.activeDeadlineSeconds is only valid for leaf templates"
        yield deadline.finding(
            Rule.FIELD_MISPLACED, message, "Put it on the templates that run pods, or on the workflow."
        )
    elif not has_tags(deadline.text) and not re.fullmatch(r"\+?\d+", deadline.text):
        message = f"{label}.activeDeadlineSeconds must be a positive integer > 0 or an argo variable"
        yield deadline.finding(Rule.DEADLINE, message, "For example 3600.")
