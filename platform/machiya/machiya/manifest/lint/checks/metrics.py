"""Metrics for Prometheus."""

import re
from collections.abc import Iterator

from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.checks.calls import check_when
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_TYPES = ("gauge", "histogram", "counter")


def check_template_metrics(view: TemplateView) -> Iterator[Finding]:
    """The metrics of a template."""
    yield from check_metrics(view.template.get("metrics"), view.label)


def check_metrics(metrics: Node, label: str) -> Iterator[Finding]:
    """Names, labels, texts and values."""
    for metric in metrics.get("prometheus").elements:
        yield from _check_metric(metric, label)


def _check_metric(metric: Node, label: str) -> Iterator[Finding]:
    name = metric.get("name")
    if not _NAME.fullmatch(name.text) and not has_tags(name.text):
        message = (
            f"{label} metric name '{name.text}' is invalid. Metric names must contain alphanumeric characters or '_'"
        )
        yield name.finding(Rule.METRIC, message, "For example training_seconds.")
    for each in metric.get("labels").elements:
        key = each.get("key")
        if not _NAME.fullmatch(key.text) and not has_tags(key.text):
            message = f"metric label '{key.text}' is invalid: keys may only contain alphanumeric characters or '_'"
            yield key.finding(Rule.METRIC, message, "For example team_name.")
    if not metric.get("help").text:
        message = f"{label} metric '{name.text}' must contain a help string under 'help: ' field"
        yield metric.finding(Rule.METRIC, message, "Add `help:` with a sentence on what is measured.")
    types = [kind for kind in _TYPES if metric.has(kind)]
    if len(types) != 1:
        message = f"{label} metric '{name.text}' must be exactly one of: {', '.join(_TYPES)}"
        yield metric.finding(Rule.METRIC, message, "As in counter: {value: '1'}.")
    for kind in types:
        yield from _check_value(metric.get(kind), kind, f"{label} metric '{name.text}' error")
    yield from check_when(metric.get("when"))


def _check_value(measure: Node, kind: str, label: str) -> Iterator[Finding]:
    value = measure.get("value")
    if not value.text:
        yield measure.finding(Rule.METRIC, f"{label}: missing {kind}.value", "Add `value:`.")
    elif measure.get("realtime").is_true() and "resourcesDuration." in value.text:
        message = f"{label}: 'resourcesDuration.*' metrics cannot be used in real-time"
        yield value.finding(Rule.METRIC, message, "Remove `realtime: true`, or use {{duration}}.")
