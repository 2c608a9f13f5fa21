"""Argo's Workflow objects become the run model of local runs, whoever saved them and however."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from machiya.engines.argo.objects import StatusError
from machiya.engines.argo.status import exit_code_of, read_status, status_of
from machiya.engines.local.argo.interpreter.nodes import NodeType, Phase
from machiya.errors import NotFoundError
from machiya.records import RunRecord, Step
from machiya.records.cluster import cluster_record

DATA = Path(__file__).parents[1] / "data" / "argo_status"


def record(name: str) -> RunRecord:
    return cluster_record(read_status((DATA / f"{name}.yaml").read_text("utf-8"), name), Path("home"))


def outline(steps: list[Step]) -> dict[str, Any]:
    return {step.name: outline(step.children) for step in steps}


def raw(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((DATA / f"{name}.yaml").read_text("utf-8"))
    return data


def test_a_failed_pod_has_its_exit_code_and_the_exit_handler_stands_beside_it() -> None:
    found = record("exit-handler")
    assert outline(found.tree) == {"retry-script-6xt68": {}, "retry-script-6xt68.onExit": {}}
    (failed,) = found.failed_steps
    assert (failed.exit_code, failed.node.message, failed.seconds) == (1, "Error (exit code 1)", 5.0)
    assert (found.phase, found.seconds, found.state.message) == ("Failed", 20.0, "Error (exit code 1)")
    assert found.tree[1].node.outputs.artifacts == {}, "the archived log is no artifact of the step"


def test_outbound_nodes_deep_inside_count_as_the_step_that_was_waited_for() -> None:
    found = record("nested-dags")
    names = {node.id: node.display_name for node in found.state.nodes.values()}
    (step,) = [one for one in found.steps if one.name == "dag1-step4"]
    assert [names[one] for one in step.node.after] == ["dag1-step3-middle1", "dag1-step3-middle2"]
    assert outline(found.tree)["fail-two-nested-dag-suspend"]["dag1-step3-middle2"] == {
        "dag2-branch2-step1": {"dag3-step1": {}, "dag3-step2": {}, "dag3-step3": {}},
        "dag2-branch2-step2": {},
    }
    assert [one.name for one in found.failed_steps] == ["dag1-step5-tofail"]


def test_turns_of_a_loop_lie_in_it_and_attempts_belong_to_their_turn() -> None:
    found = record("dag-loop-retries")
    (loop,) = found.find_steps("Retry-And-Loop")
    assert loop.node.type is NodeType.TASK_GROUP
    first = loop.children[0]
    assert (first.name, first.node.type, first.phase) == ("Retry-And-Loop(0:Id:1)", NodeType.RETRY, "Succeeded")
    assert [(one.phase, one.exit_code) for one in first.attempts] == [("Failed", 1), ("Succeeded", 0)]
    (after,) = found.find_steps("Check-Output")
    assert after.node.after == (loop.node.id,)
    assert found.counts.done == 4


def test_steps_lie_in_their_groups_in_order() -> None:
    inside = outline(record("steps-loop-on-exit").tree)["work-avoidance-trkkq"]
    assert list(inside) == ["[0]", "[1]"]
    assert set(inside["[1]"]) == {"echo(0:0)", "echo(1:1)", "echo(2:2)"}


def packed(name: str) -> dict[str, Any]:
    data = raw(name)
    nodes = json.dumps(data["status"].pop("nodes")).encode()
    data["status"]["compressedNodes"] = base64.b64encode(gzip.compress(nodes)).decode()
    return data


def test_packed_nodes_and_every_way_to_save_give_the_same_run() -> None:
    wanted = record("dag-loop-retries").to_json()
    data = raw("dag-loop-retries")
    texts = [
        json.dumps(packed("dag-loop-retries")),
        json.dumps(data),
        json.dumps([data]),
        yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [data]}),
        "---\n" + yaml.safe_dump(data),
    ]
    for text in texts:
        assert cluster_record(read_status(text), Path("home")).to_json() == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: [", "neither YAML nor JSON"),
        ("{", "neither YAML nor JSON"),
        ("hello", "something else, and no Workflow"),
        ("kind: Pod\nmetadata: {name: a}", "a Pod, and no Workflow"),
        (
            "kind: WorkflowTemplate\nmetadata: {name: a}\n---\nkind: CronWorkflow\nmetadata: {name: a}",
            "a manifest (WorkflowTemplate), and no run",
        ),
        ("[{}, {}]", "holds 2 objects"),
        ("a: 1\n---\nb: 2", "holds 2 objects"),
    ],
)
def test_what_is_no_workflow_is_named(text: str, message: str) -> None:
    with pytest.raises(StatusError) as caught:
        read_status(text, "status.yaml")
    assert message in caught.value.message
    assert "kubectl get workflow" in caught.value.remedy


def test_an_empty_file_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="is empty"):
        read_status("", "status.yaml")


def workflow(**status: Any) -> dict[str, Any]:
    return {"kind": "Workflow", "metadata": {"name": "nightly", "namespace": "ml"}, "spec": {}, "status": status}


def test_nodes_in_the_controllers_database_are_asked_of_argo_server() -> None:
    with pytest.raises(StatusError) as caught:
        status_of(workflow(phase="Failed", offloadNodeStatusVersion="fnv:1"))
    assert "argo get nightly -o yaml" in caught.value.remedy


CUT = base64.b64encode(gzip.compress(b"{}", mtime=0)[:12]).decode()


@pytest.mark.parametrize("text", ["no base64", CUT], ids=["no base64", "cut"])
def test_packed_nodes_that_were_cut_are_no_bug_of_ours(text: str) -> None:
    with pytest.raises(StatusError, match="cannot be read"):
        status_of(workflow(compressedNodes=text))


def test_packed_nodes_of_another_kind_are_named() -> None:
    text = base64.b64encode(b"\x28\xb5\x2f\xfd....").decode()
    with pytest.raises(StatusError, match="packed with zstd"):
        status_of(workflow(compressedNodes=text))


def test_a_workflow_that_has_not_begun_has_no_steps() -> None:
    found = cluster_record(status_of({"metadata": {"name": "nightly"}, "spec": {}}), Path("home"))
    assert (found.phase, found.tree, found.seconds) == ("Pending", [], None)


def test_the_template_of_the_cluster_gives_labels_and_parameters() -> None:
    """What was submitted by reference has its templates in ``storedWorkflowTemplateSpec``."""
    data = workflow(
        phase="Running",
        startedAt="2026-11-25T03:00:00Z",
        storedWorkflowTemplateSpec={
            "entrypoint": "main",
            "workflowMetadata": {"labels": {"machiya/workflow": "recommend", "machiya/stage": "production"}},
            "arguments": {"parameters": [{"name": "factors", "value": "16"}, {"name": "shards", "value": "2"}]},
            "templates": [
                {
                    "name": "main",
                    "metadata": {"labels": {"machiya/component": "recommender", "machiya/version": "1.0.0"}},
                    "container": {"image": "acme/recommender:1.0.0"},
                }
            ],
        },
        nodes={
            "nightly": {
                "id": "nightly",
                "name": "nightly",
                "displayName": "nightly",
                "type": "Pod",
                "phase": "Running",
                "templateName": "main",
                "startedAt": "2026-11-25T03:00:00Z",
                "finishedAt": None,
                "memoizationStatus": {"hit": True, "key": "recommender-1", "cacheName": "machiya-cache-recommender"},
            }
        },
    )
    data["spec"] = {
        "workflowTemplateRef": {"name": "recommend-production"},
        "arguments": {"parameters": [{"name": "factors", "value": 32}]},
        "shutdown": "Stop",
    }
    found = cluster_record(status_of(data), Path("home"))
    (step,) = found.steps
    assert step.node.labels["machiya/version"] == "1.0.0"
    assert (step.cached, step.node.memo_key, step.node.finished) == (True, "recommender-1", None)
    assert found.parameters == {"factors": "32", "shards": "2"}
    assert (found.workflow, found.stage, found.alive) == ("recommend", "production", True)
    assert found.state.stopping
    assert found.versions == [
        {"component": "recommender", "version": "1.0.0", "image": "acme/recommender:1.0.0", "commit": ""}
    ]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Error (exit code 65)", 65),
        ("main: Error (exit code 65)", 65),
        ("main: Error (exit code 70): more", 70),
        ("OOMKilled (exit code 137)", 137),
        ("init: Error (exit code 64): failed to load artifact", None),
        ("wait: OOMKilled (exit code 137)", None),
        ("pod deleted", None),
    ],
)
def test_the_exit_code_of_the_program_is_read_from_each_versions_message(message: str, code: int | None) -> None:
    assert exit_code_of(message) == code


def test_a_phase_or_a_type_of_later_versions_does_not_hide_the_others() -> None:
    nodes = {"nightly": {"id": "nightly", "name": "nightly", "type": "Balloon", "phase": "Afloat"}}
    (step,) = cluster_record(status_of(workflow(phase="Running", nodes=nodes)), Path("home")).steps
    assert (step.node.type, step.node.phase) == (NodeType.POD, Phase.PENDING)
