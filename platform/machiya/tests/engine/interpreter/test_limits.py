"""Time limits, stops, parallelism and locks."""

from collections.abc import Callable

import pytest

from machiya.engines.local.argo.simulation import Result, simulate

Make = Callable[..., str]


@pytest.mark.parametrize(("field", "value"), [("timeout", "5s"), ("activeDeadlineSeconds", 5)])
def test_a_program_that_takes_too_long_is_ended_and_failed(workflow: Make, field: str, value: object) -> None:
    template = f"  - name: main\n    {field}: {value}\n    container: {{image: busybox, command: [work]}}\n"
    run = simulate(workflow(template), lambda _: Result(seconds=100))
    assert (run.phase, run.now) == ("Failed", 5)


def test_the_workflow_has_a_deadline_and_its_exit_handler_runs_after_it(dag: Make) -> None:
    manifest = dag("      - {name: a, template: work}\n", specification="  activeDeadlineSeconds: 5\n  onExit: work\n")
    run = simulate(manifest, lambda spec: Result(seconds=1 if "onExit" in spec.node_name else 100))
    assert (run.phase, run.now, run.phases["onExit"]) == ("Failed", 6, "Succeeded")


def test_a_run_that_is_stopped_ends_programs_and_begins_nothing_but_the_exit_handler(dag: Make) -> None:
    manifest = dag(
        """
      - {name: a, template: work}
      - {name: b, template: work, depends: a.Failed}
""",
        specification="  onExit: work\n",
    )
    run = simulate(manifest, lambda _: Result(seconds=10), stop_at=5)
    assert run.phase == "Failed"
    assert run.names == ["wf.a", "wf.onExit"]
    run = simulate(manifest, lambda _: Result(seconds=10), kill_at=5)
    assert run.names == ["wf.a"]


def test_parallelism_limits_pods_of_the_workflow_and_children_of_a_template(dag: Make) -> None:
    tasks = "      - {name: each, template: work, withSequence: {count: 20}}\n"
    assert simulate(dag(tasks, specification="  parallelism: 3\n")).most_at_once == 3
    assert simulate(dag(tasks, more="    parallelism: 2\n")).most_at_once == 2
    assert simulate(dag(tasks)).most_at_once == 20


LOCKED = """
  - name: main
    dag:
      tasks: [{name: each, template: locked, withSequence: {count: 6}}]
  - name: locked
    synchronization: %s
    container: {image: busybox, command: [work]}
"""


def test_a_mutex_lets_one_in_and_a_semaphore_as_many_as_its_config_map_says(workflow: Make) -> None:
    assert simulate(workflow(LOCKED % "{mutex: {name: m}}")).most_at_once == 1
    limits = "kind: ConfigMap\nmetadata: {name: limits}\ndata: {n: '2'}"
    semaphore = LOCKED % "{semaphores: [{configMapKeyRef: {name: limits, key: n}}]}"
    assert simulate(workflow(semaphore), beside={"limits.yaml": limits}).most_at_once == 2
    run = simulate(workflow(semaphore))
    assert (run.phase, run.started) == ("Error", [])


def test_parallelism_counts_children_and_not_what_is_inside_them(workflow: Make) -> None:
    run = simulate(
        workflow("""
  - name: main
    parallelism: 1
    dag:
      tasks: [{name: each, template: pair, withSequence: {count: 3}}]
  - name: pair
    steps:
    - - {name: a, template: work}
      - {name: b, template: work}
""")
    )
    assert (run.phase, run.most_at_once, len(run.started)) == ("Succeeded", 2, 6)


def test_parallelism_of_the_workflow_counts_what_is_inside_templates(workflow: Make) -> None:
    run = simulate(
        workflow(
            """
  - name: main
    dag:
      tasks: [{name: each, template: pair, withSequence: {count: 3}}]
  - name: pair
    parallelism: 2
    steps:
    - - {name: a, template: work}
      - {name: b, template: work}
      - {name: c, template: work}
""",
            "  parallelism: 3\n",
        )
    )
    assert (run.phase, run.most_at_once, len(run.started)) == ("Succeeded", 3, 9)


def test_who_waits_for_a_lock_says_so_and_a_stop_ends_the_wait(workflow: Make) -> None:
    run = simulate(workflow(LOCKED % "{mutex: {name: m}}"), lambda _: Result(seconds=10), stop_at=5)
    assert (run.phase, len(run.started), run.now) == ("Failed", 1, 5)


def test_a_suspended_run_that_is_stopped_fails(workflow: Make) -> None:
    run = simulate(workflow("  - name: main\n    suspend: {duration: 1h}\n"), stop_at=5)
    assert (run.phase, run.now) == ("Failed", 5)
