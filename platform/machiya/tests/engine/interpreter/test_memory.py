"""What is remembered, or known from an earlier session of the run, is not run again."""

from collections.abc import Callable

import pytest

from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.simulation import Result, exits, failing, simulate

Make = Callable[..., str]


MEMO = """
  - name: main
    memoize: {key: "k-{{=sprig.sha256sum(workflow.parameters.p)}}", cache: {configMap: {name: c}}}
    container: {image: busybox, command: [work]}
    outputs: {parameters: [{name: o, valueFrom: {path: /o}}]}
"""
PARAMETER = "  arguments: {parameters: [{name: p, value: '0.01'}]}\n"


def test_what_is_remembered_is_not_run_again(workflow: Make) -> None:
    def program(_: PodSpec) -> Result:
        return Result(parameters={"o": "made"})

    first = simulate(workflow(MEMO, PARAMETER), program)
    again = simulate(workflow(MEMO, PARAMETER), program, memory=first.memory)
    other = simulate(workflow(MEMO, PARAMETER), program, memory=first.memory, parameters={"p": "0.02"})
    assert (len(first.started), len(again.started), len(other.started)) == (1, 0, 1)
    assert again.nodes[""].memo_hit
    assert again.nodes[""].outputs.parameters == {"o": "made"}


def test_a_failure_is_not_remembered(workflow: Make) -> None:
    assert simulate(workflow(MEMO, PARAMETER), lambda _: Result(code=1)).memory == {}


def test_what_succeeded_in_an_earlier_session_is_not_run_again(dag: Make) -> None:
    manifest = dag("""
      - {name: a, template: work}
      - {name: b, template: work, depends: a}
""")
    first = simulate(manifest, failing("b"))
    known = {node.name: node for node in first.nodes.values() if node.phase == "Succeeded"}
    second = simulate(manifest, known=known)
    assert second.phase == "Succeeded"
    assert second.names == ["wf.b"]


def test_a_step_whose_inputs_differ_from_the_earlier_session_runs_again(dag: Make) -> None:
    manifest = dag("""
      - {name: a, template: work}
      - {name: b, template: work, depends: a, arguments: {parameters: [{name: x, value: "{{tasks.a.outputs.result}}"}]}}
""")
    first = simulate(manifest, lambda _: Result(result="1"))
    known = {node.name: node for node in first.nodes.values() if node.name == "wf.b"}
    second = simulate(manifest, lambda _: Result(result="2"), known=known)
    assert second.names == ["wf.a", "wf.b"]


def test_parameters_of_the_run_are_checked(workflow: Make) -> None:
    with pytest.raises(NodeError, match="has no parameter 'q'; it has p"):
        simulate(workflow(MEMO, PARAMETER), parameters={"q": "1"})


RETRIED = MEMO.replace("    container:", "    retryStrategy: {limit: 2}\n    container:")


def test_what_an_attempt_gave_is_remembered_for_all_of_them(workflow: Make) -> None:
    ends = iter([Result(code=1), Result(parameters={"o": "made"})])
    first = simulate(workflow(RETRIED, PARAMETER), lambda _: next(ends))
    again = simulate(workflow(RETRIED, PARAMETER), memory=first.memory)
    assert (first.phase, again.phase, again.started) == ("Succeeded", "Succeeded", [])
    assert again.nodes[""].outputs.parameters == {"o": "made"}


def test_what_failed_in_all_attempts_is_not_remembered(workflow: Make) -> None:
    run = simulate(workflow(RETRIED, PARAMETER), exits(1, 1, 1))
    assert (run.phase, run.memory) == ("Failed", {})


def test_what_is_known_from_an_earlier_session_need_not_be_looked_up(workflow: Make) -> None:
    first = simulate(workflow(MEMO, PARAMETER), lambda _: Result(parameters={"o": "made"}))
    known = {node.name: node for node in first.nodes.values()}
    second = simulate(workflow(MEMO, PARAMETER), known=known)
    assert (second.started, second.nodes[""].outputs.parameters) == ([], {"o": "made"})
    assert (second.nodes[""].memo_hit, list(second.memory)) == (False, list(first.memory))
