"""`machiya explain --engine argo`: with the last words that the pods, or the controller, still have."""

import json
from collections.abc import Callable

import pytest

from machiya.cli.main import machiya
from machiya.cli.shell import run
from machiya.engines.argo.client import ArgoServerClient
from machiya.engines.argo.protocol import Object
from tests.argo.fake import FakeArgo
from tests.cluster.story import Story

CODES = {"tally": f"sha256:{'a' * 64}", "gauge": f"sha256:{'b' * 64}"}
Say = Callable[..., str]


@pytest.fixture
def say(argo: FakeArgo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """What a command prints that speaks to the server."""
    for name, value in argo.environment.items():
        monkeypatch.setenv(name, value)

    def call(*words: str, code: int = 0) -> str:
        assert run(machiya, list(words)) == code
        return capsys.readouterr().out

    return call


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Object:
    """What is submitted."""
    return Story(tmp_path_factory.mktemp("story")).first_run(CODES).workflow


@pytest.fixture
def failed(argo: FakeArgo, client: ArgoServerClient, workflow: Object) -> str:
    """A run whose second step found data that breaks its contract."""
    name = str(client.create(workflow)["metadata"]["name"])
    argo.cluster.finish(name, failing={"second": 65}, lines=["begins", "gauge: row 3 has no user; mend it. --unit"])
    return name


def test_the_last_line_of_the_pod_is_told_and_what_to_type_on_this_cluster(failed: str, say: Say) -> None:
    lines = [" ".join(line.split()) for line in say("explain", failed, "--engine", "argo").splitlines()]
    assert "second: exit code 65: data breaks the contract" in lines
    assert "said gauge: row 3 has no user; mend it. --unit" in lines
    assert f"log machiya logs {failed} second --engine argo" in lines
    assert "not lost first" in lines
    again = f"machiya resubmit {failed} --stage development -p unit=... --engine argo"
    assert f"press not RETRY, which would fail again: when it is mended, {again}" in lines
    assert any(line.startswith("look http://") and line.endswith(f"/workflows/ml/{failed}") for line in lines)


def test_where_the_pods_are_gone_the_log_that_was_kept_speaks(failed: str, argo: FakeArgo, say: Say) -> None:
    argo.cluster.logs.clear()
    (node,) = [
        one
        for one in argo.cluster.get(failed)["status"]["nodes"].values()
        if one["displayName"] == "second(0)" and one["phase"] == "Failed"
    ]
    argo.cluster.kept_logs[failed, node["id"]] = b"x" * 200_000 + b"\nkept words\n\n"
    found = json.loads(say("explain", failed, "--engine", "argo", "--json"))
    assert found["causes"][0]["lastLines"] == ["kept words"]


def test_a_run_without_any_log_is_explained_all_the_same(failed: str, argo: FakeArgo, say: Say) -> None:
    argo.cluster.logs.clear()
    found = json.loads(say("explain", failed, "--engine", "argo", "--json"))
    assert (found["causes"][0]["rule"], found["causes"][0]["lastLines"]) == ("data", [])
