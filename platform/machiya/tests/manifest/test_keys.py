"""Keys of the cache and folders of shards, evaluated as the engines do."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute

STEPS = ("clean", "split", "train", "predict", "evaluate")
VALID = re.compile(r"^[a-zA-Z0-9][-a-zA-Z0-9]*$")

Render = Callable[[str], Any]


def key_of(template: dict[str, Any], **changed: str) -> str:
    """The cache key of a template whose inputs have their defaults, some text where they have none, or `changed`."""
    parameters = {
        each["name"]: each.get("value", each.get("default", "x")) for each in template["inputs"]["parameters"]
    }
    assert set(changed) <= set(parameters)
    scope = Scope(values={f"inputs.parameters.{name}": value for name, value in (parameters | changed).items()})
    return substitute(template["memoize"]["key"], scope)


def in_task(text: str, run: str = "run-1", arguments: dict[str, str] | None = None, digest: str = "sha256:1") -> str:
    """A text of a task, once the tasks before it are done; all their digests are `digest`."""
    tasks = {
        f"tasks.{step}.outputs.parameters.{port}-digest": digest
        for step, port in (("split", "train"), ("train", "model"), ("predict", "recommendations"))
    }
    given = {f"workflow.parameters.{name}": value for name, value in (arguments or {}).items()}
    return substitute(text, Scope(values={"workflow.uid": run, "workflow.name": run, **tasks, **given}))


def argument(task: dict[str, Any], name: str) -> str:
    return str(next(each["value"] for each in task["arguments"]["parameters"] if each["name"] == name))


@pytest.mark.parametrize("stage", ["development", "production"])
@pytest.mark.parametrize("step", STEPS)
def test_keys_hold_letters_digits_and_dashes_only(rendered: Render, stage: str, step: str) -> None:
    key = key_of(rendered(stage).template(step))
    assert VALID.fullmatch(key)
    assert len(key) <= 253


@pytest.mark.parametrize("step", STEPS)
def test_every_input_but_the_folder_of_shards_changes_the_key(rendered: Render, step: str) -> None:
    template = rendered("development").template(step)
    key = key_of(template)
    for name in [each["name"] for each in template["inputs"]["parameters"] if each["name"] != "gather-folder"]:
        assert key_of(template, **{name: "other"}) != key


def test_the_key_holds_the_digest_of_the_image_not_its_name(rendered: Render, folder: Any) -> None:
    before = key_of(rendered("production").template("train"))
    pins = folder / "pins.yaml"
    pins.write_text(pins.read_text().replace("registry: machiya", "registry: ghcr.io/acme"))
    assert key_of(rendered("production").template("train")) == before
    pins.write_text(pins.read_text().replace("recommender: 1.0.0@sha256:ab", "recommender: 1.0.0@sha256:cd"))
    assert key_of(rendered("production").template("train")) != before


def test_no_free_text_can_look_like_another_parameter(rendered: Render) -> None:
    template = rendered("production").template("clean")
    one = key_of(template, time_zone="a\nparameter title_column=x", title_column="1")
    assert one != key_of(template, time_zone="a", title_column="x\n1")
    assert VALID.fullmatch(key_of(template, title_column="タイトル {{x}} 'quoted' \\ \"double\""))


def test_what_is_not_known_is_different_in_every_run(rendered: Render) -> None:
    manifest = rendered("development")
    for step, name, given in (
        ("clean", "events-digest", "events-digest"),
        ("clean", "component-code", "preprocess-code"),
        ("predict", "component-code", "recommender-code"),
    ):
        text = argument(manifest.task(step), name)
        unknown = [in_task(text, run, manifest.arguments()) for run in ("run-1", "run-2")]
        assert unknown == ["unknown-run-1", "unknown-run-2"]
        known = manifest.arguments() | {given: "sha256:5"}
        assert [in_task(text, run, known) for run in ("run-1", "run-2")] == ["sha256:5", "sha256:5"]


def test_an_optional_artifact_that_is_not_given_is_known_to_be_absent(rendered: Render) -> None:
    manifest = rendered("development")
    text = argument(manifest.task("clean"), "catalogue-digest")
    assert in_task(text, "run-1", manifest.arguments()) == "unknown-run-1"
    assert in_task(text, "run-1", manifest.arguments() | {"catalogue": ""}) == "absent"
    assert in_task(text, "run-1", manifest.arguments() | {"catalogue-digest": "sha256:5"}) == "sha256:5"


def test_shards_are_gathered_from_where_they_are_put(rendered: Render) -> None:
    manifest = rendered("production")
    predict = manifest.template("predict")
    (shards,) = predict["dag"]["tasks"]
    assert shards["withSequence"] == {"count": "{{inputs.parameters.shards}}", "format": "%05d"}
    assert argument(shards, "shard") == "{{item}}"
    put = in_task(argument(manifest.task("predict"), "gather-folder"), arguments=manifest.arguments())
    assert re.fullmatch(r"shards/recommend/predict/[0-9a-f]{64}", put)
    for step in ("evaluate", "report"):
        artifacts = {each["name"]: each for each in manifest.task(step)["arguments"]["artifacts"]}
        assert artifacts["recommendations"]["from"] == "{{tasks.predict.outputs.artifacts.recommendations}}"
    (given,) = [each for each in predict["inputs"]["artifacts"] if each["name"] == "recommendations"]
    assert given["s3"]["key"] == "{{inputs.parameters.gather-folder}}/recommendations"
    keys = [each["s3"]["key"] for each in manifest.template("predict-shard")["outputs"]["artifacts"]]
    assert keys[0] == "{{inputs.parameters.gather-folder}}/recommendations/{{inputs.parameters.shard}}"


def test_the_folder_of_shards_is_the_same_for_runs_that_share_them_and_for_no_other(rendered: Render) -> None:
    manifest = rendered("production")
    text, given = argument(manifest.task("predict"), "gather-folder"), manifest.arguments()
    folder = in_task(text, "run-1", given)
    assert in_task(text, "run-2", given) == folder
    assert in_task(text, "run-2", given | {"title": "Other"}) == folder
    assert in_task(text, "run-2", given | {"shards": "3"}) != folder
    assert in_task(text, "run-2", given | {"items_per_user": "5"}) != folder
    assert in_task(text, "run-2", given, digest="sha256:2") != folder


def test_a_constant_of_the_workflow_file_changes_the_folder_of_shards(folder: Any, rendered: Render) -> None:
    before = argument(rendered("production").task("predict"), "gather-folder")
    file = folder / "workflow.py"
    file.write_text(file.read_text().replace("n=items_per_user", "n=items_per_user, filter_seen=False"))
    assert argument(rendered("production").task("predict"), "gather-folder") != before


def test_a_shard_is_a_number_to_the_component_and_has_leading_zeros_in_keys(rendered: Render) -> None:
    container = rendered("production").template("predict-shard")["container"]
    text = container["args"][container["args"].index("--shard") + 1]
    assert substitute(text, Scope(values={"inputs.parameters.shard": "00012"})) == "12"


def test_unreleased_code_takes_part_in_the_folder_of_shards(rendered: Render) -> None:
    manifest = rendered("development")
    text = argument(manifest.task("predict"), "gather-folder")
    assert in_task(text, "run-1", manifest.arguments()) != in_task(text, "run-2", manifest.arguments())
    known = manifest.arguments() | {"recommender-code": "sha256:5"}
    assert in_task(text, "run-1", known) == in_task(text, "run-2", known)
    assert in_task(text, "run-1", known) != in_task(text, "run-1", known | {"recommender-code": "sha256:6"})
