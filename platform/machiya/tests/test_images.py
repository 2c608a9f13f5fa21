"""From a folder to what the engine is asked to build."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest
from click.testing import CliRunner

from machiya import containers, images
from machiya.cli.build import build as build_command
from machiya.containers import BuildRequest, Container, ContainerEngine, ImageInfo, RunRequest, RunResult
from machiya.errors import BuildError, ContractError, NotFoundError
from machiya.images.build import DEFAULT_BASE, LOCAL_BASE, choose_base
from machiya.images.kit_wheel import kit_source, put_kit_wheel
from machiya.images.revision import revision_of, without_credentials
from machiya_component.contract import contract_from_json, load_contract

CONTRACT = """\
apiVersion: machiya/v1
name: tally
version: 1.2.0
summary: Counts
owner: platform
operations:
  count:
    summary: Count the rows.
    outputs: {size: {type: metrics}}
    samples: {small: {}}
"""


class FakeEngine:
    """A container engine that knows some images, and builds by remembering what was asked."""

    def __init__(self, *known: str, log: tuple[str, ...] = ("Step 1/2",), error: str = "") -> None:
        self.known = set(known)
        self.log = log
        self.error = error
        self.asked: list[BuildRequest] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self.known.clear()

    def build(self, request: BuildRequest, on_line: Callable[[str], None]) -> str:
        self.asked.append(request)
        for line in self.log:
            on_line(line)
        if self.error:
            raise BuildError(self.error)
        return "sha256:abc"

    def exists(self, image: str) -> bool:
        return image in self.known

    def inspect(self, image: str) -> ImageInfo:
        raise NotFoundError(image)

    def create(self, request: RunRequest) -> AbstractContextManager[Container]:
        raise NotImplementedError

    def run(self, request: RunRequest, timeout: float) -> RunResult:
        raise NotImplementedError

    def copy_from_image(self, image: str, path: str, folder: Path) -> bool:
        raise NotImplementedError

    def pull(self, image: str) -> None:
        raise NotImplementedError

    def tag(self, image: str, name: str) -> None:
        raise NotImplementedError

    def push(self, name: str, on_line: Callable[[str], None]) -> str:
        raise NotImplementedError

    def files(self, image: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
        raise NotImplementedError

    def remove_labelled(self, label: str, value: str) -> int:
        raise NotImplementedError

    def remove_image(self, image: str) -> None:
        self.known.discard(image)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A component that needs no kit, outside git."""
    monkeypatch.delenv("MACHIYA_BASE_IMAGE", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    component = tmp_path / "tally"
    component.mkdir()
    (component / "component.yaml").write_text(CONTRACT)
    (component / "Dockerfile").write_text("FROM scratch\n")
    return component


def git(folder: Path, *arguments: str) -> None:
    names = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *names, *arguments], check=True, capture_output=True)


