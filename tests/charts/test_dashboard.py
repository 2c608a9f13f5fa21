"""The dashboard and the alerts speak of the metrics that workflows emit, and of nothing else."""

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml

from tests.charts.chart import CHART, ROOT, of_kind, one, rendered


def emitted() -> dict[str, set[str]]:
    """The metrics that the manifests of this repository emit, with their labels."""
    found: dict[str, set[str]] = {}
    for file in ROOT.glob("workflows/*/rendered/*.yaml"):
        for metric in _metrics(yaml.safe_load(file.read_text().split("\n---\n")[0])):
            found.setdefault(metric["name"], set()).update(label["key"] for label in metric["labels"])
    return found


def _metrics(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield from node.get("metrics", {}).get("prometheus", []) if isinstance(node.get("metrics"), dict) else []
        for child in node.values():
            yield from _metrics(child)
    elif isinstance(node, list):
        for child in node:
            yield from _metrics(child)


METRICS = emitted()
"""By name, to which Argo's controller adds argo_workflows_."""

DASHBOARD: dict[str, Any] = json.loads((CHART / "files" / "dashboard.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def test_the_chart_carries_the_dashboard_as_it_is() -> None:
    config = one(rendered("everything"), "ConfigMap", "machiya-dashboard")
    assert json.loads(config["data"]["machiya.json"]) == DASHBOARD
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert of_kind(rendered("minimal"), "PrometheusRule", "ServiceMonitor") == []


def test_panels_lie_side_by_side_and_are_told_apart() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken
        assert all(x < 24 for x, _ in cells)
        taken |= cells
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)


def expressions() -> Iterator[tuple[str, str, str]]:
    """Where it stands, the expression, and the legend made of its labels."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"], target["legendFormat"]
    for name in ("production-s3", "everything"):
        for group in one(rendered(name), "PrometheusRule", "recommend-production-slo")["spec"]["groups"]:
            for rule in group["rules"]:
                yield f"{name} {rule['alert']}", rule["expr"], ""


@pytest.mark.parametrize(("expression", "legend"), [pytest.param(*rest, id=title) for title, *rest in expressions()])
def test_an_expression_asks_for_metrics_and_labels_that_there_are(expression: str, legend: str) -> None:
    tree = promql_parser.parse(expression)
    asked = list(selectors(tree))
    assert asked
    labels: set[str] = set()
    for name, matchers in asked:
        assert name.startswith("argo_workflows_")
        known = METRICS[name.removeprefix("argo_workflows_")]
        assert matchers <= known
        labels |= known
    grouped = {label for names in re.findall(r"\bby \(([^)]*)\)", expression) for label in re.split(r",\s*", names)}
    assert grouped <= labels
    assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= grouped


def test_choices_come_from_metrics_that_there_are() -> None:
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$(\w+)", json.dumps(PANELS))) - {"datasource", "value"}
    assert used <= set(variables)
    for variable in variables.values():
        if variable["type"] == "query":
            (found,) = re.findall(r"label_values\(argo_workflows_(\w+).*, (\w+)\)", variable["query"]["query"])
            assert found[1] in METRICS[found[0]]


def selectors(node: Any) -> Iterator[tuple[str, set[str]]]:
    """Name and matched labels of every selector below a node of the syntax tree."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node.name or "", {matcher.name for matcher in node.matchers.matchers}
        return
    for part in ("vector_selector", "expr", "lhs", "rhs", "param"):
        if (child := getattr(node, part, None)) is not None:
            yield from selectors(child)
    for argument in getattr(node, "args", None) or []:
        yield from selectors(argument)
