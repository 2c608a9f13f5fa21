"""The interpreter gives nodes, names, phases and values as Argo does."""

import json
from collections.abc import Callable

import pytest

from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.nodes import node_id
from machiya.engines.local.argo.simulation import Result, Simulation, simulate

HEAD = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: test-}
spec:
  entrypoint: main
"""
WORK = """
  - name: work
    inputs: {parameters: [{name: x, default: none}]}
    container: {image: busybox, command: [work, "{{inputs.parameters.x}}"]}
"""


def workflow(templates: str, specification: str = "") -> str:
    return f"{HEAD}{specification}  templates:\n{WORK}{templates}"


def dag(tasks: str, more: str = "", specification: str = "") -> str:
    return workflow(f"  - name: main\n{more}    dag:\n      tasks:\n{tasks}", specification)


def failing(*names: str, code: int = 1) -> Callable[[PodSpec], Result]:
    return lambda spec: Result(code=code if spec.node_name.rpartition(".")[2].split("(")[0] in names else 0)


def words(simulation: Simulation) -> list[str]:
    return [" ".join(spec.command[1:]) for spec in simulation.started]


def test_a_dag_runs_tasks_when_those_before_have_ended() -> None:
    run = simulate(
        dag("""
      - {name: a, template: work}
      - {name: b, template: work, depends: a}
      - {name: c, template: work, dependencies: [a]}
      - {name: d, template: work, depends: b && c}
""")
    )
    assert run.phase == "Succeeded"
    assert [spec.node_name for spec in run.started] == ["wf.a", "wf.b", "wf.c", "wf.d"]
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
def test_depends_decides_by_results(depends: str, phase: str, whole: str) -> None:
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


def test_a_failure_that_a_later_task_tolerates_does_not_fail_the_dag() -> None:
    run = simulate(
        dag("""
      - {name: bad, template: work, continueOn: {failed: true}}
      - {name: next, template: work, dependencies: [bad]}
"""),
        failing("bad"),
    )
    assert (run.phase, run.phases["next"]) == ("Succeeded", "Succeeded")


def test_tasks_that_wait_for_each_other_are_an_error() -> None:
    run = simulate(
        dag("""
      - {name: a, template: work, depends: b}
      - {name: b, template: work, depends: a}
""")
    )
    assert run.phase == "Error"
    assert "wait for each other: a, b" in run.nodes[""].message


def test_a_loop_makes_a_group_whose_outputs_are_lists() -> None:
    run = simulate(
        dag("""
      - name: each
        template: work
        withItems: [a, {k: v}, 3]
        arguments: {parameters: [{name: x, value: "{{item}}"}]}
      - name: last
        template: work
        depends: each
        arguments: {parameters: [{name: x, value: "{{tasks.each.outputs.result}}"}]}
"""),
        lambda spec: Result(result=f"<{spec.command[1]}>"),
    )
    assert run.phases == {
        "each": "Succeeded", "each(0:a)": "Succeeded", "each(1:k:v)": "Succeeded", "each(2:3)": "Succeeded",
        "last": "Succeeded",
    }  # fmt: skip
    assert run.nodes["each"].type == "TaskGroup"
    assert words(run)[-1] == json.dumps(["<a>", '<{"k":"v"}>', "<3>"], separators=(",", ":"))


@pytest.mark.parametrize(
    ("loop", "items"),
    [
        ('withParam: "[1, \\"b\\", [2]]"', ["1", "b", "[2]"]),
        ("withSequence: {count: 3, start: '5'}", ["5", "6", "7"]),
        ("withSequence: {start: '2', end: '0', format: 'n%02d'}", ["n02", "n01", "n00"]),
    ],
)
def test_loops_over_parameters_and_sequences(loop: str, items: list[str]) -> None:
    run = simulate(
        dag(f"""
      - name: each
        template: work
        {loop}
        arguments: {{parameters: [{{name: x, value: "{{{{item}}}}"}}]}}
