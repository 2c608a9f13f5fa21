"""Gathered shards: each is there exactly once, and all are parts of the same."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya_component.artifacts import Producer, check_artifact
from machiya_component.artifacts.sidecar import SIDECAR, describe, seal
from machiya_component.contract.model import ArtifactType, Port

PORT = Port(name="p", type=ArtifactType.parse("files"))


def make(folder: Path, place: int, /, version: str = "1.0.0", **parameters: Any) -> None:
    """One shard of three, in its place, unless `parameters` says something else."""
    part = folder / f"{place:05d}"
    part.mkdir(parents=True)
    (part / "data.txt").write_text(f"data {place}")
    given = {"shard": place, "shards": 3, "n": 10, **parameters}
    producer = Producer(component="c", version=version, operation="o", parameters=given)
    seal(part, describe(part, PORT, producer, {"model": "sha256:1"}, None))


@pytest.fixture
def gathered(tmp_path: Path) -> Path:
    for shard in range(3):
        make(tmp_path, shard)
    return tmp_path


def replace(folder: Path, place: int, /, **more: Any) -> None:
    shutil.rmtree(folder / f"{place:05d}")
    make(folder, place, **more)


def test_all_shards_are_there(gathered: Path) -> None:
    assert check_artifact(gathered, PORT) == []


CASES: list[tuple[Callable[[Path], Any], str]] = [
    (lambda folder: shutil.rmtree(folder / "00001"), "of 3 shards 1 are not there: 00001"),
    (lambda folder: shutil.rmtree(folder / "00002"), "of 3 shards 1 are not there: 00002"),
    (lambda folder: make(folder, 3), "00003 is of another division, into 3 shards"),
    (lambda folder: replace(folder, 1, shards=2), "is of another division, into 2 or 3 shards"),
    (lambda folder: replace(folder, 1, shard=0), "00001 holds another shard than its name says"),
    (lambda folder: replace(folder, 1, n=20), "not all made by the same version with the same parameters"),
    (lambda folder: replace(folder, 1, version="1.1.0"), "not all made by the same version"),
    (lambda folder: (folder / "00001" / SIDECAR).unlink(), "00001 has no _artifact.json"),
]


@pytest.mark.parametrize(("spoil", "words"), CASES)
def test_shards_that_do_not_make_a_whole_are_refused(gathered: Path, spoil: Callable[[Path], Any], words: str) -> None:
    spoil(gathered)
    findings = check_artifact(gathered, PORT)
    assert {finding.rule for finding in findings} == {"artifact.shards"}
    assert any(words in finding.message for finding in findings), [str(finding) for finding in findings]


def test_a_shard_whose_files_are_not_its_own_is_refused(gathered: Path) -> None:
    (gathered / "00002" / "data.txt").write_text("something else")
    assert [finding.rule for finding in check_artifact(gathered, PORT)] == ["artifact.files"]


def test_shards_of_an_operation_that_is_not_told_of_them_are_counted_without_a_gap(tmp_path: Path) -> None:
    for shard in (0, 1, 2):
        make(tmp_path, shard)
        path = tmp_path / f"{shard:05d}" / SIDECAR
        path.write_text(path.read_text().replace('"shards": 3', '"parts": 3').replace(f'"shard": {shard}', '"of": 1'))
    assert check_artifact(tmp_path, PORT) == []
    shutil.rmtree(tmp_path / "00001")
    assert [finding.rule for finding in check_artifact(tmp_path, PORT)] == ["artifact.shards"]


def test_folders_with_numbers_that_nobody_sealed_are_data(tmp_path: Path) -> None:
    for year in ("2024", "2026"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "data.txt").write_text(year)
    assert check_artifact(tmp_path, PORT) == []
