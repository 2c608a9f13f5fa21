"""withItems, withParam, withSequence."""

import json
from collections.abc import Callable

import pytest

from machiya.engines.local.argo.simulation import Result, simulate

Make = Callable[..., str]


def test_a_loop_makes_a_group_whose_outputs_are_lists(dag: Make) -> None:
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
    assert run.words[-1] == json.dumps(["<a>", '<{"k":"v"}>', "<3>"], separators=(",", ":"))


@pytest.mark.parametrize(
    ("loop", "items"),
    [
        ('withParam: "[1, \\"b\\", [2]]"', ["1", "b", "[2]"]),
        ("withSequence: {count: 3, start: '5'}", ["5", "6", "7"]),
        ("withSequence: {start: '2', end: '0', format: 'n%02d'}", ["n02", "n01", "n00"]),
    ],
)
def test_loops_over_parameters_and_sequences(dag: Make, loop: str, items: list[str]) -> None:
    run = simulate(
        dag(f"""
      - name: each
        template: work
        {loop}
        arguments: {{parameters: [{{name: x, value: "{{{{item}}}}"}}]}}
""")
    )
    assert run.words == items


def test_a_loop_over_nothing_is_skipped_and_what_follows_gets_an_empty_list(dag: Make) -> None:
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
    assert run.words == ["[]"]


def test_when_is_evaluated_for_each_item(dag: Make) -> None:
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


@pytest.mark.parametrize("loop", ["withSequence: {count: 0}", "withItems: []", 'withParam: " [] "'])
def test_there_is_nothing_to_loop_over(dag: Make, loop: str) -> None:
    run = simulate(dag(f"      - {{name: each, template: work, {loop}}}\n"))
    assert (run.phase, run.phases) == ("Succeeded", {"each": "Skipped"})
    assert run.nodes["each"].message == "Skipped, empty params"


@pytest.mark.parametrize("param", ["no list", "{}", "[1, 2"])
def test_a_param_that_is_no_list_is_an_error(dag: Make, param: str) -> None:
    run = simulate(dag(f"      - {{name: each, template: work, withParam: '{param}'}}\n"))
    assert (run.phase, run.phases, run.started) == ("Error", {"each": "Error"}, [])
    assert "list" in run.nodes["each"].message


def test_a_loop_over_what_an_earlier_step_gave(dag: Make) -> None:
    run = simulate(
        dag("""
      - {name: first, template: work}
      - name: each
        template: work
        depends: first
        withParam: "{{tasks.first.outputs.result}}"
        arguments: {parameters: [{name: x, value: "{{item.k}}-{{item}}"}]}
"""),
        lambda _: Result(result='[{"k": 1}, {"k": "b"}]'),
    )
    assert run.words[1:] == ['1-{"k":1}', 'b-{"k":"b"}']


def test_the_ends_of_a_sequence_may_be_parameters(dag: Make) -> None:
    run = simulate(
        dag(
            """
      - name: each
        template: work
        withSequence: {start: "{{workflow.parameters.from}}", end: "{{workflow.parameters.to}}", format: "%02X"}
        arguments: {parameters: [{name: x, value: "{{item}}"}]}
""",
            specification="  arguments: {parameters: [{name: from, value: '9'}, {name: to, value: '11'}]}\n",
        )
    )
    assert run.words == ["09", "0A", "0B"]
    assert [name for name in run.phases if "(" in name] == ["each(0:09)", "each(1:0A)", "each(2:0B)"]


@pytest.mark.parametrize(
    ("when", "phase"),
    [
        ("{{workflow.parameters.p}} == yes", "Succeeded"),
        ("'{{workflow.parameters.p}}' == 'yes'", "Succeeded"),
        ('"{{workflow.parameters.p}}" != "yes"', "Skipped"),
        ("{{workflow.parameters.p}} == no || 3 >= 2", "Succeeded"),
        ("'a b' == 'a b' && !(1 == 2)", "Succeeded"),
        ("{{workflow.parameters.p}} =~ '^y'", "Succeeded"),
        ("{{workflow.parameters.p}} in (no, yes)", "Succeeded"),
        ("{{=workflow.parameters.p == 'no'}}", "Skipped"),
        ("yes", "Error"),
        ("1 +", "Error"),
    ],
)
def test_a_condition_compares_texts_with_and_without_quotes(dag: Make, when: str, phase: str) -> None:
    text = when.replace('"', '\\"')
    parameter = "  arguments: {parameters: [{name: p, value: 'yes'}]}\n"
    tasks = f'      - {{name: a, template: work, when: "{text}"}}\n'
    assert simulate(dag(tasks, specification=parameter)).phases["a"] == phase
