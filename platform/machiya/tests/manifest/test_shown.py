"""What operators see of a manifest: descriptions, views of reports, metrics."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from machiya.engines.local.argo.conditions import holds
from machiya.manifest.descriptions import commit_url
from machiya.manifest.lint import lint

Render = Callable[[str], Any]
Change = Callable[[str, Callable[[dict[str, Any]], None]], None]

ANNOTATION = "workflows.argoproj.io"
FLEETING = ("workflow.name", "workflow.uid", "pod.name", "-digest", "{{item", "inputs.parameters")
"""What is new in every run, and would make a new series of it."""


def described(thing: dict[str, Any]) -> str:
    return str(thing["annotations"][f"{ANNOTATION}/description"])


def metrics(manifest: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every metric, with the template (or the whole specification) that it stands in."""
    spec = manifest.documents[0]["spec"]
    for place in (spec, *spec["templates"]):
        for metric in place.get("metrics", {}).get("prometheus", []):
            yield place, metric


def metric(place: dict[str, Any], name: str, **labels: str) -> dict[str, Any]:
    """The one metric of a template that has this name and these labels."""
    found = [
        each
        for each in place["metrics"]["prometheus"]
        if each["name"] == name and labels.items() <= {one["key"]: one["value"] for one in each["labels"]}.items()
    ]
    assert len(found) == 1, (name, labels)
    return dict(found[0])


def profile(folder: Path, text: str) -> None:
    (folder / "profiles").mkdir()
    (folder / "profiles" / "production.yaml").write_text(text)


# Descriptions


def test_a_step_says_whose_it_is_and_what_each_exit_code_asks_for_first_those_of_its_contract(rendered: Render) -> None:
    text = described(rendered("production").template("clean"))

    assert text.startswith("Turn a raw event log into interactions")
    assert "preprocess 1.0.0" in text
    assert "**ml-platform**" in text
    assert re.findall(r"^- \*\*(\d+)\*\* ", text, re.MULTILINE) == ["65", "64", "70", "75", "137", "143"]
    assert "--allow_events" in text.partition("- **64**")[0], "the contract's own words"
    assert "Runbook:" in text


def test_a_runbook_that_is_a_link_is_a_link_and_a_long_one_is_cut(rendered: Render, change: Change) -> None:
    change("viewer", lambda contract: contract.update(runbook="https://wiki.example/viewer"))
    change("evaluation", lambda contract: contract.update(runbook="word " * 1000))
    manifest = rendered("production")

    assert described(manifest.template("report")).endswith("Runbook: <https://wiki.example/viewer>")
    assert len(described(manifest.template("evaluate"))) < 3000
    assert described(manifest.template("evaluate")).endswith("(the rest is in component.yaml)")


def test_the_workflow_says_what_to_press_and_of_which_versions_it_is_made(rendered: Render) -> None:
    template, cron = rendered("production").documents
    text = described(template["metadata"])

    assert text.startswith("Recommendations for every user of the job board.")
    for words in ("RETRY", "RESUBMIT", "**65**", "OOMKilled", "`train` recommender 1.0.0", "`notify` notify 1.0.0"):
        assert words in text
    assert template["metadata"]["annotations"][f"{ANNOTATION}/title"] == "recommend (production)"
    assert described(cron["metadata"]).startswith("Recommendations for every user")


def test_a_run_is_described_in_one_line_and_keeps_its_name_in_the_list(rendered: Render) -> None:
    template, _ = rendered("production").documents
    annotations = template["spec"]["workflowMetadata"]["annotations"]

    assert f"{ANNOTATION}/title" not in annotations, "it would stand in the place of the name"
    assert annotations["machiya/owner"] == template["metadata"]["annotations"]["machiya/owner"] == "ml-platform"
    assert "\n" not in annotations[f"{ANNOTATION}/description"]
    assert "RETRY" in annotations[f"{ANNOTATION}/description"]


