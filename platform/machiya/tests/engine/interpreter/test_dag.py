"""Tasks of a DAG run when their `depends` holds, and the DAG ends as its targets do."""

from collections.abc import Callable

import pytest

from machiya.engines.local.argo.interpreter.nodes import node_id
from machiya.engines.local.argo.simulation import Result, failing, simulate

Make = Callable[..., str]


def test_a_dag_runs_tasks_when_those_before_have_ended(dag: Make) -> None:
    run = simulate(
        dag("""
      - {name: a, template: work}
      - {name: b, template: work, depends: a}
      - {name: c, template: work, dependencies: [a]}
      - {name: d, template: work, depends: b && c}
""")
    )
    assert run.phase == "Succeeded"
    assert run.names == ["wf.a", "wf.b", "wf.c", "wf.d"]
    assert run.most_at_once == 2
    assert run.nodes["d"].after == (run.nodes["b"].id, run.nodes["c"].id)


@pytest.mark.parametrize(
    ("depends", "phase", "whole"),
    [
        ("bad", "Omitted", "Failed"),
        ("bad.Failed", "Succeeded", "Succeeded"),
        ("bad.Failed && good", "Succeeded", "Succeeded"),
        ("bad.Errored || good.Failed", "Omitted", "Failed"),
        ("!bad.Succeeded && good.Succeeded", "Succeeded", "Succeeded"),
    ],
)
def test_depends_decides_by_results(dag: Make, depends: str, phase: str, whole: str) -> None:
    tasks = f"""
      - {{name: good, template: work}}
      - {{name: bad, template: work}}
      - {{name: last, template: work, depends: "{depends}"}}
      - {{name: end, template: work, depends: "good && last"}}
"""
    run = simulate(
        dag(tasks.replace("- {name: end", "- {name: end") if whole == "Succeeded" else tasks), failing("bad")
    )
    assert run.phases["last"] == phase
    assert run.phase == whole


def test_a_failure_that_a_later_task_tolerates_does_not_fail_the_dag(dag: Make) -> None:
    run = simulate(
        dag("""
      - {name: bad, template: work, continueOn: {failed: true}}
      - {name: next, template: work, dependencies: [bad]}
"""),
        failing("bad"),
    )
    assert (run.phase, run.phases["next"]) == ("Succeeded", "Succeeded")


def test_tasks_that_wait_for_each_other_are_an_error(dag: Make) -> None:
    run = simulate(
        dag("""
      - {name: a, template: work, depends: b}
      - {name: b, template: work, depends: a}
""")
    )
    assert run.phase == "Error"
    assert "wait for each other: a, b" in run.nodes[""].message


def test_an_unresolved_variable_is_an_error_and_nothing_starts(dag: Make) -> None:
    run = simulate(
        dag("""
      - {name: a, template: work, arguments: {parameters: [{name: x, value: "{{tasks.z.outputs.result}}"}]}}
""")
    )
    assert (run.phase, run.started) == ("Error", [])
    assert run.nodes["a"].message == "failed to resolve {{tasks.z.outputs.result}}"


def test_node_ids_are_those_of_argo(dag: Make) -> None:
    run = simulate(dag("      - {name: a, template: work}\n"))
    assert (run.nodes[""].id, run.nodes["a"].id) == ("wf", "wf-2962115457")
    assert node_id("wf", "foobar") == f"wf-{0xBF9CF968}"  # the published test vector of FNV-1a


@pytest.mark.parametrize(
    ("depends", "phase"),
    [
        ("skipped", "Succeeded"),
        ("skipped.Succeeded", "Omitted"),
        ("skipped.Skipped && !skipped.Failed", "Succeeded"),
        ("omitted", "Omitted"),
        ("omitted.Omitted", "Succeeded"),
        ("error.Failed", "Omitted"),
        ("error.Errored", "Succeeded"),
        ("skipped.Daemoned", "Omitted"),
    ],
)
def test_a_name_alone_means_succeeded_or_skipped(dag: Make, depends: str, phase: str) -> None:
    run = simulate(
        dag(f"""
      - {{name: good, template: work}}
      - {{name: skipped, template: work, when: "1 > 2"}}
      - {{name: omitted, template: work, depends: good.Failed}}
      - {{name: error, template: work}}
      - {{name: last, template: work, depends: "{depends}"}}
"""),
        lambda spec: Result(error="lost") if spec.node_name == "wf.error" else Result(),
    )
    assert run.phases["last"] == phase


