"""Where a candidate comes from, as far as it is at hand."""

import subprocess
from pathlib import Path

import pytest

from machiya.engines.planning import Override
from machiya.release.diff.model import PackageChange, Side
from machiya.release.diff.supply import package_changes, supply_of
from machiya.release.diff.versions import Proposed
from machiya.release.statements import Package, Packages
from machiya_component.contract import load_contract

CONTRACT = """\
apiVersion: machiya/v1
name: scores
version: {version}
summary: Scores items
owner: search
operations:
  draw:
    summary: Draws scores.
    outputs: {{numbers: {{type: files}}}}
    samples: {{small: {{}}}}
"""
CHANGELOG = """\
# Changelog

## [Unreleased]

- Not yet.

## [1.2.0] - 2026-11-25

### Changed

- Another score.

## [1.1.0] - 2026-11-24

- A score.

## [1.0.0] - 2026-11-22

- First.
"""


def git(folder: Path, *arguments: str) -> str:
    names = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *names, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The folder of a component with two commits of its own, and one of something else."""
    folder = tmp_path / "repository" / "scores"
    folder.mkdir(parents=True)
    (folder / "component.yaml").write_text(CONTRACT.format(version="1.0.0"))
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    git(folder.parent, "init", "-q")
    for number, file in enumerate((folder / "a.py", folder.parent / "other.py", folder / "b.py")):
        file.write_text("")
        git(folder.parent, "add", "-A")
        git(folder.parent, "commit", "-q", "-m", f"Commit {number}")
    return folder


def working_copy(folder: Path, side: Side) -> Proposed:
    contract = load_contract(folder / "component.yaml")
    return Proposed(contract, side, override=Override("scores", contract, folder=folder))


def test_the_commits_between_are_those_of_the_components_folder(source: Path) -> None:
    first, last = git(source, "rev-parse", "HEAD~2"), git(source, "rev-parse", "HEAD")
    supply = supply_of(Side("1.0.0", commit=first), working_copy(source, Side("1.0.0", commit=last)), None, "", source)
    assert supply.commits == (f"{last[:7]} Commit 2",)
    dirty = working_copy(source, Side("1.0.0", commit=f"{last}-dirty"))
    supply = supply_of(Side("1.0.0", commit=first), dirty, None, "", source)
    assert supply.commits == ("changes that are not committed", f"{last[:7]} Commit 2")


def test_the_changelog_of_a_working_copy_tells_what_is_not_released_too(source: Path) -> None:
    after = working_copy(source, Side("1.2.0"))
    supply = supply_of(Side("1.0.0"), after, None, "", source)
    assert supply.changelog == (
        ("Unreleased", "- Not yet."),
        ("1.2.0", "### Changed\n\n- Another score."),
        ("1.1.0", "- A score."),
    )


def test_what_is_not_at_hand_is_said(source: Path) -> None:
    supply = supply_of(Side("1.0.0", commit="f" * 40), working_copy(source, Side("1.0.0")), None, "", None)
    assert (supply.conforms, supply.commits, supply.changelog, supply.packages) == (None, None, None, None)
    assert [note.partition(":")[0] for note in supply.notes] == ["conformance", "commits", "changelog", "packages"]


def test_a_commit_that_the_repository_does_not_have_is_named(source: Path) -> None:
    last = git(source, "rev-parse", "HEAD")
    before = Side("1.0.0", commit="f" * 40)
    supply = supply_of(before, working_copy(source, Side("1.0.0", commit=last)), None, "", source)
    assert supply.commits is None
    assert "commits: ffffffffffff, of the pinned version, is not in the repository" in supply.notes[1]


def test_packages_that_came_went_or_changed() -> None:
    before = Packages((Package("deb", "a", "1"), Package("deb", "b", "1"), Package("pypi", "c", "1")), ())
    after = Packages((Package("deb", "a", "1"), Package("deb", "b", "2"), Package("pypi", "d", "1")), ())
    assert package_changes(before, after) == (
        PackageChange("deb", "b", "1", "2"),
        PackageChange("pypi", "c", "1", None),
        PackageChange("pypi", "d", None, "1"),
    )
