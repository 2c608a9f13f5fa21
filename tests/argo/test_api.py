"""The fake is held against the specification that Argo publishes: it can neither invent calls nor fields."""

from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from machiya.engines.argo.protocol import ArgoServer
from tests.argo.answers import ANSWERS
from tests.argo.api import answer_problems, find_call, object_problems, problems
from tests.argo.cluster import NAMESPACE
from tests.argo.fake import TOKEN, FakeArgo

WORKFLOWS = Path(__file__).parents[2] / "workflows"


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
        "body.workflow.status.nodes.a.invented is no field of NodeStatus",
        "body.more is no field of WorkflowCreateRequest",
    ]
    assert answer_problems(call, {"metadata": {}, "phase": "Running"}) == ["answer.phase is no field of Workflow"]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"entrypoint": ["a"]}, "spec.entrypoint is no str: ['a']"),
        ({"suspend": "true"}, "spec.suspend is no bool: 'true'"),
        ({"priority": True}, "spec.priority is no int: True"),
        ({"templates": {"name": "a"}}, "spec.templates is no list: {'name': 'a'}"),
        ({"nodeSelector": ["pool"]}, "spec.nodeSelector is no object: ['pool']"),
        ({"templates": [{"container": "image"}]}, "spec.templates[0].container is no Container: 'image'"),
        ({"templates": [{"retryStrategy": {"limit": 3, "backoff": {"factor": "2"}}}]}, None),
    ],
)
def test_a_value_of_another_type_is_found(spec: dict[str, Any], found: str | None) -> None:
    expected = [f"Workflow.{found}"] if found else []
    assert object_problems({"kind": "Workflow", "metadata": {}, "spec": spec}) == expected


def test_an_event_of_a_stream_is_a_result_or_an_error() -> None:
    found = find_call("GET", f"/api/v1/workflow-events/{NAMESPACE}")
    assert found is not None
    call, _ = found
    assert call.streams
    assert answer_problems(call, {"result": {"type": "ADDED", "object": {"metadata": {}}}}) == []
    assert answer_problems(call, {"error": {"http_code": 429, "message": "too many"}}) == []
    assert answer_problems(call, {"object": {}, "result": {"kind": "ADDED"}}) == [
        "answer.object is no field of StreamResultOfWorkflowWatchEvent",
        "answer.result.kind is no field of WorkflowWatchEvent",
    ]


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "workflows/ml", ["createdAfter"], None),
        ("GET", "workflows/ml/one", ["uid"], None),
        ("POST", "cron-workflows/ml", [], {"cronWorkflow": {"spec": {"schedule": "0 3 * * *"}}}),
    ],
)
def test_what_not_all_versions_of_argo_have_is_found(method: str, path: str, query: list[str], body: Any) -> None:
    found = find_call(method, f"/api/v1/{path}")
    assert found is not None
    assert len(problems(found[0], query, body)) == 1


@pytest.mark.parametrize("file", sorted(WORKFLOWS.glob("*/rendered/*.yaml")), ids=lambda file: f"{file.stem}")
def test_what_is_rendered_has_nothing_that_argo_does_not_have(file: Path) -> None:
    documents = list(yaml.safe_load_all(file.read_text("utf-8")))
    assert documents
    assert [problem for one in documents for problem in object_problems(one)] == []


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
