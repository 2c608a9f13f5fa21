"""The alerts: what `machiya slo --rules` writes, installed as it is. What they say is tested where they are made."""

import json
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml
from click.testing import CliRunner

from machiya.cli.main import machiya
from tests.charts.chart import ROOT, of_kind, render
from tests.charts.programs import promtool

RUNBOOK = "https://acme.example/operating"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> str:
    """The alerts of the workflow of this repository."""
    monkeypatch.chdir(ROOT)
    command = ["slo", "recommend", "--stage", "development", "--rules"]
    result = CliRunner().invoke(machiya, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def installed(text: str, **settings: Any) -> dict[str, Any]:
    """The one rule that comes out of such a text."""
    values = {"workflows": {"recommend": {"rules": {"development": text}}}, "monitoring": {"rules": settings}}
    (rule,) = of_kind(render(values), "PrometheusRule")
    return rule


def test_alerts_are_installed_as_they_were_written(written: str) -> None:
    rule, original = installed(written), yaml.safe_load(written)
    assert rule["spec"] == original["spec"]
    assert rule["metadata"]["name"] == original["metadata"]["name"]
    assert rule["metadata"]["labels"].items() >= original["metadata"]["labels"].items()


def test_prometheus_finds_them_and_people_find_what_to_do(written: str) -> None:
    rule = installed(written, labels={"release": "prometheus"}, runbook=RUNBOOK)
    assert rule["metadata"]["labels"]["release"] == "prometheus"
    alerts = [alert for group in rule["spec"]["groups"] for alert in group["rules"]]
    assert len(alerts) == 5
    for alert in alerts:
        assert alert["annotations"].pop("runbook_url") == f"{RUNBOOK}#{alert['alert'].lower()}"
    assert rule["spec"] == yaml.safe_load(written)["spec"]


def test_prometheus_understands_them(written: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": installed(written, runbook=RUNBOOK)["spec"]["groups"]}))
    checked = promtool("check", "rules", file)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: [", "workflows.recommend.rules.development is no YAML"),
        ("production: {freshness: 26h}", "Make it with: machiya slo recommend --stage development --rules"),
    ],
)
def test_what_are_no_alerts_is_refused(text: str, told: str) -> None:
    with pytest.raises(helm_python.HelmRenderError, match=told):
        installed(text)
