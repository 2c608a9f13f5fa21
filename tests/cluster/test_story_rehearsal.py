"""The story of a cluster, rehearsed with a small Argo Server: that its parts fit, before there is a cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from machiya.engines.argo.client import ArgoServerClient
from machiya.engines.argo.settings import read_settings
from machiya.engines.argo.status import status_of
from machiya.records.cluster import cluster_record
from machiya.records.diagnosis import Press, diagnose
from machiya.records.diagnosis.kept import kept_contract
from tests.argo.fake import FakeArgo
from tests.argo.server import running
from tests.cluster.story import Story

CODES = {"tally": f"sha256:{'a' * 64}", "gauge": f"sha256:{'b' * 64}"}
RAISED = {**CODES, "gauge": f"sha256:{'c' * 64}"}


@pytest.fixture
def fake() -> Iterator[FakeArgo]:
    """A server that speaks plain HTTP."""
    with running(FakeArgo()) as argo:
        yield argo


@pytest.fixture
def server(fake: FakeArgo) -> Iterator[ArgoServerClient]:
    """One that waits for nothing between attempts."""
    with ArgoServerClient(read_settings(None, None, fake.environment), pause=lambda _: None, backoff=0) as one:
        yield one


def test_fail_explain_retry_bump_resubmit(fake: FakeArgo, server: ArgoServerClient, tmp_path: Path) -> None:
    story = Story(tmp_path)
    run = story.first_run(CODES).workflow
    name = str(server.create(run)["metadata"]["name"])
    fake.cluster.finish(name, failing={"first": 65})

    found = diagnose(cluster_record(status_of(server.get(name)), tmp_path), kept_contract, lambda _: ())
    assert [(cause.name, cause.verdict.rule) for cause in found.causes] == [("first", "data")]
    assert found.press is Press.RESUBMIT

    server.retry(name)
    fake.cluster.finish(name)
    assert server.get(name)["status"]["phase"] == "Succeeded"
    assert fake.cluster.programs == ["first(0)", "first(0)", "second(0)"], (
        "the retry ran what had failed, and what follows"
    )

    fake.cluster.programs.clear()
    story.raise_gauge("1.0.1")
    again = str(server.create(story.next_run(server.get(name), RAISED).workflow)["metadata"]["name"])
    fake.cluster.finish(again)
    assert fake.cluster.programs == ["second(0)"], "what the new version does not affect came from the cache"
    assert again != name


def test_the_seed_is_a_workflow_that_argo_takes(server: ArgoServerClient, tmp_path: Path) -> None:
    created = server.create(Story(tmp_path).seed("machiya-workflow"))
    assert created["metadata"]["name"] == "seed"
