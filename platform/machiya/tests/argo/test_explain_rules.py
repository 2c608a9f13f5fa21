"""What `machiya explain` makes of each message that Argo, Kubernetes and the local engine have for a failure.

The messages, with where each comes from, are in `data/argo_status/messages.yaml`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from machiya.engines.argo.status import status_of
from machiya.records.cluster import cluster_record
from machiya.records.diagnosis import Diagnosis, Press, diagnose
from machiya_component.contract import contract_from_json
from machiya_component.contract.model import Contract

DATA = Path(__file__).parents[1] / "data" / "argo_status"

LABELS = {
    "machiya/component": "recommender",
    "machiya/version": "1.0.0",
    "machiya/operation": "train",
    "machiya/commit": "c3fd59cd88f32ed4aada3c167b5fabe312e29b72",
}
CONTAINER = {"image": "acme/recommender:1.0.0", "resources": {"limits": {"memory": "4Gi"}}}
PATCH = """containers:
  - {name: main, resources: {limits: {memory: "{{=sprig.ternary('4Gi', '8Gi', asInt(retries) == 0)}}"}}}"""
CONTRACT = """{"apiVersion": "machiya/v1", "name": "recommender", "version": "1.0.0", "summary": "s",
 "owner": "ranking", "runbook": "https://runbooks/recommender",
 "exitCodes": {"65": "Too few interactions.", "75": "No licence left."},
 "operations": {"train": {"summary": "s", "outputs": {"model": {"type": "model"}}, "samples": {"s": {}}}}}"""


def node(name: str, phase: str = "Succeeded", message: str = "", **more: Any) -> dict[str, Any]:
    """A node of the run `nightly`, as Argo writes it."""
    full = name if name.startswith("nightly") else f"nightly.{name}"
    return {
        "id": full,
        "name": full,
        "displayName": full.rpartition(".")[2] if full.count(".") else full,
        "type": "Pod",
        "phase": phase,
        "message": message,
        "boundaryID": "" if full in ("nightly", "nightly.onExit") else "nightly",
        "templateName": "train",
        "startedAt": "2026-11-25T03:00:00Z",
        "finishedAt": "2026-11-25T03:10:00Z" if phase not in ("Running", "Pending") else None,
        **more,
    }


def diagnosis(
    *nodes: dict[str, Any], root: str = "Failed", words: Sequence[str] = (), known: bool = True, **status: Any
) -> Diagnosis:
    """Of a run with these nodes below its DAG; `known`: whether the contract of the component is kept."""
    top = node("nightly", root, type="DAG", templateName="main", children=[one["id"] for one in nodes])
    data = {
        "metadata": {"name": "nightly", "namespace": "ml", "labels": {"machiya/stage": "production"}},
        "spec": {
            "activeDeadlineSeconds": 3600,
            "templates": [
                {"name": "main", "dag": {"tasks": []}},
                {
                    "name": "train",
                    "metadata": {"labels": LABELS},
                    "annotations": {"workflows.argoproj.io/description": "Fits a model."},
                    "container": CONTAINER,
                    "podSpecPatch": PATCH,
                    "activeDeadlineSeconds": 900,
                },
            ],
            "workflowMetadata": {"annotations": {"machiya/owner": "ml-platform"}},
        },
        "status": {"phase": "Failed", "nodes": {one["id"]: one for one in (top, *nodes)}, **status},
    }
    record = cluster_record(status_of(data), Path("home"))
    return diagnose(record, contract if known else lambda _name, _version: None, lambda _step: words)


def contract(name: str, version: str) -> Contract | None:
    return contract_from_json(CONTRACT) if (name, version) == ("recommender", "1.0.0") else None


def ended(code: int, message: str = "") -> dict[str, Any]:
    """A program that ended with a code; the message as 3.7 and later have it."""
    return node("train", "Failed", message or f"main: Error (exit code {code})", outputs={"exitCode": str(code)})


PROGRAM = [
    (64, "arguments", Press.RESUBMIT),
    (65, "data", Press.RESUBMIT),
    (70, "bug", Press.RESUBMIT),
    (75, "temporary", Press.RETRY),
    (143, "terminated", Press.RETRY),
    (137, "terminated", Press.RETRY),
    (127, "not-runnable", Press.RESUBMIT),
    (1, "other-code", Press.RESUBMIT),
]


@pytest.mark.parametrize(("code", "rule", "press"), PROGRAM)
@pytest.mark.parametrize("prefix", ["", "main: "], ids=["3.6", "3.7"])
def test_exit_codes_of_the_contract(code: int, rule: str, press: Press, prefix: str) -> None:
    (cause,) = diagnosis(node("train", "Failed", f"{prefix}Error (exit code {code})")).causes
    assert (cause.verdict.rule, cause.verdict.press, cause.first.exit_code) == (rule, press, code)


PLATFORM: list[dict[str, str]] = yaml.safe_load((DATA / "messages.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", PLATFORM, ids=[case["message"][:60] for case in PLATFORM])
def test_messages_of_the_platform(case: dict[str, str]) -> None:
    (cause,) = diagnosis(node("train", case["phase"], case["message"])).causes
    assert (cause.verdict.rule, cause.verdict.press) == (case["rule"], Press[case["press"]])


def test_what_the_program_says_of_itself_is_not_taken_for_the_platforms_words() -> None:
    """Argo appends a container's termination message to its exit code."""
    (cause,) = diagnosis(ended(65, "main: Error (exit code 65): rows evicted: pod deleted, exceeded quota")).causes
    assert (cause.verdict.rule, cause.first.words) == ("data", ("rows evicted: pod deleted, exceeded quota",))


