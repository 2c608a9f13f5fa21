"""What templates give to others; suspended runs."""

from collections.abc import Callable

from machiya.engines.local.argo.simulation import Result, simulate

Make = Callable[..., str]


def test_outputs_pass_by_parameter_expression_and_default(dag: Make) -> None:
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


def test_an_output_that_cannot_be_resolved_is_an_error(dag: Make) -> None:
    run = simulate(
        dag(
            "      - {name: a, template: work}\n",
            more="""    outputs:
      parameters: [{name: o, valueFrom: {parameter: "{{tasks.a.outputs.parameters.absent}}"}}]
""",
        )
    )
    assert (run.phase, run.nodes[""].message) == ("Error", "outputs.parameters.o: unable to resolve its value")


def test_global_outputs_are_known_to_the_exit_handler(workflow: Make) -> None:
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
    assert run.words[-1] == "value Succeeded"


def test_a_suspended_run_waits_for_its_time_or_for_somebody(workflow: Make) -> None:
    suspend = "  - name: main\n    suspend: %s\n"
    assert simulate(workflow(suspend % "{duration: 20s}")).now == 20
    assert simulate(workflow(suspend % "{}"), resume_at=7).now == 7
