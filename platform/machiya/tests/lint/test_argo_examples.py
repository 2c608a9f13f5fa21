"""Argo's own examples: nothing to complain about as they are, and a finding for every mistake put into them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from machiya.manifest.lint import Rule, lint

DATA = Path(__file__).parents[1] / "data" / "argo"
EXAMPLES: list[dict[str, Any]] = json.loads((DATA / "examples.json").read_text(encoding="utf-8"))
TAG = re.compile(r"\{\{(?!=)\s*((?:inputs|steps|tasks|item)\.[^{}]*?)\s*\}\}")
REFERENCE = re.compile(r"^[ -]*(?:template|entrypoint|onExit|depends): *([\w-]+)[ ]*$", re.MULTILINE)
FIELD = re.compile(
    r"^(?:  )+(?:- )*(templates|steps|container|script|dag|inputs|outputs|arguments|template|name):", re.M
)
RUN_TIME_ONLY = frozenset({"item.image", "item.tag", "item.num", "item.evenness"})
"""Keys of items that another step's output or a parameter holds: nobody knows them before."""


def files(example: dict[str, Any], text: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    context = [(name, read(name)) for name in example["context_files"]]
    return [(example["name"], text)], context


def read(name: str) -> str:
    return (DATA / "examples" / name).read_text(encoding="utf-8")


def without_comments(text: str) -> str:
    """The same text with comments blanked out, so that places stay what they are."""
    return re.sub(r"(?m)(?:^|(?<=\s))#.*$", lambda match: " " * len(match[0]), text)


def with_mistake(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """The text with each name that the pattern finds misspelled in turn, and that name."""
    for match in pattern.finditer(without_comments(text)):
        yield match[1], text[: match.end(1)] + "X" + text[match.end(1) :]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_an_example_has_no_findings(example: dict[str, Any]) -> None:
    assert [str(finding) for finding in lint(*files(example, read(example["name"])))] == []


def test_all_examples_together_have_no_findings() -> None:
    together = [(str(path), path.read_text(encoding="utf-8")) for path in sorted((DATA / "examples").rglob("*.yaml"))]
    assert len(together) > len(EXAMPLES)
    assert [str(finding) for finding in lint(together)] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_a_misspelled_variable_is_found(example: dict[str, Any]) -> None:
    missed = [
        name
        for name, text in with_mistake(read(example["name"]), TAG)
        if name not in RUN_TIME_ONLY and not lint(*files(example, text))
    ]
    assert missed == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_a_misspelled_template_or_task_is_found(example: dict[str, Any]) -> None:
    missed = [name for name, text in with_mistake(read(example["name"]), REFERENCE) if not lint(*files(example, text))]
    assert missed == []


WITHOUT_PATCH_IN_YAML = [example for example in EXAMPLES if "podSpecPatch: |" not in read(example["name"])]
"""Names within a patch are those of Kubernetes' pods, which are not checked."""


@pytest.mark.parametrize("example", WITHOUT_PATCH_IN_YAML, ids=lambda example: example["name"])
def test_a_misspelled_field_is_found_in_its_line(example: dict[str, Any]) -> None:
    for name, text in with_mistake(read(example["name"]), FIELD):
        line = next(number for number, each in enumerate(text.splitlines(), start=1) if f"{name}X:" in each)
        found = [finding for finding in lint(*files(example, text)) if finding.rule == Rule.UNKNOWN_FIELD]
        assert [(finding.line, f"{name}X" in finding.message) for finding in found] == [(line, True)]
