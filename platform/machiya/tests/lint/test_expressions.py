"""Expressions and tags: what is understood, which variables are named, what is refused and where."""

import pytest

from machiya.manifest.lint.expressions import ExpressionError, parse, references
from machiya.manifest.lint.tags import find_tags, normalized, without_tags


def names(text: str) -> list[str]:
    return [reference.name for reference in references(parse(text)) if not reference.called]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("inputs.parameters.size", ["inputs.parameters.size"]),
        ("inputs.parameters['my-size'] + 1", ["inputs.parameters.my-size"]),
        (
            'steps["flip-coin"].outputs.result == "heads" ? steps.a.id : 1',
            ["steps.flip-coin.outputs.result", "steps.a.id"],
        ),
        ("filter([1, 2], {# > workflow.parameters.x})", ["workflow.parameters.x"]),
        ("map(fromJSON(item), #.name)", ["item"]),
        ("filter(xs, .size > 1)", ["xs"]),
        ("let x = item.a; x + y", ["item.a", "y"]),
        ("{a: b, 'c': d, (e): f}", ["b", "d", "e", "f"]),
        ("a[b.c].d", ["b.c", "a"]),
        ("xs[1:n]", ["xs", "n"]),
        ("a not in [1, 2] and not b", ["a", "b"]),
        ("a | trim() | split(',')", ["a"]),
        ("1..n", ["n"]),
        ("-a ** 2 // comment", ["a"]),
        ("if a {b} else {c}", ["a", "b", "c"]),
        ("'it\\'s' == `raw`", []),
        ("sprig.trim(a)", ["sprig.trim", "a"]),
        ("data | filter(# endsWith '.pdf')", ["data"]),
    ],
)
def test_the_variables_of_an_expression(text: str, named: list[str]) -> None:
    assert names(text) == named


@pytest.mark.parametrize(
    "text",
    [
        "steps.a.outputs.result ?? 'x'",
        "steps?.a",
        "steps.a != nil",
        "'a' in steps ? steps.a : 1",
        "steps.a == nil ? 'x' : steps.a.outputs.result",
    ],
)
def test_variables_whose_absence_is_provided_for(text: str) -> None:
    assert [reference for reference in references(parse(text)) if not reference.guarded] == []


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("a = 1", 2, "=="),
        ("a ==", 4, "the end"),
        ("(a", 2, "')'"),
        ("a b", 2, "operator"),
        ("'abc", 0, "not closed"),
        ("a & b", 2, "&&"),
        ("a.my-name.'x'", 10, "name after '.'"),
        ("f(a,, b)", 4, "value"),
        ("{a b}", 3, "':'"),
        ("", 0, "the end"),
        ("(" * 200, 100, "deeply"),
        ("let 1 = 2; 3", 4, "name"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_place(text: str, position: int, said: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert said in error.value.message
    assert error.value.position == position


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        ("no tags", []),
        ("{{a}} and {{ b.c }}", ["a", "b.c"]),
        ("{{steps.run-{{ inputs.parameters.d }}.id}}", ["steps.run-{{inputs.parameters.d}}.id", "inputs.parameters.d"]),
        ('{"a":{{b}}}', ["b"]),
        ("{{=a + {b: 1}.b}} {{c}}", ["a + {b: 1}.b", "c"]),
        ("{{open", ["open"]),
    ],
)
def test_the_tags_of_a_text(text: str, bodies: list[str]) -> None:
    assert [tag.body for tag in find_tags(text)] == bodies


def test_tags_know_whether_they_are_expressions_and_closed() -> None:
    tags = {tag.body: tag for tag in find_tags("{{a}} {{=b}} {{c")}
    assert [(tag.expression, tag.closed) for tag in tags.values()] == [(False, True), (True, True), (False, False)]


def test_replacing_and_normalizing_tags() -> None:
    assert without_tags("a-{{b}}-{{=c}}-{{d{{e}}f}}", "x") == "a-x-x-x"
    assert without_tags("a {{ b", "x") == "a {{ b"
    assert normalized("run-{{ a }}.id") == "run-{{a}}.id"
