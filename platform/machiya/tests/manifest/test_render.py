"""What a rendered manifest holds."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hera.workflows import models
from ruamel.yaml import YAML

from machiya.dsl import load_workflow
from machiya.engines.local.argo.expressions import evaluate
from machiya.engines.local.argo.parse import load_manifest
from machiya.engines.local.argo.pod_patch import patch_resources
from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute
from machiya.manifest import policy
from machiya.manifest.lint import lint
from machiya.manifest.render import render
from machiya.pins import Pin, load_pins, vendored_contract

STEPS = ("clean", "split", "train", "predict", "evaluate")
"""Those that are remembered."""
PROGRAMS = ("clean", "split", "train", "predict-shard", "evaluate", "report")
STAGES = ("development", "production")
DIGEST = "sha256:" + "ab" * 32

Render = Callable[[str], Any]
Change = Callable[[str, Callable[[dict[str, Any]], None]], None]


@pytest.mark.parametrize("stage", STAGES)
def test_the_linter_finds_nothing(rendered: Render, stage: str) -> None:
    assert lint([("manifest.yaml", rendered(stage).text)], mode="submit") == []


@pytest.mark.parametrize("stage", STAGES)
def test_the_local_engine_supports_all_of_it(rendered: Render, stage: str) -> None:
    manifest = load_manifest(rendered(stage).text)
    assert list(manifest.notes) == []
    assert {"main", "exit", "notify", *STEPS, *PROGRAMS} <= set(manifest.workflow.specification.templates)


def test_the_models_of_argo_know_every_field(rendered: Render) -> None:
    template, cron = rendered("development").documents
    for kind, document in ((models.WorkflowTemplate, template), (models.CronWorkflow, cron)):
        read = kind.model_validate(document).model_dump(mode="json", by_alias=True, exclude_none=True)
        assert read == document


def test_the_same_input_gives_the_same_bytes_in_any_process(folder: Path, rendered: Render) -> None:
    program = (
        "from pathlib import Path; from machiya.dsl import load_workflow; from machiya.pins import load_pins;"
        "from machiya.manifest.render import render; folder = Path('.');"
        "print(render(load_workflow(folder, 'development'), load_pins(folder)), end='')"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", program]
    other = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout
    assert other == rendered("development").text


def test_every_step_says_what_it_is(rendered: Render) -> None:
    manifest = rendered("production")
    train = manifest.template("train")
    assert train["annotations"]["workflows.argoproj.io/title"] == "recommender train"
    labels = train["metadata"]["labels"]
    assert re.fullmatch(r"[0-9a-f]{40}", labels.pop("machiya/commit"))
    assert labels == {
        "machiya/component": "recommender",
        "machiya/version": "1.0.0",
        "machiya/operation": "train",
    }
    for step in STEPS:
        assert {"annotations", "metadata", "memoize"} <= set(manifest.template(step))
    for program in PROGRAMS:
        assert {"annotations", "metadata", "retryStrategy", "activeDeadlineSeconds"} <= set(manifest.template(program))


def test_a_container_is_called_with_every_parameter_by_name(rendered: Render) -> None:
    container = rendered("production").template("train")["container"]
    assert container["image"] == f"machiya/recommender:1.0.0@{DIGEST}"
    assert container["command"] == ["component"]
    assert container["args"][:6] == [
        "run", "train", "--algorithm", "{{inputs.parameters.algorithm}}", "--factors", "{{inputs.parameters.factors}}",
    ]  # fmt: skip
    assert "env" not in container
    assert container["resources"] == {"requests": {"cpu": "2", "memory": "4Gi"}, "limits": {"memory": "4Gi"}}


def test_every_container_is_confined(rendered: Render) -> None:
    manifest = rendered("production")
    for program in PROGRAMS:
        template = manifest.template(program)
        assert template["container"]["securityContext"] == {
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        mounted = {mount["name"]: mount["mountPath"] for mount in template["container"]["volumeMounts"]}
        assert mounted == {"out": "/data/out", "tmp": "/tmp"}
        assert template["volumes"] == [{"name": "out", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]
    assert manifest.documents[0]["spec"]["securityContext"]["runAsNonRoot"] is True


def test_outputs_are_unarchived_under_readable_keys_with_their_digests(rendered: Render) -> None:
    outputs = rendered("production").template("report")["outputs"]
    assert outputs["artifacts"][1] == {
        "name": "report",
        "path": "/data/out/report",
        "archive": {"none": {}},
        "s3": {"key": "runs/{{workflow.name}}/report/report"},
    }
    assert outputs["parameters"][1] == {"name": "report-digest", "valueFrom": {"path": "/data/out/report/_digest"}}


def test_what_a_service_shows_lies_below_one_prefix_as_the_service_reads_it(rendered: Render) -> None:
    manifest = rendered("production")
    shown, report = manifest.template("report")["outputs"]["artifacts"][:2]
    assert (shown["name"], shown["s3"]["key"]) == ("view", "shown/viewer/views/{{workflow.name}}/report")
    assert report["s3"]["key"].startswith("runs/")
    given = {each["name"]: each["value"] for each in manifest.task("report")["arguments"]["parameters"]}
    assert given["run"] == "{{workflow.name}}"
    assert given["started"] == "{{workflow.creationTimestamp.RFC3339}}"
    own = {each["name"]: each.get("value") for each in manifest.template("report")["inputs"]["parameters"]}
    assert (own["workflow"], own["stage"]) == ("recommend", "production")
    assert "memoize" not in manifest.template("report"), "or a run would have no view of its own"


def test_a_step_waits_for_what_it_reads_and_an_optional_input_may_be_absent(rendered: Render) -> None:
    manifest = rendered("production")
    assert "depends" not in manifest.task("clean")
    assert manifest.task("evaluate")["depends"] == "predict && split && clean"
    inputs = {each["name"]: each.get("optional") for each in manifest.template("clean")["inputs"]["artifacts"]}
    assert inputs == {"events": None, "catalogue": True}
    assert not [each for each in manifest.template("evaluate")["inputs"]["artifacts"] if "optional" in each]


def yaml_templates(text: str) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = list(YAML(typ="safe", pure=True).load_all(text))
    templates: list[dict[str, Any]] = documents[0]["spec"]["templates"]
    return templates


def test_a_working_copy_takes_the_place_of_a_pin_for_one_run(folder: Path) -> None:
    pins = load_pins(folder).with_pin("production", "recommender", Pin("1.0.1"))
    contract = vendored_contract(folder, "recommender", "1.0.0").model_copy(update={"version": "1.0.1"})
    workflow = load_workflow(folder, "production", pins, {"recommender": contract})
    text = render(workflow, pins, {("recommender", "1.0.1"): ""})
    assert lint([("manifest.yaml", text)], mode="submit") == []
    assert "image: machiya/recommender:1.0.1\n" in text
    assert "name: recommender-code\n" in text
    assert "name: viewer-code\n" not in text
    labels = {one["name"]: one["metadata"]["labels"] for one in yaml_templates(text) if "metadata" in one}
    assert labels["train"]["machiya/version"] == "1.0.1"
    assert "machiya/commit" not in labels["train"]
    assert "machiya/commit" in labels["report"]


@pytest.mark.parametrize(
    ("code", "message", "again"),
    [
        ("75", "Error (exit code 75)", True),
        ("143", "Error (exit code 143)", True),
        ("137", "Error (exit code 137)", True),
        ("137", "OOMKilled (exit code 137)", False),
        ("64", "Error (exit code 64)", False),
        ("65", "Error (exit code 65)", False),
        ("70", "Error (exit code 70)", False),
        ("-1", "pod deleted", True),
        ("-1", "Pod was evicted: the node was low on resource: memory", True),
        ("-1", "Preempted by a pod with higher priority", True),
        ("-1", "Pod was terminated in response to imminent node shutdown.", True),
        ("-1", "Pod was rejected: Node didn't have enough resource: cpu", True),
        ("0", "wait: Error (exit code 143)", True),
        ("-1", "init: Error (exit code 137)", True),
        ("137", "main: OOMKilled (exit code 137)", False),
        ("143", "Pod was active on the node longer than the specified deadline", False),
        ("65", "main: Error (exit code 65): the column evicted is not there", False),
        ("0", "wait: Error (exit code 64): failed to put file", False),
        ("-1", "failed to pull the image", False),
    ],
)
def test_only_what_is_temporary_is_tried_again(code: str, message: str, again: bool) -> None:
    expression = policy.retry_strategy().expression
    assert expression is not None
    assert evaluate(expression, {"retries": "0", "lastRetry": {"exitCode": code, "message": message}}) is again


@pytest.mark.parametrize(
    ("retries", "message", "again"),
    [
        ("0", "OOMKilled (exit code 137)", True),
        ("0", "main: OOMKilled (exit code 137)", True),
        ("1", "OOMKilled (exit code 137)", False),
        ("1", "Error (exit code 137)", True),
    ],
)
def test_what_ran_out_of_memory_is_tried_again_once_where_it_gets_more(retries: str, message: str, again: bool) -> None:
    expression = policy.retry_strategy(more_memory=True).expression
    assert expression is not None
    last = {"exitCode": "137", "message": message}
    assert evaluate(expression, {"retries": retries, "lastRetry": last}) is again


@pytest.mark.parametrize(("code", "again"), [("75", False), ("143", True), ("137", True)])
def test_where_machines_come_and_go_losing_one_counts_less_than_failing(code: str, again: bool) -> None:
    strategy = policy.retry_strategy(preemptible=True)
    assert strategy.expression is not None
    last = {"exitCode": code, "message": f"Error (exit code {code})"}
    assert evaluate(strategy.expression, {"retries": "3", "lastRetry": last}) is again
    assert strategy.limit is not None
    assert strategy.limit.root == policy.PREEMPTIBLE_LIMIT > policy.RETRY_LIMIT


def test_attempts_after_the_first_have_the_most_memory_of_the_contract(rendered: Render) -> None:
    manifest = rendered("production")
    patch = manifest.template("train")["podSpecPatch"]
    for retries, memory in (("0", "4Gi"), ("1", "8Gi"), ("2", "8Gi")):
        patched = patch_resources(substitute(patch, Scope(values={"retries": retries})))
        assert (patched.requests, patched.limits) == ({"memory": memory}, {"memory": memory})
    assert "podSpecPatch" not in manifest.template("split")


def test_a_retry_waits_longer_each_time_and_has_no_total_limit(rendered: Render) -> None:
    retry = rendered("production").template("split")["retryStrategy"]
    assert (retry["limit"], retry["retryPolicy"]) == (3, "Always")
    assert retry["backoff"] == {"duration": "10s", "factor": 3}


@pytest.mark.parametrize(("timeout", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400)])
def test_timeouts_are_those_of_the_contract(timeout: str, seconds: int) -> None:
    assert policy.seconds(timeout) == seconds


def test_cached_outputs_are_forgotten_before_a_store_may_remove_them(rendered: Render) -> None:
    manifest = rendered("production")
    kept = int(manifest.documents[0]["metadata"]["annotations"]["machiya/artifact-retention"].removesuffix("h"))
    for step in STEPS:
        assert int(manifest.template(step)["memoize"]["maxAge"].removesuffix("h")) < kept


def test_a_workflow_without_a_schedule_has_no_cron_workflow(folder: Path, rendered: Render) -> None:
    assert [document["kind"] for document in rendered("production").documents] == ["WorkflowTemplate", "CronWorkflow"]
    cron = rendered("production").documents[1]["spec"]
    assert (cron["schedules"], cron["timezone"], cron["concurrencyPolicy"]) == (["0 3 * * *"], "Asia/Tokyo", "Forbid")
    assert cron["workflowSpec"]["workflowTemplateRef"] == {"name": "recommend-production"}
    file = folder / "workflow.py"
    file.write_text(re.sub(r"    (schedule|timezone)=.*\n", "", file.read_text()))
    assert [document["kind"] for document in rendered("production").documents] == ["WorkflowTemplate"]


def test_an_operation_that_must_not_be_cached_is_not(rendered: Render, change: Change) -> None:
    change("recommender", lambda contract: contract["operations"]["predict"].update(cache=False))
    manifest = rendered("production")
    assert "memoize" not in manifest.template("predict")
    folder = "runs/{{workflow.name}}/predict"
    assert {"name": "gather-folder", "value": folder} in manifest.task("predict")["arguments"]["parameters"]
    (given,) = manifest.template("predict")["inputs"]["artifacts"][-2:-1]
    assert given == {"name": "recommendations", "s3": {"key": "{{inputs.parameters.gather-folder}}/recommendations"}}


def test_parameters_keep_descriptions_and_choices_for_the_form_of_the_argo_ui(rendered: Render) -> None:
    parameters = {each["name"]: each for each in rendered("production").documents[0]["spec"]["arguments"]["parameters"]}
    assert parameters["algorithm"]["enum"] == ["als", "bpr", "item-knn", "popularity"]
    assert parameters["factors"] == {"name": "factors", "value": "16", "description": "Latent dimensions"}
    assert all(parameter["description"] for parameter in parameters.values())
    assert "recommender-code" not in parameters
    assert {"events", "events-digest", "catalogue", "catalogue-digest"} <= set(parameters)
