"""The commands render, graph and vendor, from a project's folder."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from machiya.cli.main import machiya
from machiya.cli.shell import run

DIGEST = "sha256:" + "ab" * 32


@pytest.fixture(autouse=True)
def project(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the workflow `recommend`, which is also where the commands run."""
    (tmp_path / "project" / "workflows").mkdir(parents=True)
    shutil.move(folder, tmp_path / "project" / "workflows" / "recommend")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def test_render_writes_all_stages_and_then_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["render"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "workflows/recommend/rendered/development.yaml: written",
        "workflows/recommend/rendered/production.yaml: written",
    ]
    assert run(machiya, ["render", "recommend", "--stage", "production"]) == 0
    assert capsys.readouterr().out == "workflows/recommend/rendered/production.yaml: up to date\n"


def test_check_says_what_is_missing_and_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["render", "--check", "--stage", "production"]) == 1
    assert "production.yaml: missing" in capsys.readouterr().out
    assert not (project / "workflows/recommend/rendered").exists()


def test_check_fails_with_the_difference_when_a_pin_was_changed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(machiya, ["render", "--stage", "production"]) == 0
    pins = project / "workflows/recommend/pins.yaml"
    pins.write_text(pins.read_text().replace(f"viewer: 1.0.0@{DIGEST}", f"viewer: 1.0.0@sha256:{'cd' * 32}"))
    assert run(machiya, ["render", "--check", "--stage", "production"]) == 1
    printed = capsys.readouterr()
    assert f"+        image: machiya/viewer:1.0.0@sha256:{'cd' * 32}" in printed.out
    assert "machiya: error: 1 manifest is stale." in printed.err
    pins.write_text(pins.read_text().replace("cd" * 32, "ab" * 32))
    assert run(machiya, ["render", "--check", "--stage", "production"]) == 0


def test_a_mistake_in_a_workflow_file_is_65_with_its_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = project / "workflows/recommend/workflow.py"
    text = file.read_text()
    file.write_text(text.replace("preprocess.clean(", "preprocess.claen("))
    line = text[: text.index("preprocess.clean(")].count("\n") + 1
    assert run(machiya, ["render"]) == 65
    error = capsys.readouterr().err
    assert f"workflows/recommend/workflow.py:{line}: workflow.operation: preprocess" in error
    assert "Did you mean clean?" in error


def test_graph_prints_mermaid_or_writes_svg(project: Path) -> None:
    printed = CliRunner().invoke(machiya, ["graph", "recommend", "--stage", "production"], catch_exceptions=False)
    assert printed.output.startswith("flowchart TD\n")
    assert run(machiya, ["graph", "recommend", "--svg", "picture.svg"]) == 0
    assert (project / "picture.svg").read_text().startswith("<svg ")
    assert run(machiya, ["graph", "recommend", "--svg", "no/such/folder.svg"]) == 73


def test_vendor_copies_contracts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    component = Path(__file__).parents[4] / "components" / "viewer"
    kept = project / "workflows/recommend/contracts/viewer-1.0.0.json"
    kept.unlink()
    assert run(machiya, ["vendor", "recommend", str(component)]) == 0
    assert kept.is_file()
    assert run(machiya, ["vendor", "recommend", str(component)]) == 0
    assert [line.rpartition(": ")[2] for line in capsys.readouterr().out.splitlines()] == ["written", "up to date"]
    assert run(machiya, ["vendor", "recommend", str(project)]) == 66


def test_pins_of_which_nothing_is_released_ask_no_registry(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pins = project / "workflows/recommend/pins.yaml"
    pins.write_text(pins.read_text().partition("production:")[0])
    assert run(machiya, ["render"]) == 0
    assert run(machiya, ["pins", "check"]) == 0
    assert "everything is in order, and nothing pinned is released yet" in capsys.readouterr().out