@pytest.mark.parametrize(
    ("failed", "depends", "phase"),
    [
        ("1", "each.AnySucceeded", "Succeeded"),
        ("1", "each", "Omitted"),
        ("1", "each.AllFailed", "Omitted"),
        ("123", "each.AllFailed", "Succeeded"),
        ("123", "each.AnySucceeded", "Omitted"),
        ("", "each.AllFailed || each.AnySucceeded", "Succeeded"),
    ],
)
def test_a_loop_has_results_of_its_own(dag: Make, failed: str, depends: str, phase: str) -> None:
    run = simulate(
        dag(f"""
      - name: each
        template: work
        withItems: [1, 2, 3]
        arguments: {{parameters: [{{name: x, value: "{{{{item}}}}"}}]}}
      - {{name: last, template: work, depends: "{depends}"}}
"""),
        lambda spec: Result(code=int(spec.command[1] in failed)),
    )
    assert run.phases["last"] == phase


def test_only_the_target_and_what_it_depends_on_run(dag: Make) -> None:
    tasks = """
      - {name: a, template: work}
      - {name: b, template: work, depends: a}
      - {name: c, template: work, depends: b}
      - {name: d, template: work, depends: a}
"""
    run = simulate(dag(tasks).replace("    dag:\n", "    dag:\n      target: b d\n"))
    assert (run.phase, sorted(run.phases)) == ("Succeeded", ["a", "b", "d"])
    run = simulate(dag(tasks).replace("    dag:\n", "    dag:\n      target: z\n"))
    assert (run.phase, run.nodes[""].message) == ("Error", "dag.target: there is no task 'z'")


@pytest.mark.parametrize(("kind", "phase"), [("failed", "Succeeded"), ("error", "Failed")])
def test_a_last_task_may_fail_if_the_dag_is_to_continue_on_that(dag: Make, kind: str, phase: str) -> None:
    tasks = f"      - {{name: bad, template: work, continueOn: {{{kind}: true}}}}\n"
    assert simulate(dag(tasks), failing("bad")).phase == phase


@pytest.mark.parametrize("fast", ["true", "false"])
def test_a_failure_does_not_keep_another_branch_from_going_on(dag: Make, fast: str) -> None:
    tasks = """
      - {name: bad, template: work}
      - {name: a, template: work}
      - {name: b, template: work, depends: a}
"""
    run = simulate(dag(tasks).replace("    dag:\n", f"    dag:\n      failFast: {fast}\n"), failing("bad"))
    assert (run.phase, run.phases["b"]) == ("Failed", "Succeeded")


def test_a_task_that_succeeds_after_a_failure_that_it_expected_makes_up_for_it(dag: Make) -> None:
    run = simulate(
        dag("""
      - {name: bad, template: work}
      - {name: mend, template: work, depends: bad.Failed}
      - {name: last, template: work, depends: mend.Failed}
"""),
        failing("bad"),
    )
    assert (run.phase, run.phases["last"]) == ("Succeeded", "Omitted")


def test_a_recursion_that_never_ends_is_an_error(dag: Make) -> None:
    run = simulate(dag("      - {name: again, template: main}\n"))
    assert (run.phase, run.started) == ("Error", [])
    deepest = max(run.interpreter.nodes.values(), key=lambda node: len(node.name))
    assert (deepest.name.count(".again"), deepest.phase) == (99, "Error")
    assert "maximum recursion depth exceeded" in deepest.message
