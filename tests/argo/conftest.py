"""A fake Argo Server, a client of it, and the commands that speak to it as people type them in a project."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from machiya.cli.main import machiya as command
from machiya.cli.shell import run
from machiya.engines.argo.client import ArgoServerClient
from machiya.engines.argo.settings import read_settings
from tests.argo.fake import TOKEN, FakeArgo
from tests.argo.project import LOG_DIGEST, STAGE, write_project
from tests.argo.server import running

KNOWN = ("-p", f"log-digest={LOG_DIGEST}")
ARGO = ("--engine", "argo")

VARIABLES = (
    "ARGO_SERVER",
    "ARGO_TOKEN",
    "ARGO_NAMESPACE",
    "ARGO_SECURE",
    "ARGO_BASE_HREF",
    "ARGO_CA_FILE",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine has set concerns no test."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def argo() -> Iterator[FakeArgo]:
    """A server that speaks plain HTTP."""
    with running(FakeArgo()) as fake:
        yield fake


@pytest.fixture
def secure_argo(tmp_path: Path) -> Iterator[FakeArgo]:
    """A server with TLS, whose certificate is of an authority of its own."""
    with running(FakeArgo(), tls=tmp_path) as fake:
        yield fake


@pytest.fixture
def client(argo: FakeArgo) -> Iterator[ArgoServerClient]:
    """One that waits for nothing between attempts."""
    settings = read_settings(None, None, argo.environment)
    with ArgoServerClient(settings, pause=lambda _: None, backoff=0) as one:
        yield one


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workflow's folder as every test finds it."""
    return write_project(tmp_path_factory.mktemp("rendered"))


@pytest.fixture
def folder(rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argo: FakeArgo) -> Path:
    """The workflow's folder, in the project that commands are typed in; variables name the server."""
    folder = tmp_path / "project" / "workflows" / rendered.name
    shutil.copytree(rendered, folder)
    monkeypatch.chdir(folder.parents[1])
    monkeypatch.delenv("MACHIYA_HOME", raising=False)
    for name, value in argo.environment.items():
        monkeypatch.setenv(name, value)
    return folder


Machiya = Callable[..., str]


@pytest.fixture
def machiya(folder: Path, capfd: pytest.CaptureFixture[str]) -> Machiya:
    """`machiya(*WORDS, code=0)`: what a command prints, standard output first; it must end with this code."""
    assert folder.is_dir()

    def call(*words: str, code: int = 0) -> str:
        ended = run(command, list(words))
        printed = capfd.readouterr()
        assert ended == code, printed.out + printed.err
        assert TOKEN not in printed.out + printed.err
        return printed.out + printed.err

    return call


Submit = Callable[..., str]


@pytest.fixture
def submit(machiya: Machiya, argo: FakeArgo) -> Submit:
    """Submit a run and let it come to its end; its name. Steps that are named end with these codes."""

    def call(*words: str, **failing: int) -> str:
        out = machiya("submit", "letters", "--stage", STAGE, *words)
        name = out.partition(":")[0]
        argo.cluster.finish(name, failing, lines=["counting", "done"])
        return name

    return call


def steps(text: str) -> dict[str, str]:
    """What was said of each step while a run was watched."""
    lines = [line.partition("  ")[2] for line in text.splitlines() if line[2:3] == ":"]
    return {name: what for line in lines for name, colon, what in [line.partition(": ")] if colon}
