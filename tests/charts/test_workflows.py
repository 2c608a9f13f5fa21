"""What is deployed: the manifests that `machiya render` wrote, as they are."""

from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from tests.charts.chart import ROOT, of_kind, render

RENDERED = sorted(ROOT.glob("workflows/*/rendered/*.yaml"))
CRON = """
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: recommend-production, labels: {machiya/workflow: recommend, machiya/stage: production}}
spec:
  schedules: ["0 3 * * *"]
  timezone: Asia/Tokyo
  startingDeadlineSeconds: 3600
  workflowSpec: {workflowTemplateRef: {name: recommend-production}}
"""


def deploy(manifest: str, **settings: Any) -> list[dict[str, Any]]:
    """The objects of Argo that come out."""
    values = {"workflows": {"recommend": {"manifests": {"production": manifest}, **settings}}}
    return of_kind(render(values), "WorkflowTemplate", "CronWorkflow", "Workflow")


@pytest.mark.parametrize("file", RENDERED, ids=lambda file: "-".join(file.relative_to(ROOT).parts[1::2]))
def test_manifests_are_deployed_as_they_are(file: Path, tmp_path: Path) -> None:
    """By way of --set-file, as people do it. Texts with {{...}} are Argo's, and Helm leaves them alone."""
    text = file.read_text()
    (tmp_path / "manifest.yaml").write_text(text)
    values = helm_python.parse_set_file(f"workflows.recommend.manifests.development={tmp_path / 'manifest.yaml'}")
    objects = of_kind(render(values), "WorkflowTemplate", "CronWorkflow")
    assert objects == [document for document in yaml.safe_load_all(text) if document]


def test_the_schedule_of_a_stage_can_be_suspended() -> None:
    (running,), (suspended,) = deploy(CRON), deploy(CRON, suspended=["production"])
    assert "suspend" not in running["spec"]
    assert suspended["spec"] == {**running["spec"], "suspend": True}
    assert deploy(CRON, suspended=["development"]) == [running]


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ("kind: Workflow", "holds a Workflow. Give the file workflows/recommend/rendered/production.yaml"),
        ("production: {}", "holds a document without a kind"),
        ("kind: [", "workflows.recommend.manifests.production is no YAML"),
    ],
)
def test_what_is_no_manifest_is_refused(manifest: str, told: str) -> None:
    with pytest.raises(helm_python.HelmRenderError, match=told):
        deploy(manifest)


def test_secrets_have_the_names_that_manifests_ask_for() -> None:
    (secret,) = [
        object_
        for object_ in of_kind(render({"secrets": {"notify": {"webhook": "https://hooks.example/1"}}}), "Secret")
        if object_["metadata"]["name"] == "machiya-notify"
    ]
    assert secret["stringData"] == {"webhook": "https://hooks.example/1"}
    asked = [
        variable["valueFrom"]["secretKeyRef"]
        for file in RENDERED
        for document in yaml.safe_load_all(file.read_text())
        for template in (document or {}).get("spec", {}).get("templates", [])
        for variable in template.get("container", {}).get("env", [])
        if "secretKeyRef" in variable.get("valueFrom", {})
    ]
    assert {"machiya-notify"} <= {reference["name"] for reference in asked}
