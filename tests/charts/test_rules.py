"""The alerts: Prometheus evaluates them on series as Argo's controller would give them.

Time begins at 1970-01-01 00:00 UTC, a Thursday, in all of these tests. Runs of `production-s3` are to be finished at
06:00 in Tokyo, which is 21:00 UTC; those of `everything` at 06:00 five hours west of Greenwich, which is 11:00 UTC,
from Monday to Friday.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from tests.charts.chart import one, render, rendered
from tests.charts.programs import promtool, write_groups

STEP = 5
"""Minutes between two samples."""
HOUR = 60 // STEP
LABELS = {"workflow": "recommend", "stage": "production"}


def rules(name: str = "everything") -> list[dict[str, Any]]:
    """The alerts of a value set."""
    groups = one(rendered(name), "PrometheusRule", "machiya")["spec"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_objective_has_an_alert() -> None:
    assert [rule["alert"] for rule in rules()] == [
        "MachiyaRunMissing",
        "MachiyaSuccessRateLow",
        "MachiyaRunSlow",
        "MachiyaResultStale",
        "MachiyaCoverageLow",
    ]
    for rule in rules():
        assert rule["labels"] == {**LABELS, "severity": "warning"}
        assert rule["annotations"].keys() >= {"summary", "description"}


def test_alerts_link_to_their_page() -> None:
    links = {rule["alert"]: rule["annotations"]["runbook_url"] for rule in rules("production-s3")}
    assert links["MachiyaRunMissing"] == "https://acme.example/operating#machiyarunmissing"


def test_the_text_of_the_file_and_its_content_give_the_same() -> None:
    objectives = {"apiVersion": "machiya/v1", "production": {"freshness": "26h", "duration": {"atMost": "2h"}}}
    both = [
        render({"workflows": {"recommend": {"slo": slo}}, "monitoring": {"rules": {"enabled": True}}})
        for slo in (objectives, json.dumps(objectives))
    ]
    assert one(both[0], "PrometheusRule", "machiya") == one(both[1], "PrometheusRule", "machiya")


@pytest.mark.parametrize("name", ["production-s3", "everything"])
def test_expressions_are_understood(name: str, tmp_path: Path) -> None:
    for rule in rules(name):
        promql_parser.parse(rule["expr"])
    checked = promtool("check", "rules", write_groups(tmp_path, one(rendered(name), "PrometheusRule", "machiya")))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@dataclass(frozen=True)
class Case:
    """What the alerts say at some times, given these series: values in promtool's notation, one each five minutes."""

    series: dict[str, str]
    says: dict[str, set[str]]
    """By time: which alerts fire, of those in `about`."""
    about: frozenset[str]
    value: str = ""
    """What the alert writes for the value, where it does."""
    values: str = "production-s3"


def metric(metric_name: str, /, **labels: str) -> str:
    """A series of Argo's."""
    text = ",".join(f'{key}="{value}"' for key, value in {**LABELS, **labels}.items())
    return f"argo_workflows_machiya_{metric_name}{{{text}}}"


def absent(samples: int) -> str:
    """No samples: so many, less one, after the first."""
    return f"_x{samples - 1}"


def stays(value: float, samples: int) -> str:
    """One value so many times."""
    return f"{value}+0x{samples - 1}"


MISSING, STALE = frozenset({"MachiyaRunMissing"}), frozenset({"MachiyaResultStale"})
RATE, SLOW, COVERAGE = (frozenset({name}) for name in ("MachiyaSuccessRateLow", "MachiyaRunSlow", "MachiyaCoverageLow"))
LAST = metric("last_success_seconds")

