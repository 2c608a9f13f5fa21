"""What is released, who runs it, and pins that do not hold what they say; and which registry is meant."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from machiya.cli.main import machiya
from machiya.cli.shell import run
from machiya.errors import ArgumentsError
from machiya.release.overview import Overview, overview
from machiya.release.publish import choose_registry
from machiya.release.registry import Attachment, Repository, open_registry
from machiya.release.statements import MEDIA_TYPE, TEST_RESULT_TYPE, Statement
from tests.release.registries import put_image

WorkflowMaker = Callable[..., Path]


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkflowMaker:
    """A workflow with pins, in the folder one is in."""
    monkeypatch.chdir(tmp_path)

    def make(name: str, registry: str, pins: str) -> Path:
        folder = tmp_path / "workflows" / name
        folder.mkdir(parents=True)
        (folder / "workflow.py").touch()
        (folder / "pins.yaml").write_text(f"registry: {registry}\n{pins}")
        return folder

    return make


def state(repository: Repository, digest: str, result: str, about: str = "") -> None:
    """Put a verdict beside an image, about it or about another."""
    predicate = {"result": result, "configuration": [], "passedTests": ["a.b"], "failedTests": ["c.d"]}
    statement = Statement.about("tally", about or digest, TEST_RESULT_TYPE, predicate)
    descriptor = repository.image(digest).descriptor
    repository.attach(descriptor, Attachment(MEDIA_TYPE, statement.to_bytes()))


def look(registry: str, *folders: Path) -> Overview:
    return overview("tally", open_registry(registry), folders)


def test_versions_are_listed_newest_first_with_verdicts_and_users(registry: str, workflow: WorkflowMaker) -> None:
    repository = open_registry(registry).repository("tally")
    old, new = put_image(repository, "1.9.0"), put_image(repository, "1.10.0", salt="new")
    put_image(repository, "latest", salt="latest")
    state(repository, old, "PASSED")
    state(repository, new, "FAILED")
    pins = f"production: {{tally: 1.9.0@{old}}}\ncanary:\n  tally: {{version: 1.10.0@{new}, share: 0.1, salt: a}}\n"
    found = look(registry, workflow("recommend", registry, pins))
    assert [(one.version, one.digest, one.conformance, one.created) for one in found.versions] == [
        ("1.10.0", new, "failed", "2026-11-22T00:00:00Z"),
        ("1.9.0", old, "passed", "2026-11-22T00:00:00Z"),
    ]
    assert [[str(use) for use in one.uses] for one in found.versions] == [
        ["recommend production (canary, 10%)"],
        ["recommend production"],
    ]
    assert found.findings == ()


def test_a_verdict_about_another_image_counts_as_none(registry: str) -> None:
    repository = open_registry(registry).repository("tally")
    digest = put_image(repository, "1.0.0")
    state(repository, digest, "PASSED", about="sha256:" + "0" * 64)
    (version,) = look(registry).versions
    assert (version.conformance, version.verdict) == (None, "none")


def test_of_several_verdicts_the_last_counts(registry: str) -> None:
    repository = open_registry(registry).repository("tally")
    digest = put_image(repository, "1.0.0")
    state(repository, digest, "FAILED")
    state(repository, digest, "PASSED")
    assert look(registry).versions[0].conformance == "passed"


def test_a_tag_that_was_moved_under_a_pin_is_found(registry: str, workflow: WorkflowMaker) -> None:
    repository = open_registry(registry).repository("tally")
    pinned = put_image(repository, "1.0.0")
    folder = workflow("recommend", registry, f"production: {{tally: 1.0.0@{pinned}}}\n")
    moved = put_image(repository, "1.0.0", salt="moved")
    (finding,) = look(registry, folder).findings
    assert (finding.rule, finding.where) == ("release.moved", "production.tally")
    assert pinned in finding.message
    assert moved in finding.message


def test_a_pinned_digest_that_is_gone_is_found(
    registry: str, workflow: WorkflowMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = open_registry(registry).repository("tally")
    digest = put_image(repository, "1.0.0")
    workflow("recommend", registry, f"production: {{tally: 1.0.0@{digest}}}\n")
    host, _, path = registry.partition("/")
    assert requests.delete(f"http://{host}/v2/{path}/tally/manifests/{digest}", timeout=20).status_code == 202
    assert run(machiya, ["releases", "tally"]) == 1
    printed = capsys.readouterr()
    assert "release.gone: production.tally: the registry does not have" in printed.out
    assert "1 of the pins of tally" in printed.err


def test_pins_of_versions_that_are_not_released_are_told(
    registry: str, workflow: WorkflowMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    workflow("recommend", registry, "development: {tally: 2.0.0}\n")
    assert run(machiya, ["releases", "tally"]) == 0
    printed = capsys.readouterr().out
    assert "tally has no released version." in printed
    assert "recommend development pins 2.0.0, which is not released there." in printed


def test_the_list_as_json(registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    digest = put_image(open_registry(registry).repository("tally"), "1.0.0", commit="abc")
    assert run(machiya, ["releases", "tally", "--registry", registry, "--json"]) == 0
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    (version,) = shown["versions"]
    assert (version["version"], version["digest"], version["commit"], version["uses"]) == ("1.0.0", digest, "abc", [])
    assert shown["repository"] == f"{registry}/tally"


def test_a_registry_that_is_named_counts_more_than_pins(workflow: WorkflowMaker) -> None:
    folder = workflow("recommend", "ghcr.io/acme", "development: {tally: 1.0.0}\n")
    assert choose_registry("localhost:5000", [folder]) == "localhost:5000"
    assert choose_registry(None, [folder]) == "ghcr.io/acme"


def test_a_registry_without_a_host_is_this_machine_and_no_place_for_releases(workflow: WorkflowMaker) -> None:
    folder = workflow("recommend", "machiya", "development: {tally: 1.0.0}\n")
    with pytest.raises(ArgumentsError, match="it is not said which registry is meant") as error:
        choose_registry(None, [folder])
    assert "MACHIYA_REGISTRY" in error.value.remedy


def test_workflows_that_use_several_registries_leave_the_choice_to_the_caller(workflow: WorkflowMaker) -> None:
    folders = [workflow(name, f"{name}.io/acme", "development: {tally: 1.0.0}\n") for name in ("ghcr", "quay")]
    with pytest.raises(ArgumentsError, match=r"several registries: ghcr\.io/acme, quay\.io/acme"):
        choose_registry(None, folders)
