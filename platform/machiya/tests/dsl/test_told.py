"""What a step on exit is told of the components: versions, owners, and what their exit codes mean."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from machiya.dsl import Constant, WorkflowDefinition, WorkflowError
from machiya.dsl.told import components_told
from machiya.pins import Pin

Load = Callable[[str], WorkflowDefinition]
STATEMENTS = """\
read = shop.read(log=log)
fit = model.fit_all(rows=read.rows, kind="a")
model.apply(model=fit.model)
workflow.on_exit(shop.tell(needed=log, versions=run.components))
"""


def change(folder: Path, name: str, **more: Any) -> dict[str, Any]:
    file = folder / "contracts" / name
    contract: dict[str, Any] = json.loads(file.read_text()) | more
    if name.startswith("shop"):
        contract["operations"]["tell"]["parameters"]["versions"] = {"type": "array", "default": []}
    file.write_text(json.dumps(contract))
    return contract


def test_each_component_is_told_once_with_its_steps(folder: Path, load: Load) -> None:
    change(folder, "shop-1.0.0.json", runbook="https://wiki/shop", exitCodes={"65": "Look at {{log}}"})
    change(folder, "model-2.0.0.json", runbook="**Read** the log.")
    told = load(STATEMENTS).step("tell").parameters["versions"]

    assert told == Constant(
        [
            {
                "name": "shop",
                "version": "1.0.0",
                "owner": "shop",
                "runbook": "https://wiki/shop",
                "exitCodes": {"65": "Look at ((log}}"},
                "steps": ["read"],
            },
            {"name": "model", "version": "2.0.0", "owner": "research", "steps": ["fit-all", "apply"]},
        ]
    )


def test_two_versions_of_a_component_are_told_apart(folder: Path, load: Load) -> None:
    change(folder, "shop-1.0.0.json")
    workflow = load(STATEMENTS)
    digest = "sha256:" + "ab" * 32
    steps = [replace(one, pin=Pin("2.1.0", digest)) if one.name == "apply" else one for one in workflow.steps]
    told = components_told(replace(workflow, steps=tuple(steps)))

    assert [(one["name"], one["version"], one.get("digest"), one["steps"]) for one in told] == [
        ("shop", "1.0.0", None, ["read"]),
        ("model", "2.0.0", None, ["fit-all"]),
        ("model", "2.1.0", digest, ["apply"]),
    ]


def test_a_step_that_does_the_work_is_not_told(folder: Path, load: Load) -> None:
    change(folder, "shop-1.0.0.json")
    with pytest.raises(WorkflowError) as caught:
        load("shop.tell(needed=log, versions=run.components)")

    assert ["known to steps on exit only" in one.message for one in caught.value.findings] == [True]
