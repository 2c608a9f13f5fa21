"""Digests of code that is not released."""

from pathlib import Path

import pytest

from machiya.engines.planning.code import built_digest, folder_digest, process_digest


def test_the_digest_is_that_of_names_and_contents(working_copy: Path) -> None:
    before = folder_digest(working_copy)
    assert folder_digest(working_copy) == before
    code = working_copy / "machiya_scores" / "component.py"
    code.rename(code.with_name("other.py"))
    moved = folder_digest(working_copy)
    code.with_name("other.py").write_text("RATE = 2\n")
    assert len({before, moved, folder_digest(working_copy)}) == 3


@pytest.mark.parametrize(
    "name", ["tests/test_a.py", "README.md", "sample/log/b.csv", "machiya_scores/__pycache__/x.pyc", ".git/HEAD"]
)
def test_what_decides_nothing_does_not_count(working_copy: Path, name: str) -> None:
    before = folder_digest(working_copy)
    (working_copy / name).parent.mkdir(parents=True, exist_ok=True)
    (working_copy / name).write_text("x")
    assert folder_digest(working_copy) == before


@pytest.mark.parametrize("name", ["component.yaml", "requirements.lock", "machiya_scores/data/words.txt"])
def test_what_decides_something_counts(working_copy: Path, name: str) -> None:
    before = folder_digest(working_copy)
    (working_copy / name).parent.mkdir(parents=True, exist_ok=True)
    (working_copy / name).write_text("x")
    assert folder_digest(working_copy) != before


def test_an_installed_component_has_the_digest_of_the_folder_it_is_installed_from() -> None:
    components = Path(__file__).parents[4] / "components"
    assert process_digest("recommender") == process_digest("recommender", components / "recommender")
    assert process_digest("recommender") != process_digest("evaluation")


def test_what_is_not_installed_has_none(working_copy: Path) -> None:
    assert process_digest("scores") is None
    assert process_digest("scores", working_copy) is not None


def test_what_is_built_has_the_digest_of_its_files_and_its_base(working_copy: Path) -> None:
    first = built_digest(working_copy, "sha256:aa")
    (working_copy / "sample" / "log" / "b.csv").write_text("a\n2\n")
    assert built_digest(working_copy, "sha256:aa") == first
    assert built_digest(working_copy, "sha256:bb") != first
    (working_copy / "Dockerfile").write_text("FROM scratch\n")
    assert built_digest(working_copy, "sha256:aa") != first
