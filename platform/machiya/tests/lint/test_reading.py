"""From text to nodes: lines, kinds of values, aliases, and what cannot be read."""

import pytest

from machiya.manifest.lint import Rule
from machiya.manifest.lint.reading import NODE_LIMIT, read
from machiya.manifest.lint.scalars import kind_of


def test_lines_are_those_of_the_fields_and_elements() -> None:
    (root,) = read("# a comment\na: 1\nb:\n  - x\n  -\n    c: |\n      text\n    d: {e: f}\n", "x.yaml").documents
    b = root.get("b")
    assert (root.get("a").line, b.line, b.elements[0].line, b.elements[1].line) == (2, 3, 4, 6)
    assert (b.elements[1].get("c").line, b.elements[1].get("d", "e").line) == (6, 8)
    assert b.elements[1].get("d", "e").path == "b[1].d.e"


def test_every_document_has_its_own_lines_and_empty_ones_are_left_out() -> None:
    documents = read("---\na: 1\n---\n# nothing\n---\nb: 2\n", "x.yaml").documents
    assert [list(root.entries) for root in documents] == [["a"], ["b"]]
    assert documents[1].get("b").line == 6


def test_asking_for_what_is_not_there_leads_to_a_missing_node_at_the_parents_line() -> None:
    (root,) = read("a:\n  b: 1\n", "x.yaml").documents
    missing = root.get("a", "c", "d-e", "f g")
    assert (missing.kind, missing.line, missing.path) == ("missing", 1, 'a.c.d-e["f g"]')
    assert not missing.given


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "null"),
        ("~", "null"),
        ("yes", "bool"),
        ("Off", "bool"),
        ("n", "bool"),
        ("12", "int"),
        ("-1_000", "int"),
        ("0755", "int"),
        ("0x1F", "int"),
        ("1.5", "float"),
        ("1e3", "float"),
        (".inf", "float"),
        ("12:30", "str"),
        ("2026-01-01", "str"),
        ("1.0.0", "str"),
        ("nope", "str"),
    ],
)
def test_plain_scalars_are_what_kubernetes_takes_them_for(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_quotes_and_tags_decide_what_a_scalar_is() -> None:
    (root,) = read("a: '1'\nb: \"true\"\nc: !!str 1\nd: !!int 1\ne: |\n  1\n", "x.yaml").documents
    assert [node.kind for node in root.entries.values()] == ["str", "str", "str", "int", "str"]


def test_aliases_stand_for_what_they_name_at_the_place_of_use() -> None:
    (root,) = read("a: &x\n  b: 1\nc: *x\n", "x.yaml").documents
    assert (root.get("c", "b").text, root.get("c", "b").path) == ("1", "c.b")


def test_merge_keys_do_not_replace_what_is_there() -> None:
    (root,) = read("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3\n", "x.yaml").documents
    assert {name: node.text for name, node in root.get("d").entries.items()} == {"b": "3", "c": "2"}


def test_a_key_that_stands_twice_is_found_with_both_lines() -> None:
    (finding,) = read("a:\n  b: 1\n  b: 2\n", "x.yaml").findings
    assert (finding.rule, finding.line, finding.where) == (Rule.DUPLICATE_KEY, 3, "a.b")
    assert "line 2" in finding.message


def test_documents_before_a_syntax_error_remain() -> None:
    text = read("a: 1\n---\nb: {{c}}: d\n", "x.yaml")
    assert [list(root.entries) for root in text.documents] == [["a"]]
    assert [(finding.rule, finding.line) for finding in text.findings] == [(Rule.YAML, 3)]


@pytest.mark.parametrize("text", ["a: &x [*x]\n", "a: &x {b: *x}\n"])
def test_a_value_that_holds_itself_is_refused(text: str) -> None:
    (finding,) = read(text, "x.yaml").findings
    assert finding.rule == Rule.YAML
    assert "inside the value it names" in finding.message


def test_aliases_that_multiply_each_other_are_refused() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (finding,) = read("\n".join(lines), "x.yaml").findings
    assert str(NODE_LIMIT) in finding.message


@pytest.mark.parametrize("depth", [200, 300_000])
def test_what_is_nested_too_deeply_is_refused(depth: int) -> None:
    (finding,) = read("a: " + "[" * depth + "]" * depth, "x.yaml").findings
    assert "levels deep" in finding.message


def test_aliases_that_nest_too_deeply_are_refused() -> None:
    (finding,) = read("a0: &a0 [1]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200)), "x").findings
    assert "levels" in finding.message


def test_tabs_and_control_characters_are_findings_not_crashes() -> None:
    for text in ("a:\n\t- b\n", "a: \x00\n", "a: [1\n", "'"):
        assert [finding.rule for finding in read(text, "x.yaml").findings] == [Rule.YAML]
