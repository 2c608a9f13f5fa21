"""What a right workflow file gives: a plain value."""

import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from machiya.dsl import (
    ArtifactReference,
    Constant,
    EarlierReference,
    FanOut,
    LeftReference,
    OutputReference,
    ParameterReference,
    RunReference,
    WorkflowDefinition,
    find_workflow,
    load_workflow,
)
from machiya.errors import NotFoundError
from machiya.pins import Pin, load_pins

Load = Callable[[str], WorkflowDefinition]

ALL = """\
rate = workflow.parameter("rate", 1, "The rate", minimum=1)
shards = workflow.parameter("shards", 3, "How many", minimum=1)
read = shop.read(log=log, limit=5)
fit = model.fit_all(rows=read.counted, kind="b", rate=rate)
apply = model.apply(model=fit.model).fan_out("shard", over="shards", count=shards)
second = model.apply(model=fit.model, earlier=apply.scores).named("second").after(read)
workflow.result(apply.scores)
"""


def test_steps_hold_their_operation_parameters_and_sources(load: Load) -> None:
    workflow = load(ALL)
    read, fit, apply, second = workflow.steps
    assert [step.name for step in workflow.steps] == ["read", "fit-all", "apply", "second"]
    assert read.inputs == {"log": ArtifactReference("log")}
    assert read.parameters == {"limit": Constant(5)}
    assert fit.parameters == {"rate": ParameterReference("rate"), "kind": Constant("b")}
    assert fit.inputs == {"rows": OutputReference("read", "counted")}
    assert apply.fan_out == FanOut("shard", "shards", ParameterReference("shards"))
    assert second.needs == ("fit-all", "apply", "read")
    assert workflow.results == (OutputReference("apply", "scores"),)


def test_types_of_parameters_are_those_of_their_defaults(load: Load) -> None:
    workflow = load("x = workflow.parameter('x', True, 'X')\ny = workflow.parameter('y', 0.5, 'Y')\nshop.read(log=log)")
    assert [(each.name, each.type, each.default) for each in workflow.parameters] == [
        ("x", "boolean", True),
        ("y", "number", 0.5),
    ]


def test_an_artifact_that_only_optional_ports_read_is_optional(load: Load) -> None:
    workflow = load("more = workflow.artifact('more', 'More', default='')\nshop.read(log=log, extra=more)")
    assert {each.name: each.optional for each in workflow.artifacts} == {"log": False, "more": True}


def test_steps_come_after_what_they_wait_for_else_as_written(load: Load) -> None:
    first = "a = shop.read(log=log).named('a')\nb = shop.read(log=log).named('b')\nc = shop.read(log=log).named('c')\n"
    assert [step.name for step in load(first + "a.after(c)").steps] == ["b", "c", "a"]


def test_the_value_cannot_be_changed_and_holds_nothing_that_runs(load: Load) -> None:
    workflow = load(ALL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        workflow.name = "other"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(workflow)) == workflow


def test_loading_twice_gives_equal_values_and_leaves_no_module_behind(load: Load) -> None:
    before = set(sys.modules)
    assert load(ALL) == load(ALL)
    assert not {name for name in set(sys.modules) - before if "workflow" in name and not name.startswith("machiya.")}


def test_a_port_that_is_called_like_a_method_is_reached_by_name(load: Load) -> None:
    workflow = load("read = shop.read(log=log)\nmodel.fit_all(rows=read['rows'], kind='a')")
    assert workflow.step("fit-all").inputs == {"rows": OutputReference("read", "rows")}


def test_other_pins_can_be_given_for_one_run(load: Load, folder: Path) -> None:
    load("shop.read(log=log)")
    digest = "sha256:" + "1" * 64
    pins = load_pins(folder).with_pin("development", "shop", Pin("1.0.0", digest))
    assert load_workflow(folder, "development", pins).steps[0].pin == Pin("1.0.0", digest)


def test_a_workflow_file_can_be_run_by_hand(load: Load, folder: Path) -> None:
    load("shop.read(log=log)")
    with (folder / "workflow.py").open("a") as file:
        file.write("\nprint(workflow.loading.stage)\n")
    command = [sys.executable, str(folder / "workflow.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder.parent)
    assert done.stdout == "development\n"


def test_a_workflow_is_found_by_name_or_folder(tmp_path: Path) -> None:
    folder = tmp_path / "workflows" / "recommend"
    folder.mkdir(parents=True)
    (folder / "workflow.py").touch()
    assert find_workflow("recommend", tmp_path) == folder
    assert find_workflow(str(folder), tmp_path) == folder
    with pytest.raises(NotFoundError) as caught:
        find_workflow("recomend", tmp_path)
    assert "Did you mean recommend?" in caught.value.remedy


def test_steps_on_exit_come_last_and_know_the_run(load: Load) -> None:
    told = "text=run.failures, seconds=run.duration, status=run.status, earlier=run.earlier.receipt"
    workflow = load(f"workflow.on_exit(shop.tell(needed=log, {told}))\nread = shop.read(log=log)\n")
    assert [step.name for step in workflow.main_steps] == ["read"]
    (tell,) = workflow.exit_steps
    assert workflow.steps[-1] is tell
    assert tell.parameters == {
        "text": RunReference("failures"), "seconds": RunReference("duration"), "status": RunReference("status"),
    }  # fmt: skip
    assert tell.inputs == {"needed": ArtifactReference("log"), "earlier": EarlierReference("receipt")}
    assert tell.needs == ()


def test_a_step_on_exit_reads_what_steps_left_without_waiting_for_them(load: Load) -> None:
    say = "say = shop.announce(text='a')\nmore = shop.announce(text='b').named('more')\n"
    workflow = load(f"{say}workflow.on_exit(shop.tell(needed=log, earlier=[say.receipt, more.receipt]))")
    (tell,) = workflow.exit_steps
    left = LeftReference((OutputReference("announce", "receipt"), OutputReference("more", "receipt")))
    assert (tell.inputs["earlier"], tell.needs) == (left, ())

    workflow = load(f"{say}workflow.on_exit(shop.tell(needed=log, earlier=say.receipt))")
    assert workflow.step("tell").inputs["earlier"] == LeftReference((OutputReference("announce", "receipt"),))


def test_what_the_file_decides_about_a_run_is_known_at_once(load: Load) -> None:
    workflow = load("shop.read(log=log)\nworkflow.on_exit(shop.tell(needed=log, text=run.stage))")
    assert workflow.step("tell").parameters == {"text": Constant("development")}
    workflow = load("shop.read(log=log)\nworkflow.on_exit(shop.tell(needed=log, text=run.workflow))")
    assert workflow.step("tell").parameters == {"text": Constant("test")}


def test_parameters_of_an_operation_become_those_of_the_workflow_as_its_contract_has_them(load: Load) -> None:
    workflow = load('shop.read(log=log, **workflow.expose(shop.read, "note", "limit"))')
    fragments = {each.name: each.fragment for each in workflow.parameters}
    assert fragments == {
        "note": {"description": "note", "type": "string", "default": ""},
        "limit": {"description": "limit", "type": "integer", "default": 10, "minimum": 1},
    }
    read = workflow.step("read")
    assert read.parameters == {"limit": ParameterReference("limit"), "note": ParameterReference("note")}