def test_links_of_the_profile_are_shown_but_for_those_that_need_a_run(folder: Path, rendered: Render) -> None:
    links = {
        "viewer": "https://jobs.example/{namespace}/{workflow}/{stage}",
        "tensorboard": "https://board.example/",
        "run": "https://argo.example/workflows/{namespace}/{run}",
        "commit": "https://code.example/{component}/{commit}",
    }
    profile(folder, f"namespace: ml\nlinks: {json.dumps(links)}\n")
    manifest = rendered("production")
    text = described(manifest.documents[0]["metadata"])

    assert "[Viewer](https://jobs.example/ml/recommend/production)" in text
    assert "[TensorBoard](https://board.example/)" in text
    assert "argo.example" not in text
    commit = manifest.template("report")["metadata"]["labels"]["machiya/commit"]
    assert f"[{commit[:7]}](https://code.example/viewer/{commit})" in described(manifest.template("report"))


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("https://github.com/acme/recommender", "https://github.com/acme/recommender/commit/c0ffee"),
        ("https://github.com/acme/all.git", "https://github.com/acme/all/commit/c0ffee"),
        ("https://github.com/acme/all/tree/main/components/x", "https://github.com/acme/all/commit/c0ffee"),
        ("https://gitlab.example/group/all/-/tree/main/x", "https://gitlab.example/group/all/-/commit/c0ffee"),
        ("https://bitbucket.org/acme/all/src/main/x", "https://bitbucket.org/acme/all/commits/c0ffee"),
        ("", ""),
    ],
)
def test_a_commit_is_a_link_to_the_host_of_the_source(source: str, url: str) -> None:
    assert commit_url(source, "c0ffee") == url


def test_what_a_contract_says_of_an_exit_code_is_told_with_what_to_press(rendered: Render, change: Change) -> None:
    change("viewer", lambda contract: contract.update(exitCodes={"65": "No such item"}))
    template = rendered("production").template("report")
    text = described(template)

    assert "- **65** No such item. Correct it, or ask who makes it; then RESUBMIT.\n- **64** " in text
    assert template["annotations"]["machiya/owner"] == "ml-platform"


def test_braces_in_a_contract_are_no_variables_of_argo(rendered: Render, change: Change) -> None:
    change("viewer", lambda contract: contract.update(runbook="Look at {{workflow.nothing}}."))
    manifest = rendered("production")

    assert "{{" not in described(manifest.template("report"))
    assert lint([("manifest.yaml", manifest.text)], mode="submit") == []


def test_what_every_node_repeats_in_the_status_has_no_description(rendered: Render) -> None:
    for template in rendered("production").documents[0]["spec"]["templates"]:
        for side in ("inputs", "outputs"):
            for parameter in template.get(side, {}).get("parameters", []):
                assert "description" not in parameter


# Views


def test_a_report_and_metrics_are_put_out_once_more_as_files_that_the_ui_shows(rendered: Render) -> None:
    manifest = rendered("production")
    views = {
        artifact["name"]: artifact
        for step in ("report", "evaluate")
        for artifact in manifest.template(step)["outputs"]["artifacts"]
        if artifact["name"].endswith("-view")
    }

    assert {name: (view["path"], view["s3"]["key"]) for name, view in views.items()} == {
        "report-view": ("/data/out/report/index.html", "runs/{{workflow.name}}/report/_view/report.html"),
        "metrics-view": ("/data/out/metrics/metrics.json", "runs/{{workflow.name}}/evaluate/_view/metrics.json"),
    }
    assert all(view["archive"] == {"none": {}} for view in views.values()), "the UI shows no archives"


def test_no_view_lies_where_a_folder_is_looked_for_by_the_beginning_of_its_key(rendered: Render) -> None:
    artifacts = [
        artifact
        for template in rendered("production").documents[0]["spec"]["templates"]
        for artifact in template.get("outputs", {}).get("artifacts", [])
        if "s3" in artifact
    ]
    keys = [artifact["s3"]["key"] for artifact in artifacts if artifact["name"].endswith("-view")]

    assert keys
    for artifact in artifacts:
        assert not [key for key in keys if key != artifact["s3"]["key"] and key.startswith(artifact["s3"]["key"])]


# Metrics


def test_runs_tell_how_they_ended_how_long_they_took_and_when_the_last_good_one_began(rendered: Render) -> None:
    spec = rendered("production").documents[0]["spec"]
    names = [each["name"] for each in spec["metrics"]["prometheus"]]
    success = metric(spec, "machiya_last_success_seconds", workflow="recommend", stage="production")

    assert names == ["machiya_runs_total", "machiya_run_duration_seconds", "machiya_last_success_seconds"]
    assert success["gauge"]["value"] == "{{workflow.creationTimestamp.s}}"
    for status, counts in (("Succeeded", True), ("Failed", False), ("Error", False)):
        assert holds(success["when"].replace("{{workflow.status}}", status)) is counts


