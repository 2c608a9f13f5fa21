"""Steps run group after group."""

from collections.abc import Callable

from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.simulation import Result, failing, simulate

Make = Callable[..., str]


STEPS = """
  - name: main
    steps:
    - - {name: a, template: work}
      - {name: b, template: work%s}
    - - {name: c, template: work}
"""


def test_steps_run_group_after_group(workflow: Make) -> None:
    run = simulate(workflow(STEPS % ""))
    assert run.names == ["wf[0].a", "wf[0].b", "wf[1].c"]
    assert run.nodes["[0]"].type == "StepGroup"
    assert run.nodes["[1]"].after == (run.nodes["[0].a"].id, run.nodes["[0].b"].id)


def test_a_failed_step_ends_the_steps_unless_they_may_continue(workflow: Make) -> None:
    run = simulate(workflow(STEPS % ""), failing("b"))
    assert (run.phase, "[1].c" in run.phases) == ("Failed", False)
    run = simulate(workflow(STEPS % ", continueOn: {failed: true}"), failing("b"))
    assert (run.phase, run.phases["[1].c"]) == ("Succeeded", "Succeeded")


LOOPED = """
  - name: main
    steps:
    - - name: each
        template: work
        withItems: [1, 2, 3]
        arguments: {parameters: [{name: x, value: "{{item}}"}]}%s
    - - name: last
        template: work
        arguments: {parameters: [{name: x, value: "{{steps.each.outputs.result}} {{steps.each.status}}"}]}
"""


def second_fails(spec: PodSpec) -> Result:
    return Result(code=int(spec.command[1] == "2"), result=spec.command[1])


def test_a_loop_whose_item_fails_ends_the_steps_when_all_items_have_ended(workflow: Make) -> None:
    run = simulate(workflow(LOOPED % ""), second_fails)
    assert (run.phase, run.words) == ("Failed", ["1", "2", "3"])
    assert run.nodes["[0]"].message == f"child '{run.nodes['[0].each(1:2)'].id}' failed"


def test_a_loop_that_may_fail_gives_the_results_of_all_items(workflow: Make) -> None:
    run = simulate(workflow(LOOPED % "\n        continueOn: {failed: true}"), second_fails)
    assert (run.phase, run.words[-1]) == ("Succeeded", '["1","2","3"] Failed')


def test_steps_may_loop_over_nothing(workflow: Make) -> None:
    run = simulate(workflow(LOOPED.replace("[1, 2, 3]", "[]") % ""))
    assert (run.phase, run.phases["[0].each"], run.words) == ("Succeeded", "Skipped", ["[] Skipped"])