def test_the_exit_code_of_argos_own_containers_is_not_the_components() -> None:
    """Argo's main branch ends `main` with 65 where its supervisor could not load the inputs."""
    failed = node("train", "Error", "supervisor: Error (exit code 64): failed to load artifact 'a'")
    (cause,) = diagnosis({**failed, "outputs": {"exitCode": "65"}}).causes
    assert (cause.verdict.rule, cause.first.exit_code) == ("input-missing", None)


def test_the_contract_says_what_a_code_means_and_whom_to_ask() -> None:
    (cause,) = diagnosis(ended(65), words=["row 3: no user"]).causes
    assert (cause.verdict.meaning, cause.first.words) == ("Too few interactions.", ("row 3: no user",))
    assert "ask ranking to change the contract" in cause.verdict.advice
    assert cause.first.facts.runbook == "https://runbooks/recommender"
    (own,) = diagnosis(ended(75)).causes
    assert own.verdict.meaning == "No licence left."


def test_without_the_repository_the_manifest_tells_component_version_and_commit() -> None:
    (cause,) = diagnosis(ended(70), known=False).causes
    facts = cause.first.facts
    assert (facts.component, facts.version, facts.operation, facts.commit) == tuple(LABELS.values())
    assert facts.image == "acme/recommender:1.0.0"
    assert facts.description == "Fits a model."
    assert "Send the log to ml-platform" in cause.verdict.advice


def test_the_limits_are_told() -> None:
    (memory,) = diagnosis(node("train", "Failed", "OOMKilled (exit code 137)")).causes
    assert memory.verdict.meaning.startswith("It may use 4Gi, and 8Gi when it is tried again")
    (time,) = diagnosis(node("train", "Failed", "Pod was active on the node longer than the specified deadline")).causes
    assert "time limit of 900 s" in time.verdict.meaning


def retried(*messages: str, last: str) -> list[dict[str, Any]]:
    attempts = [node(f"train({number})", "Failed", message) for number, message in enumerate(messages)]
    return [node("train", "Failed", last, type="Retry", children=[one["id"] for one in attempts]), *attempts]


def test_the_last_attempt_tells_why_and_how_often_it_was_tried() -> None:
    nodes = retried("pod deleted", "main: Error (exit code 75)", last="No more retries left")
    (cause,) = diagnosis(*nodes).causes
    assert (cause.verdict.rule, cause.first.exit_code, cause.first.attempts) == ("temporary", 75, 2)
    assert cause.verdict.meaning.endswith("It was tried 2 times.")


def shards(count: int, failed: int) -> list[dict[str, Any]]:
    turns = [
        node(
            f"predict({number}:{number:05})",
            "Failed" if number < failed else "Succeeded",
            "main: Error (exit code 70)" if number < failed else "",
        )
        for number in range(count)
    ]
    return [node("predict", "Failed", type="TaskGroup", children=[one["id"] for one in turns]), *turns]


def test_shards_that_fail_for_the_same_reason_are_one_cause() -> None:
    found = diagnosis(*shards(100, 37))
    (cause,) = found.causes
    assert (cause.name, len(cause.failures), cause.total) == ("predict", 37, 100)
    assert (list(found.kept), list(found.again)) == (["predict (63)"], ["predict (37)"])