""")
    )
    assert words(run) == items


def test_a_loop_over_nothing_is_skipped_and_what_follows_gets_an_empty_list() -> None:
    run = simulate(
        dag("""
      - {name: each, template: work, withParam: "[]"}
      - name: last
        template: work
        depends: each
        arguments: {parameters: [{name: x, value: "{{tasks.each.outputs.result}}"}]}
""")
    )
    assert run.phases == {"each": "Skipped", "last": "Succeeded"}
    assert words(run) == ["[]"]


def test_when_is_evaluated_for_each_item() -> None:
    run = simulate(
        dag("""
      - {name: each, template: work, withItems: [1, 2, 3], when: "{{item}} > 1"}
""")
    )
    assert run.phases == {
        "each": "Succeeded",
        "each(0:1)": "Skipped",
        "each(1:2)": "Succeeded",
        "each(2:3)": "Succeeded",
    }


STEPS = """
  - name: main
    steps:
    - - {name: a, template: work}
      - {name: b, template: work%s}
    - - {name: c, template: work}
"""


def test_steps_run_group_after_group() -> None:
    run = simulate(workflow(STEPS % ""))
    assert [spec.node_name for spec in run.started] == ["wf[0].a", "wf[0].b", "wf[1].c"]
    assert run.nodes["[0]"].type == "StepGroup"
    assert run.nodes["[1]"].after == (run.nodes["[0].a"].id, run.nodes["[0].b"].id)


def test_a_failed_step_ends_the_steps_unless_they_may_continue() -> None:
    run = simulate(workflow(STEPS % ""), failing("b"))
    assert (run.phase, "[1].c" in run.phases) == ("Failed", False)
    run = simulate(workflow(STEPS % ", continueOn: {failed: true}"), failing("b"))
    assert (run.phase, run.phases["[1].c"]) == ("Succeeded", "Succeeded")


RETRY = """
  - name: main
    retryStrategy: %s
    container: {image: busybox, command: [work, "{{retries}}"]}
"""


def codes(*values: int) -> Callable[[PodSpec], Result]:
    remaining = list(values)
    return lambda _: Result(code=remaining.pop(0))


def test_attempts_are_nodes_of_their_own() -> None:
    run = simulate(workflow(RETRY % "{limit: 3}"), codes(1, 1, 0))
    assert run.phase == "Succeeded"
    assert run.phases == {"(0)": "Failed", "(1)": "Failed", "(2)": "Succeeded"}
    assert run.nodes[""].type == "Retry"
    assert words(run) == ["0", "1", "2"]


def test_the_limit_counts_retries_not_attempts() -> None:
    run = simulate(workflow(RETRY % "{limit: 1}"), codes(1, 1, 0))
    assert (run.phase, len(run.started)) == ("Failed", 2)
    assert run.nodes[""].message.startswith("No more retries left")


@pytest.mark.parametrize(
    ("strategy", "attempts"),
    [
        ('{limit: 5, expression: "asInt(lastRetry.exitCode) in [75, 143]"}', 2),
        ("{limit: 5, expression: \"lastRetry.status == 'Failed' && asInt(retries) < 2\"}", 3),
        ("{limit: 5, retryPolicy: OnError}", 1),
    ],
)
def test_expression_and_policy_decide_about_another_attempt(strategy: str, attempts: int) -> None:
    run = simulate(workflow(RETRY % strategy), codes(75, 64, 64, 64, 64, 64))
    assert (run.phase, len(run.started)) == ("Failed", attempts)


def test_backoff_grows_by_its_factor() -> None:
    run = simulate(workflow(RETRY % "{limit: 2, backoff: {duration: 10s, factor: 3}}"), codes(1, 1, 0))
    assert [run.nodes[f"({n})"].started for n in range(3)] == [0, 11, 42]


def test_backoff_ends_with_its_longest_duration() -> None:
    run = simulate(workflow(RETRY % "{limit: 9, backoff: {duration: 10s, maxDuration: 15s}}"), codes(*[1] * 9))
    assert (len(run.started), run.nodes[""].message) == (2, "Max duration limit exceeded")


@pytest.mark.parametrize(("field", "value"), [("timeout", "5s"), ("activeDeadlineSeconds", 5)])
def test_a_program_that_takes_too_long_is_ended_and_failed(field: str, value: object) -> None:
    template = f"  - name: main\n    {field}: {value}\n    container: {{image: busybox, command: [work]}}\n"
    run = simulate(workflow(template), lambda _: Result(seconds=100))
    assert (run.phase, run.now) == ("Failed", 5)


def test_the_workflow_has_a_deadline_and_its_exit_handler_runs_after_it() -> None:
    manifest = dag("      - {name: a, template: work}\n", specification="  activeDeadlineSeconds: 5\n  onExit: work\n")
    run = simulate(manifest, lambda spec: Result(seconds=1 if "onExit" in spec.node_name else 100))
    assert (run.phase, run.now, run.phases["onExit"]) == ("Failed", 6, "Succeeded")


def test_a_run_that_is_stopped_ends_programs_and_begins_nothing_but_the_exit_handler() -> None:
    manifest = dag(
        """
      - {name: a, template: work}
      - {name: b, template: work, depends: a.Failed}
