"""docs/lint.md explains every rule, and its examples are what they say: wrong by just that rule, or right."""

import re
import textwrap
from pathlib import Path

import pytest

from machiya.manifest.lint import Rule, lint

PAGE = (Path(__file__).parents[4] / "docs" / "lint.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `([^`]+)`\n(.*?)(?=^##|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
ECHO = """
- name: echo
  inputs: {parameters: [{name: message}]}
  container: {image: alpine, args: ["{{inputs.parameters.message}}"]}
"""


def example(rule: str, verdict: str) -> str:
    """The manifest of an example; most show only the spec of a Workflow."""
    blocks = re.findall(rf"^```yaml\n# {verdict}\n(.*?)^```$", SECTIONS[rule], flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, f"{rule} needs one example of what is {verdict}"
    text = re.sub(r"<([\d,]+) letters>", lambda match: "x" * int(match[1].replace(",", "")), str(blocks[0]))
    if text.startswith("apiVersion:"):
        return text
    if "template: echo" in text or "template: ecko" in text:
        text += ECHO.lstrip()
    entrypoint = "" if "entrypoint:" in text else "entrypoint: main\n"
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: example-}\nspec:\n"
    return head + textwrap.indent(entrypoint.replace("main", first_template(text)) + text, "  ")


def first_template(text: str) -> str:
    match = re.search(r"templates:\s*(?:\n- |\[\{)name: ([\w-]+)", text)
    assert match is not None
    return match[1]


def test_every_rule_is_documented_and_no_other() -> None:
    assert list(SECTIONS) == [str(rule) for rule in Rule]


@pytest.mark.parametrize("rule", [str(rule) for rule in Rule])
def test_what_is_called_wrong_breaks_that_rule_and_no_other(rule: str) -> None:
    found = lint([("wrong.yaml", example(rule, "wrong"))])
    assert {str(finding.rule) for finding in found} == {rule}, [str(finding) for finding in found]
    assert all(finding.message and finding.remedy and finding.line for finding in found)


@pytest.mark.parametrize("rule", [str(rule) for rule in Rule])
def test_what_is_called_right_breaks_no_rule(rule: str) -> None:
    assert [str(finding) for finding in lint([("right.yaml", example(rule, "right"))])] == []
