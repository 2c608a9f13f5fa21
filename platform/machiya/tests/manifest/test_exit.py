"""What runs when a run has ended: its facts, its receipt, its secrets."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute
from machiya.manifest.expressions import FAILURES_LIMIT
from machiya.manifest.lint import lint

Render = Callable[[str], Any]
Change = Callable[[str, Callable[[dict[str, Any]], None]], None]


def exit_task(manifest: Any) -> dict[str, Any]:
    (task,) = manifest.template("exit")["dag"]["tasks"]
    return dict(task)


def told(manifest: Any) -> dict[str, str]:
    return {each["name"]: each["value"] for each in exit_task(manifest)["arguments"]["parameters"]}


def test_the_exit_handler_runs_the_steps_on_exit_and_main_the_others(rendered: Render) -> None:
    manifest = rendered("production")
    assert manifest.documents[0]["spec"]["onExit"] == "exit"
    assert exit_task(manifest)["template"] == "notify"
    assert "notify" not in [task["name"] for task in manifest.template("main")["dag"]["tasks"]]


def test_a_workflow_without_steps_on_exit_has_no_exit_handler(folder: Any, rendered: Render) -> None:
    file = folder / "workflow.py"
    file.write_text(file.read_text().partition("tell = notify.send(")[0])
    manifest = rendered("production")
    assert "onExit" not in manifest.documents[0]["spec"]
    assert {"exit", "notify"}.isdisjoint(each["name"] for each in manifest.documents[0]["spec"]["templates"])


def test_it_is_told_how_the_run_ended(rendered: Render) -> None:
    manifest = rendered("production")
    assert {name: told(manifest)[name] for name in ("run", "status", "duration")} == {
        "run": "{{workflow.name}}", "status": "{{workflow.status}}", "duration": "{{workflow.duration}}",
    }  # fmt: skip
    fixed = {each["name"]: each.get("value") for each in manifest.template("notify")["inputs"]["parameters"]}
    assert (fixed["workflow"], fixed["stage"]) == ("recommend", "production")


@pytest.mark.parametrize("count", [0, 3, 5000])
def test_the_list_of_failures_fits_into_a_command_line_and_holds_no_variable(rendered: Render, count: int) -> None:
    failures = json.dumps([{"message": "failed to resolve {{inputs.parameters.x}} {{{{"}] * count)
    value = substitute(told(rendered("production"))["failures"], Scope(values={"workflow.failures": failures}))
    assert len(value.encode()) <= FAILURES_LIMIT < 128 * 1024
    assert "{{" not in value
    if count == 3:
        assert [one["message"] for one in json.loads(value)] == ["failed to resolve ((inputs.parameters.x}} (((("] * 3


def test_it_reads_what_it_put_out_when_the_run_ended_before(rendered: Render) -> None:
    manifest = rendered("production")
    (output,) = manifest.template("notify")["outputs"]["artifacts"]
    *_, argument = exit_task(manifest)["arguments"]["artifacts"]
    assert argument == {"name": "earlier", "optional": True, "s3": output["s3"]}
    assert output["s3"]["key"] == "runs/{{workflow.name}}/notify/receipt"
    *_, read = manifest.template("notify")["inputs"]["artifacts"]
    assert read == {"name": "earlier", "optional": True, "path": "/data/in/earlier"}
    assert "earlier-digest" not in told(manifest)


@pytest.mark.parametrize(
    ("given", "places"),
    [
        ("findings[0]", {"warnings": "watch-interactions"}),
        (
            "findings",
            {
                "warnings/watch-interactions-findings": "watch-interactions",
                "warnings/watch-items-findings": "watch-items",
            },
        ),
    ],
)
def test_it_reads_what_steps_left_in_the_same_run_if_they_did(
    folder: Any, rendered: Render, given: str, places: dict[str, str]
) -> None:
    file = folder / "workflow.py"
    file.write_text(file.read_text().replace("warnings=findings,", f"warnings={given},"))
    manifest = rendered("production")
    task, template = exit_task(manifest), manifest.template("notify")

    assert [each for each in task["arguments"]["artifacts"] if each["name"] != "earlier"] == [
        {
            "name": place.replace("/", "-"),
            "optional": True,
            "s3": {"key": f"runs/{{{{workflow.name}}}}/{step}/findings"},
        }
        for place, step in places.items()
    ]
    assert [each for each in template["inputs"]["artifacts"] if each["name"] != "earlier"] == [
        {"name": place.replace("/", "-"), "optional": True, "path": f"/data/in/{place}"} for place in places
    ]
    assert "depends" not in task
    assert lint([("manifest.yaml", manifest.text)], mode="submit") == []


def test_it_reads_what_a_service_shows_where_that_lies(folder: Any, rendered: Render) -> None:
    file = folder / "workflow.py"
    file.write_text(file.read_text().replace("warnings=findings,", "warnings=report.view,"))
    arguments = exit_task(rendered("production"))["arguments"]["artifacts"]
    (warnings,) = [each for each in arguments if each["name"] == "warnings"]
    assert warnings["s3"]["key"] == "shown/viewer/views/{{workflow.name}}/report"


def test_it_is_never_taken_from_the_cache(rendered: Render, change: Change) -> None:
    def cached(contract: dict[str, Any]) -> None:
        contract["operations"]["send"]["cache"] = True

    change("notify", cached)
    assert "memoize" not in rendered("production").template("notify")


def test_secrets_come_from_the_secret_of_the_component_if_it_is_there(rendered: Render) -> None:
    manifest = rendered("production")
    reference = {"name": "machiya-notify", "key": "webhook", "optional": True}
    env = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in manifest.template("notify")["container"]["env"]}
    assert env["MACHIYA_SECRET_WEBHOOK"] == reference
    assert {name.removeprefix("MACHIYA_SECRET_").lower(): each["key"] for name, each in env.items()} == {
        each["key"]: each["key"] for each in env.values()
    }
    (report,) = manifest.template("report")["container"]["env"]
    assert report["valueFrom"]["secretKeyRef"] == reference | {"name": "machiya-viewer", "key": "pseudonym_key"}
    told = ("notify", "report")
    others = [each for each in manifest.documents[0]["spec"]["templates"] if each["name"] not in told]
    assert all("env" not in each.get("container", {}) for each in others)


def test_the_argument_says_too_what_may_be_absent_for_argo_asks_there(rendered: Render) -> None:
    arguments = {
        each["name"]: each.get("optional") for each in rendered("production").task("clean")["arguments"]["artifacts"]
    }
    assert arguments == {"events": None, "catalogue": True}