""",
        specification="  onExit: work\n",
    )
    run = simulate(manifest, lambda _: Result(seconds=10), stop_at=5)
    assert run.phase == "Failed"
    assert [spec.node_name for spec in run.started] == ["wf.a", "wf.onExit"]
    run = simulate(manifest, lambda _: Result(seconds=10), kill_at=5)
    assert [spec.node_name for spec in run.started] == ["wf.a"]


def test_parallelism_limits_pods_of_the_workflow_and_children_of_a_template() -> None:
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


def test_a_mutex_lets_one_in_and_a_semaphore_as_many_as_its_config_map_says() -> None:
    assert simulate(workflow(LOCKED % "{mutex: {name: m}}")).most_at_once == 1
    limits = "kind: ConfigMap\nmetadata: {name: limits}\ndata: {n: '2'}"
    semaphore = LOCKED % "{semaphores: [{configMapKeyRef: {name: limits, key: n}}]}"
    assert simulate(workflow(semaphore), beside={"limits.yaml": limits}).most_at_once == 2
    run = simulate(workflow(semaphore))
    assert (run.phase, run.started) == ("Error", [])


MEMO = """
  - name: main
    memoize: {key: "k-{{=sprig.sha256sum(workflow.parameters.p)}}", cache: {configMap: {name: c}}}
    container: {image: busybox, command: [work]}
    outputs: {parameters: [{name: o, valueFrom: {path: /o}}]}
"""
PARAMETER = "  arguments: {parameters: [{name: p, value: '0.01'}]}\n"


def test_what_is_remembered_is_not_run_again() -> None:
    def program(_: PodSpec) -> Result:
        return Result(parameters={"o": "made"})

    first = simulate(workflow(MEMO, PARAMETER), program)
    again = simulate(workflow(MEMO, PARAMETER), program, memory=first.memory)
    other = simulate(workflow(MEMO, PARAMETER), program, memory=first.memory, parameters={"p": "0.02"})
    assert (len(first.started), len(again.started), len(other.started)) == (1, 0, 1)
    assert again.nodes[""].memo_hit
    assert again.nodes[""].outputs.parameters == {"o": "made"}


def test_a_failure_is_not_remembered() -> None:
    assert simulate(workflow(MEMO, PARAMETER), lambda _: Result(code=1)).memory == {}


def test_a_suspended_run_waits_for_its_time_or_for_somebody() -> None:
    suspend = "  - name: main\n    suspend: %s\n"
    assert simulate(workflow(suspend % "{duration: 20s}")).now == 20
    assert simulate(workflow(suspend % "{}"), resume_at=7).now == 7


def test_outputs_pass_by_parameter_expression_and_default() -> None:
    run = simulate(
        dag(
            """
      - {name: a, template: work}
      - {name: b, template: work, when: "1 > 2"}
