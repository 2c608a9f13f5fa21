"""Expressions, conditions and tags mean what they mean to Argo."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from machiya.engines.local.argo.conditions import ConditionError, holds
from machiya.engines.local.argo.expressions import ExpressionError, evaluate, go_text
from machiya.engines.local.argo.expressions.functions import FUNCTIONS
from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute, substitute_all, unresolved
from machiya.manifest.grammar.expressions import FUNCTIONS as KNOWN
from machiya.manifest.grammar.expressions.functions import CLOCK

VALUES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "expr" / "values.json").read_text())
VARIABLES = {
    "inputs": {"parameters": {"count": "3", "my-name": "x"}},
    "steps": {"flip": {"outputs": {"result": "heads"}}},
    "empty": None,
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("5 / 2", 2.5),
        ("2 ** 3 ** 2", 512.0),
        ("-2 + 1", -1),
        ("'a' + \"b\"", "ab"),
        ("asInt(inputs.parameters.count) + 1", 4),
        ("inputs.parameters['my-name'] == 'x' && !false", True),
        ("inputs.parameters.count == '3' ? 'yes' : 'no'", "yes"),
        ("steps.flip.outputs.result == 'heads' and not (1 > 2)", True),
        ("inputs.parameters.absent == nil", True),
        ("empty?.a.b", None),
        ("empty?.a ?? 'other'", "other"),
        ("'b' in ['a', 'b']", True),
        ("'c' not in ['a', 'b']", True),
        ("'a' in {a: 1}", True),
        ("'train-3' matches '^train-[0-9]+$'", True),
        ("'train' startsWith 'tr' && 'train' contains 'ai' && 'train' endsWith 'in'", True),
        ("map(1..3, {# * 2})", [2, 4, 6]),
        ("filter([1, 2, 3], # > 1)", [2, 3]),
        ("any([{a: 1}], {.a == 1}) and all([1], {# == 1})", True),
        ("count(1..4, {# % 2 == 0})", 2),
        ("[1, 2, 3][1:]", [2, 3]),
        ("[1, 2, 3][-1]", 3),
        ("let x = 2; x * x", 4),
        ("['b', 'a'] | sort() | join('-')", "a-b"),
        ("toJson({b: 1, a: [1.0, 'x']})", '{"a":[1,"x"],"b":1}'),
        ("toJson('<b>')", '"\\u003cb\\u003e"'),
        ("toJSON({a: [1]})", '{\n  "a": [\n    1\n  ]\n}'),
        ("string(fromJSON('{\"n\": 1000000}').n)", "1e+06"),
        ("sprig.trunc(2, 'abc') + string(bitand(6, 3))", "ab2"),
        ("$env['empty'] == nil", True),
        ("jsonpath('{\"a\": [{\"b\": 7}]}', '$.a[0].b')", 7),
        ('jsonpath(\'{"a": [{"b": 7}, {"b": 8}]}\', \'$.a[*].b\')', [7, 8]),
        ("sprig.trim('  a ') + sprig.upper('b')", "aB"),
        ("sprig.replace('.', '-', '0.01')", "0-01"),
        ("sprig.default('d', '') + sprig.ternary('y', 'n', true)", "dy"),
        ("sprig.add(1, '2', 3.7) - sprig.mul(2, 2)", 2),
        ("sprig.div(-7, 2)", -3),
        ("sprig.join(',', ['a', 1])", "a,1"),
        ("len('a') + len([1, 2])", 3),
    ],
)
def test_an_expression_has_the_value_of_expr_lang(expression: str, value: Any) -> None:
    assert evaluate(expression, VARIABLES) == value


def outcome(expression: str) -> dict[str, Any]:
    try:
        return {"value": evaluate(expression, VALUES["variables"])}
    except ExpressionError:
        return {"fails": True}


def test_expressions_have_the_values_that_expr_lang_itself_gives_them() -> None:
    cases = VALUES["cases"]
    assert len(cases) > 300
    assert [case for case in cases if case != {"expression": case["expression"], **outcome(case["expression"])}] == []


def test_all_known_functions_can_be_called_but_those_of_the_clock() -> None:
    assert {name for name in FUNCTIONS if not name.startswith("sprig.")} == KNOWN - CLOCK


def test_sha256sum_is_that_of_the_text() -> None:
    assert evaluate("sprig.sha256sum('a')", {}) == hashlib.sha256(b"a").hexdigest()


@pytest.mark.parametrize(
    ("expression", "position"),
    [("1 +", 3), ("a.b + 1", 0), ("1 ~ 2", 2), ("'a' + 1", 4), ("1 + nope(1)", 4), ("1 ? 2 : 3", 2)],
)
def test_an_error_names_the_position(expression: str, position: int) -> None:
    with pytest.raises(ExpressionError) as error:
        evaluate(expression, VARIABLES)
    assert error.value.position == position


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (35.8, "35.8"),
        (2.0, "2"),
        (999999.0, "999999"),
        (1e6, "1e+06"),
        (1000000, "1000000"),
        (123456789.5, "1.234567895e+08"),
        (0.00001, "1e-05"),
        (float("inf"), "+Inf"),
        (True, "true"),
        ([1, "a"], "[1 a]"),
        ({"b": 1, "a": 2}, "map[a:2 b:1]"),
        (None, "<nil>"),
    ],
)
def test_values_are_printed_as_go_prints_them(value: Any, text: str) -> None:
    assert go_text(value) == text


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("", True),
        ("heads == heads", True),
        ("heads == tails", False),
        ("8 < 10", True),
        ("'8' < '10'", False),
        ("tails =~ tai && (a == b || 2 >= 2)", True),
        ("!(true && false)", True),
        ("a in (a, b)", True),
        ("'a-b' != \"a b\"", True),
        ("true", True),
    ],
)
def test_a_condition_means_what_govaluate_makes_of_it(condition: str, value: bool) -> None:
    assert holds(condition) is value


@pytest.mark.parametrize(
    "condition", ["a-b == c", "heads", "1 + 1", "{{steps.a.outputs.result}} == x", "(a == b", "a < 1"]
)
def test_a_condition_that_cannot_be_evaluated_is_an_error(condition: str) -> None:
    with pytest.raises(ConditionError):
        holds(condition)


def scope() -> Scope:
    outer = Scope(values={"workflow.name": "wf", "inputs.parameters.a": "outer"})
    return outer.child({"inputs.parameters.a": "{{workflow.name}}", "inputs.parameters.b": "2", "item": "b"})


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{workflow.name}}-{{ inputs.parameters.b }}", "wf-2"),
        ("{{inputs.parameters.a}}", "{{workflow.name}}"),
        ("{{inputs.parameters.{{item}}}}", "2"),
        ("{{=asInt(inputs.parameters.b) * 2}}", "4"),
        ("{{=inputs.parameters['b'] == '2' ? 'x' : 'y'}}", "x"),
        (
            "{{unknown}} {{=unknown + 1}} {{=inputs.parameters.absent}}",
            "{{unknown}} {{=unknown + 1}} {{=inputs.parameters.absent}}",
        ),
        ("{{tasks.x.outputs.result}} {{workflow.name}}", "{{tasks.x.outputs.result}} wf"),
        ("{{not closed", "{{not closed"),
        ("{{workflow.name}} {{not {{item}}", "wf {{not {{item}}"),
        ("{{tasks.{{item}}.id}}", "{{tasks.b.id}}"),
    ],
)
def test_tags_are_replaced_once_and_unknown_ones_stay(text: str, result: str) -> None:
    assert substitute(text, scope()) == result


def test_what_has_no_tags_stays_the_same_object() -> None:
    value = ("a", {"b": ["c"]})
    assert substitute_all(value, scope()) is value
    assert substitute_all(("{{item}}", {"{{item}}": 1}), scope()) == ("b", {"b": 1})


def test_unresolved_variables_of_argo_are_found_and_other_braces_are_not() -> None:
    texts = ("{{inputs.parameters.x}} {{item.name}}", json.dumps("{{ jinja }}"), "{{=steps.a}}")
    assert unresolved(texts) == ["inputs.parameters.x", "item.name", "=steps.a"]