@pytest.fixture
def committed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The component in a repository of its own, committed at a known time."""
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2026-11-22T09:00:00+09:00")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-11-22T09:00:00+09:00")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "remote", "add", "origin", "https://someone:token@example.org/tally.git")
    return folder


def head(folder: Path) -> str:
    done = subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def asked(folder: Path, *known: str) -> BuildRequest:
    engine = FakeEngine(*known)
    images.build(folder, engine)
    [request] = engine.asked
    return request


def test_the_image_is_named_after_the_contract_and_carries_it(folder: Path) -> None:
    request = asked(folder)
    assert request.tag == "machiya/tally:1.2.0"
    assert request.network == "host"
    label = request.labels[images.CONTRACT_LABEL]
    assert contract_from_json(label) == load_contract(folder)
    assert label == json.dumps(json.loads(label), ensure_ascii=False, separators=(",", ":"))


def test_a_clean_commit_gives_the_same_labels_every_time(committed: Path) -> None:
    first, second = asked(committed), asked(committed)
    assert first.labels == second.labels
    assert first.labels["org.opencontainers.image.created"] == "2026-11-22T00:00:00Z"
    assert first.labels["org.opencontainers.image.revision"] == head(committed)
    assert first.labels["org.opencontainers.image.title"] == "tally"
    assert first.labels["org.opencontainers.image.version"] == "1.2.0"
    assert first.arguments["REVISION"] == head(committed)


def test_the_source_is_the_remote_without_its_password(committed: Path) -> None:
    assert asked(committed).labels["org.opencontainers.image.source"] == "https://example.org/tally.git"


def test_the_contract_knows_the_source_better_than_git(committed: Path) -> None:
    text = CONTRACT.replace("owner:", "source: https://example.org/real\nowner:")
    (committed / "component.yaml").write_text(text)
    assert asked(committed).labels["org.opencontainers.image.source"] == "https://example.org/real"


def test_changes_that_are_not_committed_make_the_revision_dirty(committed: Path) -> None:
    (committed / "Dockerfile").write_text("FROM scratch\nLABEL a=b\n")
    engine = FakeEngine()
    built = images.build(committed, engine)
    assert built.revision == f"{head(committed)}-dirty"
    assert any("-dirty" in note for note in built.notes)


def test_what_git_ignores_does_not_make_it_dirty(committed: Path) -> None:
    (committed / ".gitignore").write_text("*.whl\n")
    git(committed, "add", ".")
    git(committed, "commit", "-q", "-m", "ignore")
    (committed / "kit.whl").write_text("")
    assert revision_of(committed).commit == head(committed)


def test_a_commit_elsewhere_in_the_repository_is_not_the_revision(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "tally")
    git(tmp_path, "commit", "-q", "-m", "component")
    own = head(tmp_path)
    (tmp_path / "other").write_text("")
    git(tmp_path, "add", "other")
    git(tmp_path, "commit", "-q", "-m", "other")
    assert revision_of(folder).commit == own != head(tmp_path)


def test_outside_git_the_revision_is_empty_and_the_time_is_now(folder: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    engine = FakeEngine()
    built = images.build(folder, engine)
    labels = engine.asked[0].labels
    assert (built.revision, labels["org.opencontainers.image.revision"]) == ("", "")
    assert datetime.fromisoformat(labels["org.opencontainers.image.created"]) >= before
    assert any("not in git" in note for note in built.notes)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://user:word@example.org/a.git", "https://example.org/a.git"),
        ("https://example.org/a.git", "https://example.org/a.git"),
        ("git@example.org:a.git", "git@example.org:a.git"),
        ("", ""),
    ],
)
def test_credentials_never_reach_a_label(url: str, clean: str) -> None:
    assert without_credentials(url) == clean


@pytest.mark.parametrize(
    ("option", "variable", "known", "base"),
    [
        (None, None, (), DEFAULT_BASE),
        (None, None, (DEFAULT_BASE, LOCAL_BASE), DEFAULT_BASE),
        (None, None, (LOCAL_BASE,), LOCAL_BASE),
        (None, "mine:1", (LOCAL_BASE,), "mine:1"),
        ("yours:1", "mine:1", (LOCAL_BASE,), "yours:1"),
    ],
)
def test_the_base_is_the_one_asked_for_else_the_default_else_the_local_one(
    option: str | None, variable: str | None, known: tuple[str, ...], base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MACHIYA_BASE_IMAGE", raising=False)
    if variable:
        monkeypatch.setenv("MACHIYA_BASE_IMAGE", variable)
    chosen, notes = choose_base(FakeEngine(*known), option)
    assert chosen == base
    assert bool(notes) == (base == LOCAL_BASE)


def test_a_build_uses_the_base(folder: Path) -> None:
    assert asked(folder, LOCAL_BASE).arguments["BASE_IMAGE"] == LOCAL_BASE


def test_a_broken_contract_is_refused_with_every_finding_and_nothing_is_built(folder: Path) -> None:
    text = CONTRACT.replace("owner: platform", "ower: platform").replace("version: 1.2.0", "version: one")
    (folder / "component.yaml").write_text(text)
    engine = FakeEngine()
    with pytest.raises(ContractError) as error:
        images.build(folder, engine)
    assert "owner" in error.value.message
    assert "version" in error.value.message
    assert "component.yaml:3" in error.value.message
    assert engine.asked == []


@pytest.mark.parametrize("absent", ["component.yaml", "Dockerfile"])
def test_a_folder_that_is_no_component_is_said_to_be_none(folder: Path, absent: str) -> None:
    (folder / absent).unlink()
    with pytest.raises(NotFoundError, match=f"it has no {absent}") as error:
        images.build(folder, FakeEngine())
    assert "machiya new" in error.value.remedy


@pytest.mark.parametrize(
    ("message", "line", "advice"),
    [
        ("pull access denied for python", "Step 1/9", "platform/base/build.sh"),
        ("returned a non-zero code: 1", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "make lock"),
        ("returned a non-zero code: 1", "ERROR: No matching distribution found for implicit==9", "requirements.lock"),
        ("returned a non-zero code: 1", "boom", "which step of the Dockerfile failed"),
    ],
)
def test_a_failed_build_shows_the_end_of_the_log_and_what_to_do(
    folder: Path, message: str, line: str, advice: str
) -> None:
    engine = FakeEngine(log=(*(f"line {number}" for number in range(100)), line), error=message)
    with pytest.raises(BuildError) as error:
        images.build(folder, engine)
    assert line in error.value.message
    assert message in error.value.message
    assert "line 1\n" not in error.value.message
    assert advice in error.value.remedy
    assert f"machiya build --verbose {folder}" in error.value.remedy


def test_a_folder_without_wheels_gets_no_kit(folder: Path) -> None:
    asked(folder)
    assert not (folder / "wheels").exists()


@pytest.mark.skipif(kit_source() is None, reason="the kit was installed from a package index")
def test_the_kit_of_a_source_folder_becomes_a_wheel_with_the_same_bytes_every_time(tmp_path: Path) -> None:
    first = put_kit_wheel(tmp_path / "first")
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "machiya_component-0.0.1-py3-none-any.whl").write_text("old")
    second = put_kit_wheel(tmp_path / "second")
    assert first is not None
    assert second is not None
    assert [path.name for path in (tmp_path / "second").iterdir()] == [first.name]
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.skipif(kit_source() is None, reason="the kit was installed from a package index")
def test_a_wheel_that_would_not_change_is_not_touched(tmp_path: Path) -> None:
    wheel = put_kit_wheel(tmp_path)
    assert wheel is not None
    before = wheel.stat()
    assert put_kit_wheel(tmp_path) == wheel
    assert (wheel.stat().st_ino, wheel.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_command_prints_the_tag_and_the_id_and_the_log_only_when_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect() -> ContainerEngine:
        return FakeEngine(LOCAL_BASE)

    monkeypatch.setattr(containers, "connect", connect)
    quiet = CliRunner().invoke(build_command, [str(folder)], catch_exceptions=False)
    loud = CliRunner().invoke(build_command, [str(folder), "--verbose"], catch_exceptions=False)
    assert quiet.stdout == "Built machiya/tally:1.2.0\nsha256:abc\n"
    assert f"note: the base is {LOCAL_BASE}" in quiet.stderr
    assert "Step 1/2" not in quiet.stderr
    assert "Step 1/2" in loud.stderr


def test_a_copy_of_the_folder_gives_the_same_contract_label(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert asked(copy).labels[images.CONTRACT_LABEL] == asked(folder).labels[images.CONTRACT_LABEL]
