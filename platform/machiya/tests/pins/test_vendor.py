"""Contracts of pinned versions, kept beside the pins."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from machiya.errors import ArgumentsError, ContractError, NotFoundError
from machiya.pins import load_pins, vendor, vendored_contract

COMPONENT = """\
apiVersion: machiya/v1
name: scores
version: {version}
summary: Scores items
owner: search
operations:
  draw:
    summary: Draws scores.
    outputs:
      numbers: {{type: files}}
    samples:
      small: {{}}
"""

GIT = os.environ | {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    folder = tmp_path / "workflow"
    folder.mkdir()
    (folder / "pins.yaml").write_text("registry: ghcr.io/acme\ndevelopment:\n  scores: 1.0.0\n")
    return folder


def component(tmp_path: Path, version: str) -> Path:
    folder = tmp_path / f"scores-{version}"
    folder.mkdir()
    (folder / "component.yaml").write_text(COMPONENT.format(version=version))
    return folder


def test_a_vendored_contract_is_that_of_the_component(tmp_path: Path, workflow: Path) -> None:
    kept = vendor(workflow, load_pins(workflow), component(tmp_path, "1.0.0"))
    assert kept.changed
    assert json.loads(kept.path.read_text()) == YAML(typ="safe").load(COMPONENT.format(version="1.0.0"))
    contract = vendored_contract(workflow, "scores", "1.0.0")
    assert (contract.name, contract.version, list(contract.operations)) == ("scores", "1.0.0", ["draw"])


def test_vendoring_twice_changes_nothing(tmp_path: Path, workflow: Path) -> None:
    folder = component(tmp_path, "1.0.0")
    vendor(workflow, load_pins(workflow), folder)
    assert not vendor(workflow, load_pins(workflow), folder).changed


def test_the_commit_is_kept_when_it_is_known(tmp_path: Path, workflow: Path) -> None:
    folder = component(tmp_path, "1.0.0")
    commit = vendor(workflow, load_pins(workflow), folder).path.with_suffix(".commit")
    assert not commit.exists()
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "One"]):
        subprocess.run(["git", *words], cwd=folder, env=GIT, check=True)
    vendor(workflow, load_pins(workflow), folder)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True)
    assert commit.read_text() == head.stdout


def test_a_version_that_nobody_pins_is_refused(tmp_path: Path, workflow: Path) -> None:
    with pytest.raises(ArgumentsError, match=r"holds scores 1\.1\.0, which no stage") as caught:
        vendor(workflow, load_pins(workflow), component(tmp_path, "1.1.0"))
    assert "1.0.0 in development" in caught.value.remedy


def test_a_contract_that_is_not_kept_is_named_with_the_command(workflow: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        vendored_contract(workflow, "scores", "1.0.0")
    assert "machiya vendor" in caught.value.remedy


def test_a_contract_of_another_version_is_refused(tmp_path: Path, workflow: Path) -> None:
    kept = vendor(workflow, load_pins(workflow), component(tmp_path, "1.0.0"))
    kept.path.rename(kept.path.with_name("scores-1.1.0.json"))
    with pytest.raises(ContractError, match=r"holds the contract of scores 1\.0\.0"):
        vendored_contract(workflow, "scores", "1.1.0")
