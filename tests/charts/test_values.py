"""Values: what is refused, with words that say where and why, and that each one is described and documented."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import helm_python
import pytest

from tests.charts.chart import CHART, NAMESPACE, render, values_of

PINNED = values_of("production-s3")


def changed(path: str, value: Any, base: str = "production-s3") -> dict[str, Any]:
    """A value set with one value changed."""
    values = copy.deepcopy(values_of(base))
    *parents, last = path.split(".")
    place = values
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    return values


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("viewr", {}, "viewr"),
        ("viewer.replica", 2, "replica"),
        ("viewer.replicas", 0, "replicas"),
        ("viewer.image.digest", "sha256:short", "digest"),
        ("viewer.inputs", {"recommendations": {"key": "a"}}, "inputs"),
        ("viewer.runs", "/srv/views", "runs"),
        ("viewer.parameters", {"title": None}, "title"),
        ("viewer.env", [{"value": "x"}], "env"),
        ("viewer.ingress.path", "viewer", "path"),
        ("store.kind", "azure", "kind"),
        ("store.s3.endpoint", "https://s3.acme.example", "endpoint"),
        ("cache.configMaps", ["kube-root-ca.crt"], "configMaps"),
        ("workflows.recommend.rule", {}, "rule"),
        ("monitoring.rules.runbook", "docs/operating.md", "runbook"),
        ("namespace.podSecurity", "none", "podSecurity"),
        ("limits.quota", {"pods": -1}, "pods"),
        ("limits.quota", {"requests.memory": "64 GB"}, "memory"),
        ("priorityClasses", [{"name": "machiya-batch", "value": 2_000_000_000}], "value"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(path: str, value: Any, told: str) -> None:
    with pytest.raises(helm_python.HelmError, match=told):
        render(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("store.s3.bucket", "", r"store\.s3\.bucket is empty: name the bucket"),
        ("store.kind", "none", r"The viewer reads the store, but store\.kind is none: describe the store"),
        ("store.kind", "gcs", r"store\.gcs\.bucket is empty: name the bucket"),
        ("viewer.parameters.runs", "s3://b/p", r"viewer\.parameters\.runs is given: .* is said in viewer\.runs"),
        ("viewer.ingress.host", "", r"viewer\.ingress\.host is empty: name the host"),
    ],
)
def test_values_that_do_not_go_together_are_refused_with_what_to_do(path: str, value: Any, told: str) -> None:
    with pytest.raises(helm_python.HelmRenderError, match=told):
        render(changed(path, value))


def test_every_value_is_described() -> None:
    with helm_python.Chart.load(CHART) as chart:
        schema, values = chart.schema, chart.values
    assert schema is not None
    assert [path for path in leaves(values) if not describes(schema, path.split("."))] == []


def test_every_value_stands_in_the_readme_and_no_other() -> None:
    with helm_python.Chart.load(CHART) as chart:
        values = chart.values
    whole = re.compile(r"(?<=\.)(image|resources|requests|limits|selector|labels)\..*")
    names = {whole.sub(r"\1", path) for path in leaves(values)} | {"argo.enabled"}
    documented = re.findall(r"^\| `([^`]+)` \|", (CHART / "README.md").read_text().split("## Values")[1], re.MULTILINE)
    assert {name for name in documented if "NAME" not in name} == names
    assert len(documented) == len(set(documented))


def test_the_notes_tell_what_to_do_next() -> None:
    with helm_python.Chart.load(CHART) as chart:
        notes = chart.render(PINNED, name="machiya", namespace=NAMESPACE)["machiya/templates/NOTES.txt"]
    assert "kubectl -n ml create token machiya-submit" in notes
    assert "https://recommendations.acme.example/\n" in notes
    assert "It shows the runs in s3://acme-machiya/shown/viewer/views" in notes


def leaves(values: dict[str, Any], path: str = "") -> Iterator[str]:
    """Paths of the chart's own values that hold no others."""
    for name, value in values.items():
        here = f"{path}.{name}" if path else name
        if isinstance(value, dict) and value and here != "argo":
            yield from leaves(value, here)
        elif here != "argo":
            yield here


def describes(schema: dict[str, Any], path: list[str]) -> bool:
    """Whether the schema, or the mapping that the value is an entry of, has a description for this value."""
    part = schema
    for name in path:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
        if name not in part.get("properties", {}):
            return "additionalProperties" in part and "description" in part
        part = part["properties"][name]
    return "description" in part
