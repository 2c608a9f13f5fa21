"""A share of the users gets another version: which steps are done twice, and what reads what."""

import json
from pathlib import Path
from typing import Any

import pytest

from machiya.dsl import BoundaryReference, OutputReference, WorkflowDefinition, WorkflowError, load_workflow
from machiya.dsl.drawing.picture import picture
from machiya.pins import PinsError, load_pins

DIGEST = "sha256:" + "ab" * 32
NEW = "sha256:" + "cd" * 32
ROWS = {"type": "table", "schema": {"fields": [{"name": "user_id", "type": "string"}]}}
MODEL = {"type": "model"}


def contract(name: str, version: str, **operations: dict[str, Any]) -> dict[str, Any]:
    filled = {operation: {"summary": "Do.", "samples": {"small": {}}, **what} for operation, what in operations.items()}
    for what in filled.values():
        what["samples"] = {"small": {"inputs": {port: f"sample/{port}" for port in what.get("inputs", {})}}}
    base = {"apiVersion": "machiya/v1", "name": name, "version": version, "summary": "Does", "owner": "us"}
    return {**base, "operations": filled}


FIT = {"inputs": {"rows": ROWS}, "outputs": {"model": MODEL}}
APPLY = {"inputs": {"model": MODEL, "rows": ROWS}, "outputs": {"scores": ROWS}}
RANK = {"inputs": {"raw": ROWS}, "outputs": {"scores": ROWS}}
SHOW = {"inputs": {"scores": ROWS, "model": {**MODEL, "optional": True}}, "outputs": {"page": {"type": "report"}}}
CONTRACTS = [
    contract("shop", "1.0.0", read={"outputs": {"rows": ROWS}}, rank=RANK),
    contract("model", "1.0.0", fit=FIT, apply=APPLY),
    contract("model", "1.1.0", fit={**FIT, "parameters": {"rate": {"type": "number", "default": 0.5}}}, apply=APPLY),
    contract("view", "1.0.0", show=SHOW),
    contract(
        "experiment",
        "1.0.0",
        split={
            "parameters": {"share": {"type": "number", "default": 0.1}, "salt": {"type": "string", "default": ""}},
            "inputs": {"control": ROWS, "candidate": {**ROWS, "optional": True}},
            "outputs": {"recommendations": ROWS, "metrics": {"type": "metrics"}},
        },
    ),
]
WORKFLOW = """\
from machiya.dsl import Workflow
workflow = Workflow("test", summary="A test", owner="us")
shop, model, view = workflow.components("shop", "model", "view")
rows = shop.read().rows
fit = model.fit(rows=rows)
scores = shop.rank(raw=model.apply(model=fit.model, rows=rows).scores).scores
view.show(scores=scores, model=fit.model)
model.fit(rows=rows).named("other")
workflow.result(scores)
"""
PINS = f"""\
registry: acme
production:
  shop: 1.0.0@{DIGEST}
  model: 1.0.0@{DIGEST}
  view: 1.0.0@{DIGEST}
  experiment: 1.0.0@{DIGEST}
canary:
  model: {{version: 1.1.0@{NEW}, share: 0.1, salt: 2026-11}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "contracts").mkdir()
    for one in CONTRACTS:
        (tmp_path / "contracts" / f"{one['name']}-{one['version']}.json").write_text(json.dumps(one))
    (tmp_path / "workflow.py").write_text(WORKFLOW)
    (tmp_path / "pins.yaml").write_text(PINS)
    return tmp_path


def load(folder: Path) -> WorkflowDefinition:
    return load_workflow(folder, "production")


def problem(folder: Path) -> str:
    with pytest.raises((WorkflowError, PinsError)) as caught:
        load(folder)
    return f"{caught.value.message}\n{caught.value.remedy}"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_steps_from_the_component_to_the_result_are_done_twice(folder: Path) -> None:
    canary = load(folder).canary
    assert canary is not None
    assert {step.name: step.pin.version for step in canary.steps} == {
        "fit-canary": "1.1.0",
        "apply-canary": "1.1.0",
        "rank-canary": "1.0.0",
    }
    assert {step.name for step in load(folder).steps} == {"read", "fit", "apply", "rank", "show", "other"}


def test_what_lies_before_is_shared_and_what_comes_after_reads_what_users_get(folder: Path) -> None:
    workflow = load(folder)
    canary = workflow.canary
    assert canary is not None
    copies = {step.name: step.inputs for step in canary.steps}
    assert copies["fit-canary"] == {"rows": BoundaryReference("read-rows")}
    assert copies["apply-canary"] == {
        "model": OutputReference("fit-canary", "model"),
        "rows": BoundaryReference("read-rows"),
    }
    assert canary.inputs == {
        "read-rows": OutputReference("read", "rows"),
        "rank-scores": OutputReference("rank", "scores"),
    }
    shown = workflow.step("show").inputs
    assert shown == {"scores": OutputReference("canary", "recommendations"), "model": OutputReference("fit", "model")}
    assert workflow.results == (OutputReference("canary", "recommendations"),)


def test_the_users_are_divided_by_share_and_salt_and_without_the_canary_all_get_the_stable_result(folder: Path) -> None:
    canary = load(folder).canary
    assert canary is not None
    assert (canary.share, canary.salt) == (0.1, "2026-11")
    assert canary.mixed.inputs == {
        "control": BoundaryReference("rank-scores"),
        "candidate": OutputReference("rank-canary", "scores"),
    }
    assert canary.alone.inputs == {"control": BoundaryReference("rank-scores")}


def test_another_stage_has_no_canary(folder: Path) -> None:
    change(
        folder / "pins.yaml",
        "canary:",
        f"staging:\n  shop: 1.0.0@{DIGEST}\n  model: 1.0.0@{DIGEST}\n  view: 1.0.0@{DIGEST}\ncanary:",
    )
    assert load_workflow(folder, "staging").canary is None
    change(folder / "pins.yaml", "salt: 2026-11", "salt: 2026-11, stage: staging")
    assert load(folder).canary is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("workflow.result(scores)\n", "", "declares 0 results"),
        ("workflow.result(scores)", "workflow.result(rows)", "no step of model has a part in the result read/rows"),
        ("workflow.result(scores)", "workflow.result(fit.model)", "model is a model, but control takes a table"),
    ],
)
def test_a_workflow_without_a_fitting_result_is_refused(folder: Path, old: str, new: str, message: str) -> None:
    change(folder / "workflow.py", old, new)
    assert message in problem(folder)


def test_the_component_that_divides_the_users_must_be_pinned(folder: Path) -> None:
    change(folder / "pins.yaml", f"  experiment: 1.0.0@{DIGEST}\n", "")
    assert "a canary needs the component experiment, which the stage production does not pin" in problem(folder)


def test_a_canary_whose_contract_does_not_fit_the_workflow_is_refused_with_the_line(folder: Path) -> None:
    changed = contract("model", "1.1.0", fit=FIT, predict=APPLY)
    (folder / "contracts" / "model-1.1.0.json").write_text(json.dumps(changed))
    assert "model 1.1.0 has no operation 'apply'" in problem(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("share: 0.1", "share: 0", "0 is no share of the users"),
        ("share: 0.1", "share: 1.0", "1.0 is no share of the users"),
        (f"1.1.0@{NEW}", f"1.0.0@{DIGEST}", "it is the version that the stage production pins"),
        ("salt: 2026-11", "salt: 2026-11, stage: staging", "there is no stage 'staging'"),
        ("canary:\n  model:", "canary:\n  modle:", "the stage production pins no modle"),
        ("canary:\n", f"canary:\n  shop: {{version: 1.1.0@{NEW}, share: 0.1, salt: a}}\n", "a canary of shop already"),
    ],
)
def test_a_canary_that_cannot_be_is_told_with_its_line(folder: Path, old: str, new: str, message: str) -> None:
    change(folder / "pins.yaml", old, new)
    told = problem(folder)
    assert message in told
    assert "pins.yaml:" in told


def test_the_pins_say_of_which_stage_a_canary_is(folder: Path) -> None:
    pins = load_pins(folder)
    assert pins.canary_of("staging") is None
    found = pins.canary_of("production")
    assert found is not None
    assert (found[0], found[1].pin.version, found[1].stage) == ("model", "1.1.0", "production")


def test_the_picture_shows_what_is_done_twice(folder: Path) -> None:
    drawn = picture(load(folder))
    assert [box.id for box in drawn.boxes if "canary" in box.id] == [
        "step_fit_canary",
        "step_apply_canary",
        "step_rank_canary",
        "step_canary",
    ]
    arrows = {(arrow.start, arrow.end) for arrow in drawn.arrows}
    assert {("step_rank", "step_canary"), ("step_rank_canary", "step_canary"), ("step_canary", "step_show")} <= arrows
    places = [box.id for box in drawn.boxes]
    assert all(places.index(start) < places.index(end) for start, end in arrows)
