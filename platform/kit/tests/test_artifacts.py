"""Artifacts: digests of content, sidecars that must agree with the data, and checks by type."""

import json
import subprocess
from pathlib import Path

import pytest

from machiya_component.artifacts import Producer, check_artifact, content_digest, read_sidecar
from machiya_component.artifacts.sidecar import DIGEST_FILE, SIDECAR, describe
from machiya_component.artifacts.sidecar import seal as write_sidecar
from machiya_component.contract.model import ArtifactType, Port
from machiya_component.errors import DataError


def port(kind: str) -> Port:
    return Port(name="p", type=ArtifactType.parse(kind))


def fill(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def seal(folder: Path, kind: str = "files") -> None:
    producer = Producer(component="c", version="1.0.0", operation="o")
    write_sidecar(folder, describe(folder, port(kind), producer, {}, None))


def rules(folder: Path, kind: str) -> list[str]:
    return [finding.rule for finding in check_artifact(folder, port(kind))]


def test_the_digest_is_what_a_shell_computes(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    fill(tmp_path, b__txt="b", a__txt="a", _hidden="x")
    fill(tmp_path / "sub", z__txt="z")
    shell = "find * -type f ! -name '_*' ! -name '.*' | LC_ALL=C sort | xargs sha256sum | sha256sum"

    printed = subprocess.run(["sh", "-c", shell], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    assert content_digest(tmp_path) == f"sha256:{printed.split()[0]}"


def test_the_digest_depends_on_names_and_bytes_only(tmp_path: Path) -> None:
    one, same, renamed, other = (tmp_path / name for name in ("1", "2", "3", "4"))
    for folder in (one, same, renamed, other):
        folder.mkdir()
    fill(one, a="x")
    fill(same, a="x", _note="y")
    fill(renamed, b="x")
    fill(other, a="y")

    digests = [content_digest(folder) for folder in (one, same, renamed, other)]

    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_a_sidecar_can_be_read_again(tmp_path: Path) -> None:
    fill(tmp_path, a="x")
    seal(tmp_path, "model@2")

    artifact = read_sidecar(tmp_path)

    assert artifact.type == "model@2"
    assert artifact.digest == content_digest(tmp_path)
    assert [(file.path, file.bytes) for file in artifact.files] == [("a", 1)]


def test_data_by_hand_needs_no_sidecar(tmp_path: Path) -> None:
    assert rules(fill(tmp_path, a="x"), "files") == []


def test_an_absent_folder_and_one_without_files(tmp_path: Path) -> None:
    assert rules(tmp_path / "nowhere", "files") == ["artifact.absent"]
    assert rules(tmp_path, "model") == ["artifact.no-files"]


def test_a_sidecar_of_another_type_or_major_is_refused(tmp_path: Path) -> None:
    seal(fill(tmp_path, a="x"), "model@2")

    assert rules(tmp_path, "model@2") == []
    assert rules(tmp_path, "model") == ["artifact.type"]
    assert "c 1.0.0" in check_artifact(tmp_path, port("model"))[0].message


@pytest.mark.parametrize("change", ["remove", "add", "grow"])
def test_files_that_the_sidecar_does_not_know_that_way(tmp_path: Path, change: str) -> None:
    seal(fill(tmp_path, a="x", b="y"))
    if change == "remove":
        (tmp_path / "a").unlink()
    elif change == "add":
        fill(tmp_path, c="z")
    else:
        fill(tmp_path, a="xx")

    assert rules(tmp_path, "files") == ["artifact.files"]


@pytest.mark.parametrize("text", [None, "", "sha256:0"])
def test_the_digest_file_must_be_the_sidecars_digest(tmp_path: Path, text: str | None) -> None:
    seal(fill(tmp_path, a="x"))
    (tmp_path / DIGEST_FILE).unlink()
    if text is not None:
        (tmp_path / DIGEST_FILE).write_text(text)

    assert rules(tmp_path, "files") == ["artifact.digest"]


def test_a_sidecar_that_is_not_one(tmp_path: Path) -> None:
    fill(tmp_path, a="x")
    (tmp_path / SIDECAR).write_text('{"type": "files"}')

    assert rules(tmp_path, "files") == ["artifact.sidecar"]
    with pytest.raises(DataError, match="files: Field required"):
        read_sidecar(tmp_path)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('{"ndcg@10": 0.5, "rows": 3}', True),
        ("{}", True),
        ('{"a": NaN}', False),
        ('{"a": Infinity}', False),
        ('{"a": "1"}', False),
        ('{"a": true}', False),
        ('{"a": {"b": 1}}', False),
        ("[1]", False),
        ("{", False),
    ],
)
def test_metrics_are_a_flat_map_of_finite_numbers(tmp_path: Path, text: str, fits: bool) -> None:
    (tmp_path / "metrics.json").write_text(text)

    assert rules(tmp_path, "metrics") == ([] if fits else ["metrics.form"])


REPORTS = [
    ("<p>well</p><svg><use href='#a'/></svg><a href='https://example.com'>link</a>", 0),
    ("<script>1</script>", 1),
    ("<p onclick='x()'>x</p>", 1),
    ("<img src='data:image/png;base64,xx'>", 1),
    ("<img src='plot.png'>", 1),
    ("<link rel='stylesheet' href='https://example.com/a.css'>", 1),
    ("<iframe></iframe>", 1),
]


@pytest.mark.parametrize(("html", "problems"), REPORTS)
def test_reports_stand_alone(tmp_path: Path, html: str, problems: int) -> None:
    (tmp_path / "index.html").write_text(f"<!doctype html>{html}")

    assert rules(tmp_path, "report") == ["report.self-contained"] * problems


def test_sidecars_hold_no_time_and_no_place(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        seal(fill(folder, a="x"))

    assert (first / SIDECAR).read_text() == (second / SIDECAR).read_text()
    assert str(tmp_path) not in json.dumps(json.loads((first / SIDECAR).read_text()))