def test_one_name_has_one_help_and_one_set_of_labels_as_prometheus_asks(rendered: Render) -> None:
    forms: dict[str, set[tuple[str, ...]]] = {}
    for _, each in metrics(rendered("production")):
        form = (each["help"], *(one["key"] for one in each["labels"]))
        forms.setdefault(each["name"], set()).add(form)

    assert len(forms) == 7
    assert {name: len(found) for name, found in forms.items()} == dict.fromkeys(forms, 1)


def test_no_label_is_new_in_every_run(rendered: Render) -> None:
    for _, each in metrics(rendered("production")):
        for label in each["labels"]:
            assert not [word for word in FLEETING if word in label["value"]]


def test_every_number_that_a_metric_names_is_an_output_with_a_value_in_any_case(
    rendered: Render, change: Change
) -> None:
    def expose(contract: dict[str, Any]) -> None:
        contract["operations"]["evaluate"]["outputs"]["metrics"]["expose"] = ["ndcg@10", "coverage"]

    change("evaluation", expose)
    manifest = rendered("production")
    for place, each in metrics(manifest):
        outputs = {one["name"]: one["valueFrom"] for one in place.get("outputs", {}).get("parameters", [])}
        for name in re.findall(r"\{\{outputs\.parameters\.([^}]+)\}\}", json.dumps(each)):
            assert outputs[name]["default"] == "NaN"

    evaluate = manifest.template("evaluate")
    values = [each for each in evaluate["metrics"]["prometheus"] if each["name"] == "machiya_step_value"]
    value = next(each for each in values if {"key": "name", "value": "ndcg@10"} in each["labels"])
    assert value["gauge"]["value"] == "{{outputs.parameters.metrics-ndcg-10-value}}"
    rows = metric(evaluate, "machiya_step_rows", direction="in", port="recommendations")
    assert rows["gauge"]["value"] == "{{outputs.parameters.recommendations-rows}}"
    assert lint([("manifest.yaml", manifest.text)], mode="submit") == []


@pytest.mark.parametrize(
    ("status", "number", "told"),
    [
        ("Succeeded", "12", True),
        ("Succeeded", "0", True),
        ("Succeeded", "-0.25", True),
        ("Succeeded", "1e-05", True),
        ("Succeeded", "NaN", False),
        ("Failed", "12", False),
        ("Error", "NaN", False),
    ],
)
def test_a_number_is_told_of_a_success_if_it_is_known(rendered: Render, status: str, number: str, told: bool) -> None:
    rows = metric(rendered("production").template("clean"), "machiya_step_rows", direction="out", port="items")
    condition = rows["when"].replace("{{status}}", status).replace("{{outputs.parameters.items-rows}}", number)

    assert holds(condition) is told


def test_failures_are_counted_by_exit_code(rendered: Render) -> None:
    failures = metric(rendered("production").template("train"), "machiya_step_failures_total", component="recommender")

    assert {"key": "exit_code", "value": "{{exitCode}}"} in failures["labels"]
    assert holds(failures["when"].replace("{{status}}", "Failed"))
    assert not holds(failures["when"].replace("{{status}}", "Succeeded"))


def test_shards_have_neither_numbers_nor_views_of_their_own(rendered: Render) -> None:
    manifest = rendered("production")
    (called,) = manifest.template("predict")["dag"]["tasks"]
    predict = manifest.template(called["template"])

    assert [each["name"] for each in predict["metrics"]["prometheus"]] == ["machiya_step_failures_total"]
    assert not [one for one in predict["outputs"]["parameters"] if one["name"].endswith(("-rows", "-value"))]
    assert not [one for one in predict["outputs"]["artifacts"] if one["name"].endswith("-view")]


def test_a_fan_out_tells_how_long_it_took_as_a_whole_and_what_it_is(rendered: Render) -> None:
    predict = rendered("production").template("predict")

    assert [each["name"] for each in predict["metrics"]["prometheus"]] == ["machiya_step_duration_seconds"]
    assert described(predict).startswith("The best N items of every user")


def test_the_last_words_of_a_container_become_the_message_of_its_node(rendered: Render) -> None:
    container = rendered("production").template("train")["container"]

    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
