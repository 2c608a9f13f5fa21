"""What README.md and docs/ show in ```console blocks is what happens."""

from pathlib import Path

import pytest

from tests.docs.console import blocks_of, differences, lay_out

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lay_out(ROOT, tmp_path)
    return tmp_path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_print_what_the_document_shows(document: Path, folder: Path) -> None:
    assert "\n\n".join(differences(document, folder)) == ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_begins_with_a_command(document: Path) -> None:
    assert [block.line for block in blocks_of(document) if not block.steps] == []


def document(folder: Path, text: str) -> Path:
    path = folder / "page.md"
    path.write_text(text)
    return path


def test_a_difference_is_found_and_placed(tmp_path: Path) -> None:
    page = document(tmp_path, "# Title\n\n```console\n$ echo one\none\n$ echo two\nthree\n```\n")
    (found,) = differences(page, tmp_path)
    assert found.startswith("page.md:3: $ echo two\n")


def test_dots_stand_for_anything_and_lines_go_on_after_a_backslash(tmp_path: Path) -> None:
    page = document(tmp_path, "```console\n$ echo it took \\\n    35 s\nit took ... s\n$ (exit 3)\n$ echo $?\n3\n```\n")
    assert differences(page, tmp_path) == []


def test_an_exception_needs_a_reason(tmp_path: Path) -> None:
    excepted = "<!-- not run: it takes a cluster -->\n```console\n$ false\nyes\n```\n"
    without = "<!-- not run: -->\n\n```console\n$ echo\n```\n"
    page = document(tmp_path, f"{excepted}\n{without}")
    assert [block.excepted for block in blocks_of(page)] == ["it takes a cluster", ""]
