"""What a release would change, against a real registry and with containers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from machiya.cli.main import machiya
from machiya.cli.shell import run
from machiya.conformance import select
from machiya.containers import ContainerEngine, connect
from machiya.pins import load_pins, vendor
from machiya.release.publish import Releaser
from machiya.release.registry import open_registry
from tests.release.conftest import commit, raise_version, replace

pytestmark = pytest.mark.engine

WORKFLOW = """\
from machiya.dsl import Workflow

workflow = Workflow("size", summary="Measures a log", owner="platform")
tally = workflow.component("tally")
events = workflow.artifact("events", "The log", default="components/tally/sample/events")
measure = tally.measure(events=events, unit="kilobytes")
workflow.result(measure.size)
"""


class Project:
    """A repository with the component in `components/tally`, and a workflow that pins its first release."""

    def __init__(self, folder: Path, engine: ContainerEngine, registry: str) -> None:
        self.folder = folder
        self.tally = folder / "components" / "tally"
        self.engine = engine
        self.registry = registry
        self.images: set[str] = set()

    def release(self) -> str:
        """Release what the folder holds; the digest."""
        commit(self.folder)
        released = Releaser(
            open_registry(self.registry), self.engine, checks=select(["folder.readme"]), note=self._note
        ).release(self.tally)
        assert released.digest, [str(finding) for finding in released.findings]
        return released.digest

    def _note(self, text: str) -> None:
        self.images |= {text.removeprefix("testing ")} if text.startswith("testing sha256:") else set()

    def pin(self, digest: str) -> None:
        """Let the stage `production` run 1.0.0."""
        workflow = self.folder / "workflows" / "size"
        workflow.mkdir(parents=True)
        (workflow / "workflow.py").write_text(WORKFLOW)
        (workflow / "pins.yaml").write_text(f"registry: {self.registry}\nproduction:\n  tally: 1.0.0@{digest}\n")
        vendor(workflow, load_pins(workflow), self.tally)


@pytest.fixture
def project(tally: Path, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    folder = tmp_path / "project"
    (folder / "components").mkdir(parents=True)
    tally.rename(folder / "components" / "tally")
    (folder / "components" / "tally" / ".git").rename(folder / ".git")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MACHIYA_HOME", str(tmp_path / "home"))
    with connect() as engine:
        project = Project(folder, engine, registry)
        project.pin(project.release())
        yield project
        for image in project.images:
            engine.remove_image(image)


def report(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> dict[str, Any]:
    capsys.readouterr()
    assert run(machiya, ["diff", "size", "tally", *words, "--json"]) == code, capsys.readouterr().err
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_release_with_everything_that_is_known_of_it(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    raise_version(project.tally, "1.1.0")
    program = project.tally / "component"
    program.write_text(program.read_text().replace("VERSION=1.0.0", "VERSION=1.1.0"))
    replace(project.tally, "Decimal places of the size", "Decimals of the size")
    digest = project.release()

    found = report(capsys, "1.1.0", code=0)
    assert (found["before"]["version"], found["after"]["version"], found["after"]["digest"]) == (
        "1.0.0",
        "1.1.0",
        digest,
    )
    assert [one["rule"] for one in found["contract"]] == ["text.changed"]
    assert found["runs"]["candidate"]["problem"] == ""
    assert found["runs"]["base"]["computed"] == found["runs"]["candidate"]["computed"] == ["measure"]
    assert [result["same"] for result in found["results"]] == [True]
    (cost,) = found["cost"]
    assert cost["before"]["outputSize"] > 0
    supply = found["supply"]
    assert supply["conforms"] is True
    assert len(supply["commits"]) == 1
    assert [version for version, _ in supply["changelog"]] == ["1.1.0"]
    assert supply["packages"] == []
    assert found["outcome"] == "go"


def test_a_result_that_is_no_list_is_said_to_differ_and_has_to_be_looked_at(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_version(project.tally, "1.1.0")
    replace(project.tally, "default: 1, minimum: 0", "default: 3, minimum: 0")
    program = project.tally / "component"
    program.write_text(
        program.read_text().replace("VERSION=1.0.0", "VERSION=1.1.0").replace("places=1 scale", "places=3 scale")
    )
    project.release()
    found = report(capsys, "1.1.0", code=3)
    (result,) = found["results"]
    assert (result["same"], "pins no evaluation" in result["note"]) == (False, True)
    assert [one["verdict"] for one in found["contract"]] == ["note"]


@pytest.mark.usefixtures("project")
def test_the_working_copy_is_built_and_compared_before_it_is_released(capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, "components/tally", "--launcher", "docker", code=3)
    assert [result["same"] for result in found["results"]] == [True]
    assert found["supply"]["commits"] == []


@pytest.mark.usefixtures("project")
def test_a_version_that_is_not_released_is_named_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["diff", "size", "tally", "1.0.1"]) == 66
    assert "Released: 1.0.0." in capsys.readouterr().err
