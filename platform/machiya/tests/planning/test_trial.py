"""What is only tried leaves nothing behind for later runs."""

from pathlib import Path

import pytest

from machiya.engines.planning import Plan, parse_override, plan_workflow

KEEP = """
current = workflow.kept("published/items.json", file="numbers.json")
first = scores.draw(log=log, more=current).named("first")
second = scores.draw(log=first.numbers).named("second")
last = scores.draw(log=second.numbers).named("last")
extra = scores.draw(log=last.numbers).named("extra")
workflow.keep(first.numbers, current)
workflow.keep(last.numbers, workflow.kept("history/items.json", file="numbers.json"))
workflow.keep(extra.numbers, workflow.kept("history/more.json", file="numbers.json"))
"""


@pytest.fixture
def folder(project: Path) -> Path:
    folder = project / "workflows" / "rank"
    with (folder / "workflow.py").open("a") as file:
        file.write(KEEP)
    contract = folder / "contracts" / "scores-1.0.0.json"
    contract.write_text(
        contract.read_text().replace('"summary": "Draws scores."', '"cache": false, "summary": "Draws."')
    )
    return folder


def steps(plan: Plan) -> list[str]:
    return [name for name in ("first", "second", "last", "extra") if f"template: {name}\n" in plan.manifest]


def test_a_run_of_the_workflow_as_it_is_keeps_files(folder: Path) -> None:
    plan = plan_workflow(folder, None, [], {})
    assert plan.manifest.count("name: numbers-kept") == 3


def test_a_run_with_something_in_the_place_of_a_pin_keeps_none(folder: Path, working_copy: Path) -> None:
    component = working_copy / "component.yaml"
    component.write_text(component.read_text().replace("summary: Draws scores.", "cache: false\n    summary: Draws."))
    plan = plan_workflow(folder, None, [parse_override(f"scores={working_copy}", lambda _: None)], {})
    assert "name: numbers-kept" not in plan.manifest
    assert steps(plan) == ["first", "second", "last", "extra"]
    assert "key: published/rank/development/items.json" in plan.manifest, "what is kept is read as ever"
    assert "machiya/results: draw/numbers,second/numbers\n" in plan.manifest, "what came last but for what keeps files"


def test_where_only_results_count_steps_that_only_keep_are_left_out(folder: Path) -> None:
    plan = plan_workflow(folder, None, [], {}, lasting=False)
    assert steps(plan) == ["first", "second"]
    assert "name: numbers-kept" not in plan.manifest


GATE = """
watched = scores.draw(log=log, more=workflow.kept("history/w.json", file="numbers.json")).named("watched")
gate = scores.draw(log=watched.numbers).named("gate")
work = scores.draw(log=log).named("work").after(gate)
kept = scores.draw(log=watched.numbers).named("kept").after(work)
workflow.keep(kept.numbers, workflow.kept("history/w.json", file="numbers.json"))
"""


def test_where_only_results_count_steps_that_only_check_are_left_out(folder: Path) -> None:
    with (folder / "workflow.py").open("a") as file:
        file.write(GATE)
    whole, tried = plan_workflow(folder, None, [], {}), plan_workflow(folder, None, [], {}, lasting=False)
    for name in ("watched", "gate", "work"):
        assert f"template: {name}\n" in whole.manifest
        assert (f"template: {name}\n" in tried.manifest) == (name == "work")
    assert "gate" not in tried.manifest, "nobody waits for it"


AWAITED = """
report = scores.draw(log=log).named("report")
pointer = workflow.kept("published/p.json", file="numbers.json")
flip = scores.draw(log=log, more=pointer).named("flip").after(report)
workflow.keep(flip.numbers, pointer)
"""


@pytest.mark.parametrize("replaced", [False, True])
def test_what_only_a_keeping_step_waited_for_is_no_check(folder: Path, working_copy: Path, replaced: bool) -> None:
    """Else one side of a diff would lack a step that the other one has."""
    with (folder / "workflow.py").open("a") as file:
        file.write(AWAITED)
    component = working_copy / "component.yaml"
    component.write_text(component.read_text().replace("summary: Draws scores.", "cache: false\n    summary: Draws."))
    overrides = [parse_override(f"scores={working_copy}", lambda _: None)] if replaced else []
    tried = plan_workflow(folder, None, overrides, {}, lasting=False).manifest
    assert "template: report\n" in tried
    assert "template: flip\n" not in tried
