"""``depends``: which tasks, with which results, and what it is no more."""

import pytest

from machiya.manifest.grammar.depends import (
    Dependency,
    DependsError,
    Junction,
    Negation,
    dependencies_in,
    named_in,
    parse_depends,
)


@pytest.mark.parametrize(
    ("text", "dependencies"),
    [
        ("a", [("a", "")]),
        ("a && b.Succeeded", [("a", ""), ("b", "Succeeded")]),
        ("(a || !b-1.Failed)&&c", [("a", ""), ("b-1", "Failed"), ("c", "")]),
        ("!(a && b)", [("a", ""), ("b", "")]),
    ],
)
def test_depends_names_tasks_and_results(text: str, dependencies: list[tuple[str, str]]) -> None:
    assert [(each.task, each.result) for each in dependencies_in(parse_depends(text))] == dependencies
    assert [(each.task, each.result) for each in named_in(text)] == dependencies


def test_and_binds_closer_than_or_and_not_closest() -> None:
    a, b, c = Dependency("a"), Dependency("b"), Dependency("c")
    assert parse_depends("a || b && !c") == Junction(False, (a, Junction(True, (b, Negation(c)))))
    assert parse_depends("(a || b) && c") == Junction(True, (Junction(False, (a, b)), c))


@pytest.mark.parametrize("text", ["a &&", "&& a", "a b", "(a", "a)", "a & b", "a, b", "a and b", "", "()", "!", "a_b"])
def test_what_is_not_understood_as_depends_is_refused(text: str) -> None:
    with pytest.raises(DependsError):
        parse_depends(text)


def test_names_are_found_even_where_the_rest_is_wrong() -> None:
    assert [each.task for each in named_in("a && (b.Failed")] == ["a", "b"]
