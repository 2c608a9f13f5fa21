"""Releases of a small component into real registries, with a real container engine."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from machiya.cli.main import machiya
from machiya.cli.shell import run
from machiya.conformance import select
from machiya.containers import ContainerEngine, connect
from machiya.errors import AccessError, CheckError
from machiya.release.publish import Releaser, Report
from machiya.release.registry import Repository, open_registry
from machiya.release.statements import SBOM_TYPE, TEST_RESULT_TYPE, sbom_of, statements_of, verdict_of
from tests.release.conftest import commit, git, raise_version, replace
from tests.release.registries import put_image

pytestmark = pytest.mark.engine


@pytest.fixture
def engine() -> Iterator[ContainerEngine]:
    with connect() as engine:
        yield engine


class Releases:
    """Releases a folder with one check of the suite, and hears what happens."""

    def __init__(self, engine: ContainerEngine, registry: str) -> None:
        self.engine = engine
        self.registry = open_registry(registry)
        self.heard: list[str] = []
        self.stop_at = ""
        self.images: set[str] = set()

    def note(self, text: str) -> None:
        self.heard.append(text)
        self.images |= {text.removeprefix("testing ")} if text.startswith("testing sha256:") else set()
        if self.stop_at and text.startswith(self.stop_at):
            raise KeyboardInterrupt

    def __call__(self, folder: Path, *, dry_run: bool = False, **more: Any) -> Report:
        self.heard.clear()
        releaser = Releaser(self.registry, self.engine, checks=select(["folder.readme"]), note=self.note, **more)
        return releaser.release(folder, dry_run=dry_run)

    def close(self) -> None:
        """Remove the images that were made."""
        for image in self.images:
            self.engine.remove_image(image)

    @property
    def repository(self) -> Repository:
        return self.registry.repository("tally")


@pytest.fixture
def release(engine: ContainerEngine, registry: str) -> Iterator[Releases]:
    releases = Releases(engine, registry)
    yield releases
    releases.close()


def rules(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def test_a_release_from_the_command_line_with_the_whole_suite(
    tally: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(machiya, ["release", str(tally), "--registry", registry]) == 0
    repository = open_registry(registry).repository("tally")
    digest = repository.digest("1.0.0")
    assert digest is not None
    printed = capsys.readouterr().out
    assert f"  tally: 1.0.0@{digest}\n" in printed
    assert "machiya bump WORKFLOW tally 1.0.0" in printed

    (verdict,) = statements_of(repository, digest, TEST_RESULT_TYPE)
    assert verdict.subject[0].digest == {"sha256": digest.removeprefix("sha256:")}
    assert verdict.predicate["result"] == "PASSED"
    assert {"bare.user", "folder.readme"} <= set(verdict.predicate["passedTests"])

    assert run(machiya, ["release", str(tally), "--registry", registry, "--json"]) == 0
    again = capsys.readouterr()
    assert json.loads(again.out)["did"] == []
    assert json.loads(again.out)["pin"] == f"tally: 1.0.0@{digest}"
    assert "building" not in again.err
    assert "testing" not in again.err

    assert run(machiya, ["releases", "tally", "--registry", registry]) == 0
    assert "1.0.0" in capsys.readouterr().out


def test_the_packages_of_the_image_are_beside_it(tally: Path, release: Releases) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    digest = release(tally).digest
    packages = sbom_of(release.repository, digest)
    assert packages is not None
    assert "deb" in {package.kind for package in packages.found}
    assert "dpkg" in {package.name for package in packages.found}
    assert any("no package manager" in text for text in packages.unseen)
    (statement,) = statements_of(release.repository, digest, SBOM_TYPE)
    document = json.dumps(statement.predicate)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document) is None


@pytest.mark.parametrize("step", ["testing", "pushing", "stating the verdict", "stating the packages"])
def test_a_release_that_was_interrupted_is_finished_by_the_next(tally: Path, release: Releases, step: str) -> None:
    release.stop_at = step
    with pytest.raises(KeyboardInterrupt):
        release(tally)
    pushed = release.repository.digest("1.0.0")
    assert (pushed is None) == (step in ("testing", "pushing"))

    release.stop_at = ""
    report = release(tally)
    assert pushed in (None, report.digest)
    assert any("building" in text for text in release.heard) == (pushed is None)
    assert any("testing" in text for text in release.heard) == (step != "stating the packages")
    verdict = verdict_of(release.repository, report.digest)
    assert verdict is not None
    assert verdict.passed
    assert sbom_of(release.repository, report.digest) is not None
    assert release(tally).did == ()


def test_what_was_pushed_is_fetched_where_another_machine_goes_on(
    tally: Path, release: Releases, engine: ContainerEngine
) -> None:
    release.stop_at = "stating the verdict"
    with pytest.raises(KeyboardInterrupt):
        release(tally)
    release.stop_at = ""
    name = f"{release.repository.name}:1.0.0"
    identifier = engine.inspect(name).id
    for tag in engine.inspect(name).tags:
        engine.remove_image(tag)
    engine.remove_image(identifier)
    assert not engine.exists(identifier)
    report = release(tally)
    assert any("fetching" in text for text in release.heard)
    assert report.image_id == identifier


def test_all_findings_are_reported_at_once_and_nothing_is_pushed(tally: Path, release: Releases) -> None:
    release(tally)
    (tally / "README.md").write_text("Nothing.\n")
    replace(tally, "1.0.0", "1.0.1")
    replace(tally, "maximum: 6", "maximum: 4")
    replace(tally, '"maximum": 6', '"maximum": 4')
    report = release(tally)
    assert rules(report) == ["release.tree", "release.changelog", "release.step", "release.conformance"]
    step = next(finding for finding in report.findings if finding.rule == "release.step")
    assert step.where == "measure.parameters.places"
    assert "constraint.narrowed: maximum: 6 -> 4" in step.message
    assert "Make it 2.0.0 at least" in step.remedy
    assert report.digest == ""
    assert [tag for tag in release.repository.tags() if not tag.startswith("sha256-")] == ["1.0.0"]


def test_a_version_that_is_released_from_another_commit_is_refused(tally: Path, release: Releases) -> None:
    first = release(tally)
    (tally / "README.md").write_text("docker run again\n")
    commit(tally)
    report = release(tally)
    assert rules(report) == ["release.version"]
    assert first.digest in report.findings[0].message
    assert "1.0.1 is free" in report.findings[0].remedy
    assert release.repository.digest("1.0.0") == first.digest


def test_a_version_below_the_last_release_is_refused(tally: Path, release: Releases) -> None:
    put_image(release.repository, "1.2.0")
    report = release(tally)
    assert rules(report) == ["release.version"]
    assert "1.0.0 is not greater than the last release, 1.2.0" in report.findings[0].message


def test_a_step_that_fits_the_change_passes_and_shows_the_differences(tally: Path, release: Releases) -> None:
    release(tally)
    raise_version(tally, "1.1.0")
    replace(tally, "[bytes, kilobytes]", "[bytes, kilobytes, megabytes]")
    replace(tally, '"kilobytes"\n     ]', '"kilobytes",\n      "megabytes"\n     ]')
    commit(tally)
    report = release(tally)
    assert report.findings == ()
    assert (report.base, [one.rule for one in report.differences]) == ("1.0.0", ["enum.widened"])
    assert release.repository.digest("1.1.0") == report.digest


def test_a_pre_release_may_come_before_its_version(tally: Path, release: Releases) -> None:
    for version in ("1.1.0-rc.1", "1.1.0-rc.2", "1.1.0"):
        raise_version(tally, version)
        commit(tally)
        assert release(tally).findings == ()
    assert {"1.1.0-rc.1", "1.1.0-rc.2", "1.1.0"} <= set(release.repository.tags())


def test_a_dry_run_says_what_would_happen_and_changes_nothing_there(tally: Path, release: Releases) -> None:
    report = release(tally, dry_run=True)
    assert report.did == (
        f"push {release.repository.name}:1.0.0",
        "state the verdict of the conformance suite",
        "state the packages (SBOM)",
    )
    assert release.repository.tags() == []


def test_an_image_that_cannot_be_built_is_one_finding_beside_the_others(tally: Path, release: Releases) -> None:
    (tally / "Dockerfile").write_text("FROM machiya/base:bookworm\nCOPY nothing-of-this-name /\n")
    report = release(tally)
    assert rules(report) == ["release.tree", "release.build"]


def test_a_folder_outside_git_is_refused(tally: Path, release: Releases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tally.parent))
    shutil.rmtree(tally / ".git")
    assert rules(release(tally)) == ["release.tree"]


def test_somebody_who_released_the_version_meanwhile_is_not_overwritten(tally: Path, release: Releases) -> None:
    theirs: list[str] = []

    def meanwhile(_result: object) -> None:
        theirs.append(put_image(release.repository, "1.0.0", salt="theirs"))

    with pytest.raises(CheckError, match="somebody else released it while this was being tested"):
        release(tally, on_result=meanwhile)
    assert release.repository.digest("1.0.0") == theirs[0]


def test_wrong_credentials_are_told_before_anything_is_built(
    tally: Path, engine: ContainerEngine, guarded_host: str, log_in: Callable[..., None]
) -> None:
    log_in(guarded_host, password="wrong")
    release = Releases(engine, f"{guarded_host}/acme")
    with pytest.raises(AccessError, match="refused the credentials of robot"):
        release(tally)
    assert release.heard == []


def test_a_release_into_a_registry_with_a_password(tally: Path, guarded_host: str, log_in: Callable[..., None]) -> None:
    log_in(guarded_host)
    with connect() as engine:  # it reads the credentials when it connects
        release = Releases(engine, f"{guarded_host}/released")
        report = release(tally)
    assert report.digest
    assert release.repository.digest("1.0.0") == report.digest


def test_a_push_that_is_refused_is_told_as_such(engine: ContainerEngine, guarded_host: str) -> None:
    name = f"{guarded_host}/nobody/tally:1"
    engine.tag("machiya/base:bookworm", name)
    try:
        with pytest.raises(AccessError, match="does not let you push") as error:
            engine.push(name, lambda _line: None)
    finally:
        engine.remove_image(name)
    assert f"docker login {guarded_host}" in error.value.remedy


def test_a_commit_elsewhere_in_the_repository_changes_no_release(tally: Path, release: Releases) -> None:
    inner = tally.parent / "all" / "tally"
    shutil.copytree(tally, inner, ignore=shutil.ignore_patterns(".git"))
    git(inner.parent, "init", "-q")
    commit(inner.parent / "tally")
    release(inner)
    (inner.parent / "other.txt").write_text("other")
    git(inner.parent, "add", "-A")
    git(inner.parent, "commit", "-m", "Other")
    report = release(inner)
    assert (report.findings, report.did) == ((), ())


def test_findings_are_printed_and_end_with_1(tally: Path, registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tally / "Dockerfile").write_text("FROM machiya/base:bookworm\nCOPY nothing-of-this-name /\n")
    assert run(machiya, ["release", str(tally), "--registry", registry]) == 1
    printed = capsys.readouterr()
    assert "release.tree: 1 file is not committed: Dockerfile." in printed.out
    assert "release.build: " in printed.out
    assert "tally 1.0.0 was not released: 2 findings." in printed.err


def test_missing_credentials_end_with_77(tally: Path, guarded_host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["release", str(tally), "--registry", f"{guarded_host}/acme"]) == 77
    assert f"docker login {guarded_host}" in capsys.readouterr().err
