"""The fake is held against the specification that Argo publishes: it can neither invent calls nor fields."""

import pytest
import requests

from machiya.engines.argo.protocol import ArgoServer
from tests.argo.api import answer_problems, find_call, problems
from tests.argo.cluster import NAMESPACE
from tests.argo.server import ANSWERS, TOKEN, FakeArgo


def test_every_call_that_the_fake_answers_is_in_the_specification() -> None:
    for method, template in ANSWERS:
        found = find_call(method, template.replace("{", "").replace("}", ""))
        assert found is not None, template
        assert found[0].template == template


def test_a_field_or_parameter_that_argo_does_not_have_is_found() -> None:
    found = find_call("POST", f"/api/v1/workflows/{NAMESPACE}")
    assert found is not None
    call, words = found
    assert words == (NAMESPACE,)
    body = {
        "namespace": NAMESPACE,
        "workflow": {"metadata": {}, "status": {"nodes": {"a": {"invented": 1}}}},
        "more": 1,
    }
    assert problems(call, ["fields"], body) == [
        "/api/v1/workflows/{namespace} has no parameter fields",
        "body.workflow.status.nodes.a.invented is no field of io.argoproj.workflow.v1alpha1.NodeStatus",
        "body.more is no field of io.argoproj.workflow.v1alpha1.WorkflowCreateRequest",
    ]
    assert answer_problems(call, {"metadata": {}, "phase": "Running"}) == [
        "answer.phase is no field of io.argoproj.workflow.v1alpha1.Workflow"
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/workflows/ml?invented=1", 501), ("PUT", "/api/v1/workflows/ml/one/invented", 404)],
)
def test_the_fake_refuses_what_is_not_in_the_specification(argo: FakeArgo, method: str, path: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.request(method, argo.url + path, headers=headers, timeout=10).status_code == status


def test_its_errors_have_the_form_of_argos(argo: FakeArgo, client: ArgoServer) -> None:
    assert client.version() == "v3.7.2"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.get(f"{argo.url}/api/v1/workflows/{NAMESPACE}/none", headers=headers, timeout=10)
    assert answer.json() == {"code": 5, "message": 'workflows.argoproj.io "none" not found'}
