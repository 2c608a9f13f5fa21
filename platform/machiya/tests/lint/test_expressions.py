"""Which variables an expression names, and for the absence of which it provides."""

import pytest

from machiya.manifest.grammar.expressions import parse
from machiya.manifest.lint.references import references


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
        ("reduce(xs, #acc + #index, start)", ["xs", "start"]),
        ("map(xs, {{a: .b, c: d}})", ["xs", "d"]),
        ("a?.b[c?.d]", ["c.d", "a.b"]),
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
