"""What is an expression and what is not, and what it consists of."""

import json
from pathlib import Path
from typing import Any

import pytest

from machiya.manifest.grammar.expressions import FUNCTIONS, ExpressionError, parse
from machiya.manifest.grammar.expressions.terms import Literal, Member, Name, Term

DATA = Path(__file__).parents[1] / "data" / "expr"
SYNTAX: list[dict[str, Any]] = json.loads((DATA / "syntax.json").read_text(encoding="utf-8"))


def is_expression(text: str) -> bool:
    try:
        parse(text)
    except ExpressionError:
        return False
    return True


@pytest.mark.parametrize("verdict", [True, False])
def test_what_is_an_expression_to_expr_lang_is_one_here(verdict: bool) -> None:
    cases = [case["expression"] for case in SYNTAX if case["is_one"] is verdict]
    assert len(cases) > 200
    assert [text for text in cases if is_expression(text) is not verdict] == []


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("a = 1", 2, "=="),
        ("a ==", 4, "the end"),
        ("(a", 2, "')'"),
        ("a b", 2, "operator"),
        ("'abc", 0, "not closed"),
        ("'abc\n'", 0, "not closed"),
        ("a & b", 2, "&&"),
        ("a.my-name.'x'", 10, "name after '.'"),
        ("f(a,, b)", 4, "value"),
        ("{a b}", 3, "':'"),
        ("", 0, "the end"),
        ("(" * 200, 100, "deeply"),
        ("let 1 = 2; 3", 4, "name"),
        ("x matches '^\\d+$'", 12, "\\d is no escape"),
        ('"it\\\'s"', 3, "no escape"),
        ("a ?? b == 1", 7, "parentheses"),
        ("x | sprig.trim()", 9, "'('"),
        ("trim(#)", 5, "predicate"),
        ("map(xs)", 0, "map takes 2 arguments"),
        ("sortBy(xs, #, 'asc', 1)", 0, "2 or 3 arguments"),
        ("12abc", 0, "'12abc' is not a number"),
        ("9223372036854775808", 0, "too large"),
        ("a[]", 2, "value"),
        ("in", 0, "value"),
        ("{in: 1}", 1, "key"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_place(text: str, position: int, said: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert said in error.value.message
    assert error.value.position == position


def test_places_of_terms_are_those_in_the_text() -> None:
    term = parse("  inputs.parameters['x']")
    assert isinstance(term, Member)
    assert (term.position, term.key.position, term.base.position) == (19, 20, 9)


def test_parts_are_all_terms_below_in_their_order() -> None:
    def leaves(term: Term) -> list[object]:
        if isinstance(term, Name):
            return [term.name]
        if isinstance(term, Literal):
            return [term.value]
        return [leaf for part in term.parts for leaf in leaves(part)]

    assert leaves(parse("{a: b, (c): [1, d]}[e:]")) == ["a", "b", "c", 1, "d", "e"]
    assert leaves(parse("f(x) ? y : if z {1} else {let w = 2; w}")) == ["f", "x", "y", "z", 1, 2, "w"]


def test_numbers_strings_and_their_escapes() -> None:
    def value(text: str) -> object:
        term = parse(text)
        return term.value if isinstance(term, Literal) else term

    assert [value(text) for text in ("0x1F", "0b11", "0o17", "1_000", "1.5e3", ".5")] == [31, 3, 15, 1000, 1500.0, 0.5]
    assert value(r"'\x41\101\u00e9\u{1F600}\n\'\\'") == "AAé😀\n'\\"
    assert value(r"`raw \d``tick`") == r"raw \d`tick"


def test_functions_of_the_language_and_of_argo_are_known() -> None:
    assert FUNCTIONS.issuperset({"len", "filter", "toJSON", "bitand", "asInt", "jsonpath", "now"})
    assert "sprig" not in FUNCTIONS
