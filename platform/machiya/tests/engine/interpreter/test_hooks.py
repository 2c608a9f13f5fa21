"""Hooks run when their time has come."""

from collections.abc import Callable

from machiya.engines.local.argo.simulation import Result, failing, simulate

Make = Callable[..., str]


def test_hooks_run_when_their_expression_holds(dag: Make) -> None:
    run = simulate(
        dag("""
      - name: a
        template: work
        hooks:
          exit: {template: work}
          running: {template: work, expression: tasks.a.status == "Running"}
          failed: {template: work, expression: tasks.a.status == "Failed"}
      - {name: b, template: work, depends: a}
""")
    )
    assert run.names == ["wf.a.hooks.running", "wf.a", "wf.a.onExit", "wf.b"]


def test_what_runs_on_exit_runs_after_all_other_hooks(dag: Make) -> None:
    run = simulate(
        dag("""
      - name: a
        template: work
        hooks:
          exit: {template: work}
          done: {template: work, expression: tasks.a.status == "Succeeded"}
""")
    )
    started = {spec.node_name: run.nodes[spec.node_name.removeprefix("wf.")].started for spec in run.started}
    assert started == {"wf.a": 0, "wf.a.hooks.done": 1, "wf.a.onExit": 2}


def test_a_run_that_is_stopped_runs_what_runs_on_exit_and_no_other_hooks(dag: Make) -> None:
    run = simulate(
        dag("""
      - name: a
        template: work
        hooks:
          exit: {template: work}
          failed: {template: work, expression: tasks.a.status == "Failed"}
"""),
        lambda _: Result(seconds=10),
        stop_at=5,
    )
    assert (run.phase, run.names) == ("Failed", ["wf.a", "wf.a.onExit"])


def test_a_hook_needs_an_expression(dag: Make) -> None:
    run = simulate(
        dag("""
      - {name: a, template: work, hooks: {early: {template: work}}}
""")
    )
    assert (run.phases["a.hooks.early"], run.names) == ("Error", ["wf.a"])
    assert run.nodes["a.hooks.early"].message == "hook 'early': an expression is required"


def test_a_hook_that_fails_changes_nothing_and_one_of_the_workflow_does(dag: Make) -> None:
    tasks = """
      - {name: a, template: work, hooks: {exit: {template: work}}}
      - {name: b, template: work, depends: a}
"""
    run = simulate(dag(tasks), failing("onExit"))
    assert (run.phase, run.phases["a.onExit"], run.phases["b"]) == ("Succeeded", "Failed", "Succeeded")
    whole = dag("      - {name: a, template: work}\n", specification="  onExit: work\n")
    assert simulate(whole, failing("onExit")).phase == "Failed"
