"""`machiya explain`, as a shell sees it: runs of this machine, and what was saved of a cluster."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from machiya.cli.main import machiya
from machiya.cli.shell import run

from .conftest import Home

Say = Callable[..., str]
STATUS = Path(__file__).parents[1] / "data" / "argo_status" / "nested-dags.yaml"


@pytest.fixture
def say(home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """What a command prints; it must end with the code that is given."""
    monkeypatch.setenv("MACHIYA_HOME", str(home.path))

    def call(*words: str, code: int = 0) -> str:
        assert run(machiya, list(words)) == code
        captured = capsys.readouterr()
        return captured.out if code == 0 else captured.err

    return call


def test_a_failed_run_is_told_with_its_last_words_and_what_is_not_lost(home: Home, say: Say) -> None:
    record = home.run(code="65", turns="3")
    lines = [" ".join(line.split()) for line in say("explain").splitlines()]
    assert lines[0].startswith(f"{record.name} Failed after ")
    assert "check: exit code 65: data breaks the contract" in lines
    assert "component toy 1.0.0, operation check" in lines
    assert f"log machiya logs {record.name} check" in lines
    assert "not lost clean, shard (3), join" in lines
    assert any(line.startswith("press not RETRY") and f"machiya resubmit {record.name}" in line for line in lines)


def test_a_failure_that_passes_is_to_be_retried(home: Home, say: Say) -> None:
    record = home.run(code="75")
    lines = [" ".join(line.split()) for line in say("explain", record.name[:-2]).splitlines()]
    assert f"press machiya retry {record.name}" in lines


def test_json_holds_the_same(home: Home, say: Say) -> None:
    record = home.run(code="70")
    found = json.loads(say("explain", record.name, "--json"))
    (cause,) = found["causes"]
    assert (found["run"], found["phase"], found["press"]) == (record.name, "Failed", "mend, then resubmit")
    assert (cause["rule"], cause["step"], cause["exitCode"], cause["component"]) == ("bug", "check", 70, "toy")
    assert cause["lastLines"], "the last line of its log"
    assert found["kept"] == ["clean", "shard (2)", "join"]


def test_a_run_that_succeeded_needs_nothing(home: Home, say: Say) -> None:
    home.run()
    text = say("explain")
    assert "It succeeded; there is nothing to do." in text
    assert "press" not in text


def test_what_was_saved_of_a_cluster_is_explained_without_a_repository(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = say("explain", str(STATUS))
    assert "dag1-step5-tofail: exit code 1" in text
    assert "machiya resubmit fail-two-nested-dag-suspend --engine argo --namespace argo" in text
    monkeypatch.setattr("sys.stdin", io.StringIO(STATUS.read_text("utf-8")))
    assert say("explain", "-") == text


def test_what_the_message_ends_with_is_told_once(say: Say, tmp_path: Path) -> None:
    words = "evaluation run evaluate: a bug (70): ZeroDivisionError."
    node = {"type": "Pod", "phase": "Failed", "message": f"main: Error (exit code 70): {words}"}
    status = {"phase": "Failed", "nodes": {"r": {"id": "r", "name": "r", "displayName": "r", **node}}}
    file = tmp_path / "run.yaml"
    file.write_text(json.dumps({"kind": "Workflow", "metadata": {"name": "r"}, "spec": {}, "status": status}))
    assert say("explain", str(file)).count(words) == 1


def test_what_is_neither_a_run_nor_a_workflow_is_refused(home: Home, say: Say, tmp_path: Path) -> None:
    home.run()
    assert "there is no such run" in say("explain", "nothing", code=66)
    file = tmp_path / "pod.yaml"
    file.write_text("kind: Pod\nmetadata: {name: a}\n")
    assert "holds a Pod, and no Workflow" in say("explain", str(file), code=65)
    file.write_bytes(b"\xff\xfe")
    assert "cannot be read" in say("explain", str(file), code=66)