""",
            more="""    outputs:
      parameters:
      - {name: direct, valueFrom: {parameter: "{{tasks.a.outputs.result}}"}}
      - {name: code, valueFrom: {expression: "asInt(tasks.a.exitCode) + 1"}}
      - {name: default, valueFrom: {parameter: "{{tasks.b.outputs.result}}", default: none}}
""",
        ),
        lambda _: Result(result="r"),
    )
    assert run.nodes[""].outputs.parameters == {"direct": "r", "code": "1", "default": "none"}


def test_an_output_that_cannot_be_resolved_is_an_error() -> None:
    run = simulate(
        dag(
            "      - {name: a, template: work}\n",
            more="""    outputs:
      parameters: [{name: o, valueFrom: {parameter: "{{tasks.a.outputs.parameters.absent}}"}}]
""",
        )
    )
    assert (run.phase, run.nodes[""].message) == ("Error", "outputs.parameters.o: unable to resolve its value")


def test_global_outputs_are_known_to_the_exit_handler() -> None:
    run = simulate(
        workflow(
            """
  - name: main
    container: {image: busybox, command: [work]}
    outputs: {parameters: [{name: o, globalName: g, valueFrom: {path: /o}}]}
  - name: bye
    container: {image: busybox, command: [bye, "{{workflow.outputs.parameters.g}} {{workflow.status}}"]}
""",
            "  onExit: bye\n",
        ),
        lambda _: Result(parameters={"o": "value"}),
    )
    assert words(run)[-1] == "value Succeeded"


def test_hooks_run_when_their_expression_holds() -> None:
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
    assert [spec.node_name for spec in run.started] == ["wf.a.hooks.running", "wf.a", "wf.a.onExit", "wf.b"]


def test_an_unresolved_variable_is_an_error_and_nothing_starts() -> None:
    run = simulate(
        dag("""
      - {name: a, template: work, arguments: {parameters: [{name: x, value: "{{tasks.z.outputs.result}}"}]}}
""")
    )
    assert (run.phase, run.started) == ("Error", [])
    assert run.nodes["a"].message == "failed to resolve {{tasks.z.outputs.result}}"


def test_parameters_of_the_run_are_checked() -> None:
    with pytest.raises(NodeError, match="has no parameter 'q'; it has p"):
        simulate(workflow(MEMO, PARAMETER), parameters={"q": "1"})


def test_what_succeeded_in_an_earlier_session_is_not_run_again() -> None:
    manifest = dag("""
      - {name: a, template: work}
      - {name: b, template: work, depends: a}
""")
    first = simulate(manifest, failing("b"))
    known = {node.name: node for node in first.nodes.values() if node.phase == "Succeeded"}
    second = simulate(manifest, known=known)
    assert second.phase == "Succeeded"
    assert [spec.node_name for spec in second.started] == ["wf.b"]


def test_a_step_whose_inputs_differ_from_the_earlier_session_runs_again() -> None:
    manifest = dag("""
      - {name: a, template: work}
      - {name: b, template: work, depends: a, arguments: {parameters: [{name: x, value: "{{tasks.a.outputs.result}}"}]}}
""")
    first = simulate(manifest, lambda _: Result(result="1"))
    known = {node.name: node for node in first.nodes.values() if node.name == "wf.b"}
    second = simulate(manifest, lambda _: Result(result="2"), known=known)
    assert [spec.node_name for spec in second.started] == ["wf.a", "wf.b"]


def test_node_ids_are_those_of_argo() -> None:
    run = simulate(dag("      - {name: a, template: work}\n"))
    assert (run.nodes[""].id, run.nodes["a"].id) == ("wf", "wf-2962115457")
    assert node_id("wf", "foobar") == f"wf-{0xBF9CF968}"  # the published test vector of FNV-1a
