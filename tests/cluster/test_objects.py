"""What Kubernetes itself says of what we make: an API server with Argo's types is enough, no node and no controller."""

from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from tests.cluster.conftest import CHART, RELEASE, values_of
from tests.cluster.kube import Kube, KubeError
from tests.cluster.settings import Settings

WORKFLOWS = Path(__file__).parents[2] / "workflows"
RENDERED = sorted(WORKFLOWS.glob("*/rendered/*.yaml"))
NAMES = [f"{path.parents[1].name}-{path.stem}" for path in RENDERED]

ACCOUNT = "machiya-workflow"
RIGHTS = {("argoproj.io", "workflowtaskresults", "create"), ("argoproj.io", "workflowtaskresults", "patch")}
"""All that a step may do."""
ASKED = [
    (group, resource, verb)
    for group, resource in (
        ("argoproj.io", "workflowtaskresults"),
        ("argoproj.io", "workflows"),
        ("", "pods"),
        ("", "pods/log"),
        ("", "pods/exec"),
        ("", "secrets"),
        ("", "configmaps"),
        ("", "serviceaccounts/token"),
        ("rbac.authorization.k8s.io", "roles"),
    )
    for verb in ("get", "list", "watch", "create", "patch", "update", "delete")
]


def user(namespace: str, account: str) -> str:
    return f"system:serviceaccount:{namespace}:{account}"


def objects(path: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(path.read_text("utf-8")) if one]


def test_the_chart_is_installed_and_every_object_is_there(
    installed: helm_python.Config, settings: Settings, kube: Kube, namespace: str
) -> None:
    assert [one["name"] for one in installed.list()] == [RELEASE]
    with helm_python.Chart.load(CHART) as chart:
        files = chart.render(values_of(settings), name=RELEASE, namespace=namespace)
    made = [one for name, text in files.items() if name.endswith(".yaml") for one in yaml.safe_load_all(text) if one]
    assert {one["metadata"]["name"] for one in made} >= {ACCOUNT, "machiya-submit"}
    missing = [
        f"{one['kind']}/{one['metadata']['name']}"
        for one in made
        if kube.get(
            one["apiVersion"], one["kind"], one["metadata"]["name"], one["metadata"].get("namespace", namespace)
        )
        is None
    ]
    assert missing == []


@pytest.mark.usefixtures("installed")
def test_a_step_may_report_its_result_and_nothing_else(kube: Kube, namespace: str) -> None:
    allowed = {
        (group, resource, verb)
        for group, resource, verb in ASKED
        if kube.may(user(namespace, ACCOUNT), verb, resource, namespace, group=group)
    }
    assert allowed == RIGHTS


@pytest.mark.usefixtures("installed")
def test_whoever_submits_may_not_read_secrets_nor_start_pods_nor_take_rights(kube: Kube, namespace: str) -> None:
    submitter = user(namespace, "machiya-submit")
    assert kube.may(submitter, "create", "workflows", namespace, group="argoproj.io")
    assert kube.may(submitter, "update", "workflowtemplates", namespace, group="argoproj.io")
    for group, resource, verb in (
        ("", "secrets", "get"),
        ("", "secrets", "list"),
        ("", "pods", "create"),
        ("", "pods/exec", "create"),
        ("", "serviceaccounts/token", "create"),
        ("argoproj.io", "workflows", "delete"),
        ("rbac.authorization.k8s.io", "rolebindings", "create"),
    ):
        assert not kube.may(submitter, verb, resource, namespace, group=group), f"{verb} {resource}"


@pytest.mark.usefixtures("installed")
def test_the_rights_end_with_the_namespace(kube: Kube, namespace: str) -> None:
    assert not kube.may(user(namespace, ACCOUNT), "create", "workflowtaskresults", "default", group="argoproj.io")
    assert not kube.may(user(namespace, "machiya-submit"), "create", "workflows", "default", group="argoproj.io")


@pytest.mark.parametrize("path", RENDERED, ids=NAMES)
def test_every_rendered_manifest_is_accepted_without_an_unknown_field(path: Path, kube: Kube, namespace: str) -> None:
    for one in objects(path):
        created = kube.create(as_argo_server_has_it(one, kube), namespace, dry=True)
        assert created["metadata"]["name"] == one["metadata"]["name"]


@pytest.mark.parametrize("path", RENDERED, ids=NAMES)
@pytest.mark.usefixtures("installed")
def test_the_pod_of_every_step_is_admitted_under_the_restricted_profile(path: Path, kube: Kube, namespace: str) -> None:
    """As Argo makes it of the template, but for what it adds of its own."""
    (template,) = [one for one in objects(path) if one["kind"] == "WorkflowTemplate"]
    steps = [one for one in template["spec"]["templates"] if "container" in one]
    assert steps
    for step in steps:
        pod = pod_of(template["spec"], step)
        assert kube.create(pod, namespace, dry=True)["spec"]["serviceAccountName"] == ACCOUNT


@pytest.mark.usefixtures("installed")
def test_a_pod_that_may_be_root_is_refused_so_the_profile_is_in_force(kube: Kube, namespace: str) -> None:
    (template,) = [one for one in objects(RENDERED[0]) if one["kind"] == "WorkflowTemplate"]
    step = next(one for one in template["spec"]["templates"] if "container" in one)
    pod = pod_of({}, step)
    del pod["spec"]["containers"][0]["securityContext"]
    with pytest.raises(KubeError, match="violates PodSecurity"):
        kube.create(pod, namespace, dry=True)


def as_argo_server_has_it(value: dict[str, Any], kube: Kube) -> dict[str, Any]:
    """The full CRDs of 3.6 and 3.7 want a ``key`` of a memo's ConfigMap, which Argo never reads; its server adds it.

    The minimal ones, which those versions install, do not look, and 4.x knows no such field.
    """
    crd = kube.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "workflowtemplates.argoproj.io")
    assert crd is not None
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    templates = schema.get("properties", {}).get("templates", {}).get("items", {}).get("properties", {})
    cache = templates.get("memoize", {}).get("properties", {}).get("cache", {}).get("properties", {})
    for template in (
        value["spec"].get("templates", []) if "key" in cache.get("configMap", {}).get("required", []) else []
    ):
        if "memoize" in template:
            template["memoize"]["cache"]["configMap"]["key"] = ""
    return value


def pod_of(specification: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    """A pod of one step; what is only known in a run stands in it as a text."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": f"{step['name']}-", "labels": step["metadata"].get("labels", {})},
        "spec": {
            "restartPolicy": "Never",
            "serviceAccountName": ACCOUNT,
            "automountServiceAccountToken": False,
            "securityContext": step.get("securityContext") or specification.get("securityContext") or {},
            "containers": [{"name": "main", **step["container"]}],
            "volumes": step.get("volumes", []),
            "nodeSelector": step.get("nodeSelector", {}),
            "tolerations": step.get("tolerations", []),
        },
    }
