"""Files that outlive runs, and the keys of outputs, in a manifest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya.manifest.lint import lint

Render = Callable[[str], Any]
Change = Callable[[str, Callable[[dict[str, Any]], None]], None]

KEEP = """
history = workflow.kept("history/clean-rows.json", file="receipt.json")
told = notify.send(workflow=run.workflow, run=run.name, stage=run.started, status="Failed", earlier=history{more})
workflow.keep(told.receipt, history)
"""
DIGEST = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32
KEY = "history/recommend/production/clean-rows.json"


@pytest.fixture
def keeping(folder: Path) -> Callable[[str], None]:
    """Let a step of the workflow keep a file, and give it `more` arguments."""

    def call(more: str = "") -> None:
        with (folder / "workflow.py").open("a") as file:
            file.write(KEEP.format(more=more))

    return call


def test_a_kept_file_is_read_and_written_under_one_key_for_all_runs(rendered: Render, keeping: Any) -> None:
    keeping()
    manifest = rendered("production")
    template, task = manifest.template("send"), manifest.task("send")
    assert template["inputs"]["artifacts"] == [
        {"name": "earlier", "optional": True, "path": "/data/in/earlier/receipt.json"}
    ]
    assert task["arguments"]["artifacts"] == [{"name": "earlier", "optional": True, "s3": {"key": KEY}}]
    port, kept = template["outputs"]["artifacts"]
    assert (port["name"], port["s3"]["key"]) == ("receipt", "runs/{{workflow.name}}/send/receipt")
    assert kept == {
        "name": "receipt-kept",
        "path": "/data/out/receipt/receipt.json",
        "archive": {"none": {}},
        "optional": True,
        "s3": {"key": KEY},
    }
    assert "memoize" not in template
    assert "earlier-digest" not in [each["name"] for each in template["inputs"]["parameters"]]


def test_steps_that_do_the_work_are_told_the_run_and_its_start(rendered: Render, keeping: Any) -> None:
    keeping()
    told = {each["name"]: each["value"] for each in rendered("production").task("send")["arguments"]["parameters"]}
    assert told == {"run": "{{workflow.name}}", "stage": "{{workflow.creationTimestamp.RFC3339}}"}


def key_told(manifest: Any) -> str:
    (value,) = [each["value"] for each in manifest.task("send")["arguments"]["parameters"] if each["name"] == "link"]
    return str(value)


def test_a_fan_out_says_where_its_shards_lie(rendered: Render, keeping: Any) -> None:
    before = rendered("production").template("predict")
    keeping(", link=predict.metrics.key")
    manifest = rendered("production")
    after = manifest.template("predict")
    assert key_told(manifest) == "{{tasks.predict.outputs.parameters.metrics-key}}"
    assert "predict" in manifest.task("send")["depends"]
    (key,) = [each for each in after["outputs"]["parameters"] if each["name"] == "metrics-key"]
    assert key["valueFrom"] == {"expression": "inputs.parameters['gather-folder'] + '/metrics'"}
    assert after["memoize"]["key"] != before["memoize"]["key"], "what was remembered before has no key"


def test_the_key_of_another_step_is_remembered_with_its_outputs(rendered: Render, keeping: Any) -> None:
    before = rendered("production").template("train")
    keeping(", link=train.model.key")
    manifest = rendered("production")
    after = manifest.template("train")
    assert key_told(manifest) == "{{tasks.train.outputs.parameters.model-key}}"
    (key,) = [each for each in after["outputs"]["parameters"] if each["name"] == "model-key"]
    assert key["valueFrom"]["default"] == "runs/{{workflow.name}}/train/model"
    assert after["memoize"]["key"] != before["memoize"]["key"], "what was remembered before has no key"


@pytest.fixture
def with_canary(folder: Path) -> None:
    """Let a tenth of the users get another version of the recommender."""
    contract = json.loads((folder / "contracts" / "recommender-1.0.0.json").read_text())
    (folder / "contracts" / "recommender-1.1.0.json").write_text(json.dumps({**contract, "version": "1.1.0"}))
    with (folder / "pins.yaml").open("a") as file:
        file.write(f"  experiment: 1.0.0@{OTHER}\n")
        file.write(f"canary:\n  recommender: {{version: 1.1.0@{OTHER}, share: 0.1, salt: a}}\n")


@pytest.mark.usefixtures("with_canary")
def test_with_a_canary_what_the_users_get_is_published_from_where_it_lies(rendered: Render) -> None:
    manifest = rendered("production")
    publish, canary = manifest.task("publish")["arguments"], manifest.template("canary")
    told = {each["name"]: each["value"] for each in publish["parameters"]}
    assert told["key"] == "{{tasks.canary.outputs.parameters.recommendations-key}}"
    assert {"name": "result", "from": "{{tasks.canary.outputs.artifacts.recommendations}}"} in publish["artifacts"]
    (key,) = [each for each in canary["outputs"]["parameters"] if each["name"] == "recommendations-key"]
    assert "tasks.mixed.outputs.parameters['recommendations-key']" in key["valueFrom"]["expression"]
    for name in ("canary-mixed", "canary-control"):
        (own,) = [
            each for each in manifest.template(name)["outputs"]["parameters"] if each["name"] == "recommendations-key"
        ]
        assert own["valueFrom"]["default"] == f"runs/{{{{workflow.name}}}}/{name}/recommendations"
    kept = [
        (template["name"], artifact["s3"]["key"])
        for template in manifest.documents[0]["spec"]["templates"]
        for artifact in template.get("outputs", {}).get("artifacts", [])
        if artifact["name"].endswith("-kept")
    ]
    assert ("publish", "published/recommend/production/recommendations.json") in kept
    assert len({key for _, key in kept}) == len(kept), "no step of the canary keeps what another keeps"
    assert lint([("manifest.yaml", manifest.text)], mode="submit") == []


def test_a_canary_reuses_what_was_remembered_before_it_and_leaves_its_own_to_who_promotes_it(
    rendered: Render, folder: Path, request: pytest.FixtureRequest
) -> None:
    def remembered(name: str) -> str:
        return str(rendered("production").template(name)["memoize"]["key"])

    before = {name: remembered(name) for name in ("train", "predict")}
    request.getfixturevalue("with_canary")
    assert {name: remembered(name) for name in before} == before
    own = {name: remembered(f"{name}-canary") for name in before}
    pins = folder / "pins.yaml"
    stable = f"  recommender: 1.0.0@{DIGEST}\n"
    assert stable in pins.read_text()
    text = pins.read_text().partition("canary:\n")[0]
    pins.write_text(text.replace(stable, f"  recommender: 1.1.0@{OTHER}\n"))
    assert {name: remembered(name) for name in before} == own
