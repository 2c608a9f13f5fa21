"""Template tags in texts."""

import pytest

from machiya.manifest.grammar.tags import find_tags, normalized, outermost_tags, replace_tags, without_tags


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        ("no tags", []),
        ("{{a}} and {{ b.c }}", ["a", "b.c"]),
        ("{{steps.run-{{ inputs.parameters.d }}.id}}", ["steps.run-{{inputs.parameters.d}}.id", "inputs.parameters.d"]),
        ('{"a":{{b}}}', ["b"]),
        ("{{=a + {b: 1}.b}} {{c}}", ["a + {b: 1}.b", "c"]),
        ("{{open", ["open"]),
        ("{{open {{a}}", ["open {{a}}", "a"]),
        ("{{=open {{a}}", ["open {{a"]),
    ],
)
def test_the_tags_of_a_text(text: str, bodies: list[str]) -> None:
    assert [tag.body for tag in find_tags(text)] == bodies


def test_tags_know_whether_they_are_expressions_and_closed() -> None:
    tags = {tag.body: tag for tag in find_tags("{{a}} {{=b}} {{c")}
    assert [(tag.expression, tag.closed) for tag in tags.values()] == [(False, True), (True, True), (False, False)]


def test_outermost_tags_are_closed_and_not_within_others() -> None:
    assert [tag.raw for tag in outermost_tags("{{a{{b}}}} {{=c}} {{d")] == ["{{a{{b}}}}", "{{=c}}"]


def test_replacing_and_normalizing_tags() -> None:
    assert without_tags("a-{{b}}-{{=c}}-{{d{{e}}f}}", "x") == "a-x-x-x"
    assert without_tags("a {{ b", "x") == "a {{ b"
    assert without_tags("{{a}} {{b {{c}}", "x") == "x {{b {{c}}"
    assert replace_tags("{{ a }}{{=b}}", lambda tag: f"[{tag.body}]") == "[a][b]"
    assert normalized("run-{{ a }}.id") == "run-{{a}}.id"