def test_shards_of_a_fan_out_that_is_a_template_of_its_own_are_counted_as_well() -> None:
    """As `machiya render` has them: a DAG of nothing but one loop of its own name."""
    loop, *turns = shards(3, 2)
    inside = [
        {**one, "id": f"nightly.predict.{one['displayName']}", "name": f"nightly.predict.{one['displayName']}"}
        for one in turns
    ]
    loop = {**loop, "id": "nightly.predict.predict", "name": "nightly.predict.predict"}
    loop["children"] = [one["id"] for one in inside]
    whole = node("predict", "Failed", type="DAG", children=[loop["id"]])
    found = diagnosis(whole, *({**one, "boundaryID": whole["id"]} for one in (loop, *inside)))
    (cause,) = found.causes
    assert (cause.name, len(cause.failures), cause.total) == ("predict", 2, 3)
    assert (list(found.kept), list(found.again)) == (["predict"], ["predict (2)"])


def test_shards_that_fail_for_different_reasons_are_two_causes() -> None:
    nodes = shards(3, 2)
    nodes[2]["message"] = "OOMKilled (exit code 137)"
    assert {cause.verdict.rule for cause in diagnosis(*nodes).causes} == {"bug", "out-of-memory"}


def test_what_failed_first_comes_first_and_what_was_stopped_is_no_cause() -> None:
    late = node("late", "Failed", "main: Error (exit code 70)", finishedAt="2026-11-25T03:30:00Z")
    early = node("early", "Failed", "main: Error (exit code 65)", finishedAt="2026-11-25T03:05:00Z")
    stopped = node("stopped", "Failed", "Stopped with strategy 'Terminate'", finishedAt="2026-11-25T03:01:00Z")
    found = diagnosis(late, early, stopped)
    assert [cause.name for cause in found.causes] == ["early", "late"]
    assert [cause.name for cause in found.consequences] == ["stopped"]
    assert found.press is Press.RESUBMIT


def test_a_run_that_somebody_stopped_has_that_for_its_cause() -> None:
    (cause,) = diagnosis(node("train", "Failed", "Stopped with strategy 'Stop'")).causes
    assert (cause.verdict.rule, cause.verdict.press) == ("stopped", Press.RETRY)


def test_a_failure_after_which_the_run_went_on_is_tolerated() -> None:
    """As that of a canary, whose users then get the stable version's result."""
    canary = node("canary", "Failed", "main: Error (exit code 70)", children=["nightly.mix"])
    found = diagnosis(canary, node("mix"), node("report", "Failed", "main: Error (exit code 65)"))
    assert [cause.name for cause in found.causes] == ["report"]
    assert [cause.name for cause in found.tolerated] == ["canary"]


def test_a_run_whose_exit_handler_alone_failed_has_its_results() -> None:
    found = diagnosis(node("train"), node("nightly.onExit", "Failed", "main: Error (exit code 70)"), root="Succeeded")
    assert found.only_exit
    assert list(found.kept) == ["train"]


def test_a_workflow_that_failed_before_any_step_is_explained_by_its_own_message() -> None:
    found = diagnosis(phase="Error", message="invalid spec: templates.main.tasks.a failed to resolve {{b}}", nodes={})
    (cause,) = found.causes
    assert (cause.verdict.rule, cause.first.message.split(":")[0]) == ("manifest", "invalid spec")


def test_what_holds_up_a_running_run_is_told() -> None:
    waiting = node("train", "Pending", "Unschedulable: 0/3 nodes are available: 3 Insufficient memory.")
    found = diagnosis(waiting, root="Running", phase="Running")
    assert found.causes == []
    assert [(cause.name, cause.verdict.rule) for cause in found.waiting] == [("train", "unschedulable")]
    assert found.press is None


def test_what_holds_up_an_attempt_is_told_as_well() -> None:
    waiting = node("train(0)", "Pending", "Unschedulable: 0/3 nodes are available: 3 Insufficient memory.")
    retry = node("train", "Running", type="Retry", children=["nightly.train(0)"])
    found = diagnosis(retry, waiting, root="Running", phase="Running")
    assert [(cause.name, cause.verdict.rule) for cause in found.waiting] == [("train", "unschedulable")]
