"""Service levels by the runs of a cluster."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from machiya.cli.main import machiya as command
from machiya.cli.shell import run
from machiya.engines.argo.client import ArgoServerClient
from machiya.records.slo import PastRun, Published
from machiya.records.slo.cluster import ClusterHistory
from tests.argo.fake import FakeArgo
from tests.argo.project import STAGE, write_project

SLO = f"""\
apiVersion: machiya/v1
{STAGE}:
  successRate: {{atLeast: 0.5}}
  freshness: 26h
  coverage: {{atLeast: 0.9}}
"""


def begin(argo: FakeArgo, name: str, day: int, phase: str, coverage: str | None = None, stage: str = STAGE) -> None:
    """A run of 03:00 UTC that took an hour, as Argo has it; `coverage` is what its last step told."""
    told = [] if coverage is None else [{"name": "metrics-coverage-value", "value": coverage}]
    node = {
        "id": name,
        "name": name,
        "displayName": "publish",
        "type": "Pod",
        "templateName": "publish",
        "phase": phase,
        "outputs": {"parameters": told},
    }
    moment = f"2026-11-{day:02d}T{{}}:00:00Z".format
    labels = {"machiya/workflow": "letters", "machiya/stage": stage, "workflows.argoproj.io/phase": phase}
    argo.cluster.workflows[name] = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "name": name,
            "namespace": "ml",
            "uid": name,
            "resourceVersion": "1",
            "labels": labels,
            "creationTimestamp": moment("03"),
        },
        "spec": {"templates": []},
        "status": {
            "phase": phase,
            "startedAt": moment("03"),
            "finishedAt": None if phase == "Running" else moment("04"),
            "nodes": {name: node},
        },
    }


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_runs_of_the_workflow_at_the_stage_are_read(argo: FakeArgo, client: ArgoServerClient) -> None:
    begin(argo, "letters-1", 23, "Failed")
    begin(argo, "letters-2", 24, "Succeeded")
    begin(argo, "letters-3", 25, "Running")
    begin(argo, "other", 24, "Failed", stage="elsewhere")

    assert list(ClusterHistory(client).runs("letters", STAGE)) == [
        PastRun("letters-3", "Running", at(25, 3)),
        PastRun("letters-2", "Succeeded", at(24, 3), at(24, 4)),
        PastRun("letters-1", "Failed", at(23, 3), at(23, 4)),
    ]


@pytest.mark.parametrize(("told", "found"), [("0.93", 0.93), ("NaN", None), ("much", None), (None, None)])
def test_the_newest_run_that_succeeded_tells_of_its_result(
    argo: FakeArgo, client: ArgoServerClient, told: str | None, found: float | None
) -> None:
    begin(argo, "letters-1", 23, "Succeeded", coverage="0.5")
    begin(argo, "letters-2", 24, "Succeeded", coverage=told)
    begin(argo, "letters-3", 25, "Failed", coverage="0.1")

    expected = [] if found is None else [Published("publish", "letters-2", at(24, 3), found)]
    assert list(ClusterHistory(client).published("letters", STAGE)) == expected


def test_where_nothing_succeeded_nothing_is_published(client: ArgoServerClient) -> None:
    assert ClusterHistory(client).published("letters", STAGE) == ()


def test_the_command_judges_by_the_cluster(
    argo: FakeArgo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write_project(tmp_path / "project")
    (folder / "slo.yaml").write_text(SLO)
    monkeypatch.chdir(folder.parents[1])
    for name, value in argo.environment.items():
        monkeypatch.setenv(name, value)
    begin(argo, "letters-1", 23, "Failed")
    begin(argo, "letters-2", 24, "Succeeded", coverage="0.93")

    def judged(moment: str) -> tuple[int, dict[str, Any]]:
        code = run(command, ["slo", "letters", "--engine", "argo", "--at", moment, "--json"])
        (report,) = json.loads(capfd.readouterr().out)
        return code, {one["objective"]: one["is"] for one in report["objectives"]}

    assert judged("2026-11-24T12:00Z") == (
        0,
        {"successRate": "0.5 (1 of 2 runs)", "freshness": "9 h old (letters-2)", "coverage": "0.93"},
    )
    assert judged("2026-11-26T12:00Z")[0] == 1
