"""YAML that every reader takes for the same."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from machiya.manifest.text import to_yaml

TEXTS = [
    "", "y", "No", "on", "null", "~", "true", "1", "1.0", "010", "0x1f", "1e3", ".5", "1_000", "12:30:45", "-1", "+1",
    "2026-11-22", "720h", "3000e10", "1.0.0", "=", "a: b", "a #b", "{{a}}", "{{='a' + 'b'}}", "- a", "'quoted'",
    "say \"yes\"", "back\\slash", "日本語", " lead", "trail ", "a\nb", "a\n\nb\n", "%05d", "@at", "`tick", "!tag",
    "&anchor", "*alias",
]  # fmt: skip


@pytest.mark.parametrize("version", [(1, 1), (1, 2)])
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_a_text_in_both_versions_of_yaml(text: str, version: tuple[int, int]) -> None:
    reader = YAML(typ="safe", pure=True)
    reader.version = version
    written = to_yaml([{"value": text, "list": [text]}], "head")
    assert reader.load(written) == {"value": text, "list": [text]}


def test_long_texts_are_not_folded() -> None:
    text = "word " * 200 + "end"
    assert to_yaml([{"value": text}], "head") == f"# head\nvalue: {text}\n"


def test_documents_are_separated_and_names_come_first() -> None:
    documents: list[Any] = [{"spec": {"templates": [], "entrypoint": "main"}, "kind": "A"}, {"b": 1, "name": "x"}]
    assert to_yaml(documents, "one\ntwo") == (
        "# one\n# two\nkind: A\nspec:\n  entrypoint: main\n  templates: []\n---\nname: x\nb: 1\n"
    )
