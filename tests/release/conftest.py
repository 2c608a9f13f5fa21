"""Registries, credentials and a small component in a git repository of its own."""

import base64
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.release.registries import PASSWORD, USER, SmallRegistry, docker_registry, missing_program, small_registry

ROOT = Path(__file__).parents[2]
TALLY = ROOT / "tests" / "conformance" / "components" / "tally"
_NUMBERS = itertools.count(1)


def _require() -> None:
    problem = missing_program()
    if problem and os.environ.get("MACHIYA_REQUIRE_ENGINE"):
        pytest.fail(problem, pytrace=False)
    if problem:
        pytest.skip(problem)


@pytest.fixture(scope="session")
def _host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    _require()
    with docker_registry(tmp_path_factory.mktemp("registry")) as host:
        yield host


@pytest.fixture
def registry(_host: str) -> str:
    """The name of a place in a real registry that no other test uses."""
    return f"{_host}/acme-{os.getpid()}-{next(_NUMBERS)}"


@pytest.fixture(scope="session")
def guarded_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real registry that wants a user and a password."""
    _require()
    with docker_registry(tmp_path_factory.mktemp("guarded"), password=True) as host:
        yield host


@pytest.fixture
def small() -> Iterator[SmallRegistry]:
    """A registry with the referrers API."""
    with small_registry() as state:
        yield state


@pytest.fixture(autouse=True)
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty configuration of docker, and a machine on which no registry is named."""
    folder = tmp_path / "docker"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    monkeypatch.delenv("MACHIYA_REGISTRY", raising=False)
    return folder


@pytest.fixture
def log_in(docker_config: Path) -> Callable[..., None]:
    """What `docker login` writes."""

    def write(host: str, user: str = USER, password: str = PASSWORD) -> None:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        (docker_config / "config.json").write_text(json.dumps({"auths": {host: {"auth": pair}}}))

    return write


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    names = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *names, *arguments], check=True, capture_output=True)


def commit(folder: Path) -> None:
    """Commit everything. Every folder gets commits, and so images, of its own, even in the same second."""
    git(folder, "add", "-A")
    git(folder, "commit", "-m", f"Change {folder}")


def replace(folder: Path, old: str, new: str) -> None:
    """Replace a text in both forms of the contract, where it stands; it must stand in one."""
    found = False
    for name in ("component.yaml", "contract.json"):
        text = (folder / name).read_text()
        found |= old in text
        (folder / name).write_text(text.replace(old, new))
    assert found, old


def raise_version(folder: Path, version: str) -> None:
    """Another version, with an entry in the changelog."""
    old = next(line for line in (folder / "component.yaml").read_text().splitlines() if line.startswith("version:"))
    replace(folder, old.partition(": ")[2], version)
    changelog = folder / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("\n## ", f"\n## [{version}] - 2026-11-25\n\n- New.\n\n## ", 1))


@pytest.fixture
def tally(tmp_path: Path) -> Path:
    """A component in shell, committed."""
    folder = shutil.copytree(TALLY, tmp_path / "tally")
    git(folder, "init", "-q")
    commit(folder)
    return folder
