"""A fake Argo Server, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from machiya.engines.argo.client import ArgoServerClient
from machiya.engines.argo.settings import read_settings
from tests.argo.server import FakeArgo, running

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