CASES = {
    "a run of every day": Case(
        # Begun at 18:00, known an hour later, on two days.
        {LAST: f"{absent(19 * HOUR)} {stays(64800, 24 * HOUR)} {stays(151200, 24 * HOUR)}"},
        {"22h": set(), "44h": set(), "46h": set()},
        MISSING,
    ),
    "late, and then there": Case(
        {LAST: f"{absent(19 * HOUR)} {stays(64800, 27 * HOUR)} {stays(151200, 10 * HOUR)}"},
        {"44h": set(), "45h30m": {"MachiyaRunMissing"}, "46h30m": set()},
        MISSING,
    ),
    "never": Case({}, {"48h": {"MachiyaRunMissing", "MachiyaResultStale"}}, MISSING | STALE),
    "the controller restarted and forgot": Case(
        {LAST: f"{absent(19 * HOUR)} {stays(64800, HOUR)} {absent(40 * HOUR)}"},
        {"30h": set(), "44h": set(), "45h10m": {"MachiyaRunMissing", "MachiyaResultStale"}},
        MISSING | STALE,
    ),
    "not expected at the weekend": Case(
        {},
        {"37h": {"MachiyaRunMissing"}, "60h": set(), "84h": set(), "107h10m": {"MachiyaRunMissing"}},
        MISSING,
        values="everything",
    ),
    "of another stage": Case(
        {LAST.replace("production", "development"): stays(64800, 30 * HOUR)}, {"48h": {"MachiyaRunMissing"}}, MISSING
    ),
    "older than 26 hours": Case(
        {LAST: stays(0, 30 * HOUR)}, {"25h50m": set(), "26h10m": {"MachiyaResultStale"}}, STALE
    ),
    "the first run failed": Case(
        {metric("runs_total", status="Failed"): f"{absent(3 * HOUR)} {stays(1, 3 * HOUR)}"},
        {"2h": set(), "4h": {"MachiyaSuccessRateLow"}},
        RATE,
        "0%",
    ),
    "the first run succeeded": Case(
        {metric("runs_total", status="Succeeded"): f"{absent(3 * HOUR)} {stays(1, 3 * HOUR)}"}, {"4h": set()}, RATE
    ),
    "18 of 19 succeeded": Case(
        {
            metric("runs_total", status="Succeeded"): f"{absent(HOUR)} 1+1x17 {stays(18, 60 * HOUR)}",
            metric("runs_total", status="Failed"): f"{absent(6 * HOUR)} {stays(1, 20 * HOUR)}",
        },
        {"5h": set(), "8h": {"MachiyaSuccessRateLow"}},
        RATE,
        "94.76%",  # increase() extrapolates
    ),
    "longer than an hour and a half": Case(
        {
            metric("run_duration_seconds", status="Succeeded"): f"{stays(5300, 2 * HOUR)} {stays(5500, HOUR)}",
            metric("run_duration_seconds", status="Failed"): stays(90000, 3 * HOUR),
        },
        {"1h": set(), "2h30m": {"MachiyaRunSlow"}},
        SLOW,
        "1h 31m 40s",
        "everything",
    ),
    "too few users": Case(
        {
            metric("step_value", step="publish", name="coverage"): f"{stays(0.97, 2 * HOUR)} {stays(0.85, HOUR)}",
            metric("step_value", step="train", name="loss"): stays(0.1, 3 * HOUR),
        },
        {"1h": set(), "2h30m": {"MachiyaCoverageLow"}},
        COVERAGE,
        "85%",
        "everything",
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_prometheus_says(title: str, tmp_path: Path) -> None:
    case = CASES[title]
    write_groups(tmp_path, one(rendered(case.values), "PrometheusRule", "machiya"))
    texts = {rule["alert"]: _evaluated(rule, case.value) for rule in rules(case.values)}
    test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{STEP}m",
        "tests": [
            {
                "interval": f"{STEP}m",
                "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
                "alert_rule_test": [
                    {
                        "eval_time": time,
                        "alertname": alert,
                        "exp_alerts": [texts[alert]] if alert in firing else [],
                    }
                    for time, firing in case.says.items()
                    for alert in sorted(case.about)
                ],
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(json.dumps(test))
    told = promtool("test", "rules", tmp_path / "test.yaml")
    assert told.returncode == 0, told.stdout + told.stderr


def _evaluated(rule: dict[str, Any], value: str) -> dict[str, Any]:
    """Labels and annotations of an alert that fires."""
    annotations = {name: re.sub(r"\{\{ .* \}\}", value, text) for name, text in rule["annotations"].items()}
    return {"exp_labels": rule["labels"], "exp_annotations": annotations}
