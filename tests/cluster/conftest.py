"""A namespace of a real cluster, with the chart in it; without a cluster the tests are skipped with the reason."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from tests.cluster.kube import Kube
from tests.cluster.settings import KUBECONFIG, Settings, read_settings

CHART = Path(__file__).parents[2] / "charts" / "machiya"
RELEASE = "machiya"


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Which cluster."""
    found = read_settings()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="session")
def kube(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Kube:
    """Its API. Argo's types must be there: what they check is what the tests are for."""
    found = Kube(settings.kubeconfig, tmp_path_factory.mktemp("kube"))
    if not found.knows("argoproj.io/v1alpha1", "Workflow"):
        pytest.fail(f"{KUBECONFIG}: Argo Workflows is not installed there; see tests/cluster/README.md", pytrace=False)
    return found


@pytest.fixture(scope="session")
def namespace(kube: Kube) -> Iterator[str]:
    """A namespace of its own, which takes nothing but pods of the restricted profile; gone afterwards."""
    name = f"machiya-test-{secrets.token_hex(3)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    yield name
    kube.delete("v1", "Namespace", name)


@pytest.fixture(scope="session")
def installed(settings: Settings, namespace: str) -> Iterator[helm_python.Config]:
    """The chart, installed by Helm with the least values: rights, and no store."""
    with helm_python.Config(kubeconfig_path=str(settings.kubeconfig), namespace=namespace) as config:
        config.install(str(CHART), RELEASE, values_of(settings), namespace=namespace)
        yield config
        config.uninstall(RELEASE, ignore_not_found=True)


@pytest.fixture(scope="session")
def runnable(settings: Settings) -> Settings:
    """A cluster that can run something; skipped with the reason where it cannot, before anything waits for a node."""
    if settings.story_problem:
        pytest.skip(settings.story_problem)
    return settings


@pytest.fixture(scope="session")
def with_store(runnable: Settings, installed: helm_python.Config) -> helm_python.Config:
    """The chart with a store: that of MACHIYA_TEST_VALUES, or an S3 server of its own."""
    given = yaml.safe_load(runnable.values.read_text("utf-8")) if runnable.values else {"tryout": {"enabled": True}}
    installed.upgrade(str(CHART), RELEASE, {**values_of(runnable), **given}, wait="watcher", timeout=600)
    return installed


def values_of(settings: Settings) -> dict[str, Any]:
    """The least values of the chart: rights, and no store."""
    controller, account = settings.controller
    return {"controller": {"namespace": controller, "serviceAccount": account}}


def environment_of(settings: Settings, kube: Kube, namespace: str, folder: Path) -> dict[str, str]:
    """What `machiya` needs to speak to Argo Server, as the chart's account for it."""
    given = {
        "ARGO_SERVER": settings.argo_server,
        "ARGO_TOKEN": f"Bearer {kube.token('machiya-submit', namespace)}",
        "ARGO_NAMESPACE": namespace,
        "MACHIYA_HOME": str(folder / "home"),
        **({"ARGO_CA_FILE": settings.argo_ca_file} if settings.argo_ca_file else {}),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARGO_", "MACHIYA_"))}
    return {**kept, **given}
