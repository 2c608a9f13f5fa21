"""The exit handler of a rendered workflow, with real processes and a real webhook: one message for each end."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from machiya.engines.local.api import Result, Setup, retry, run_workflow
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.store import DirectoryStore
from tests.end_to_end.rendering import render_in
from tests.end_to_end.webhook import Webhook, listening

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "components" / "preprocess" / "sample"
WORKFLOW = """
from machiya.dsl import Workflow, run

workflow = Workflow("tidy", summary="Cleans", owner="us")
preprocess, notify = workflow.components("preprocess", "notify")
clean = preprocess.clean(events=workflow.artifact("events", "The log"))
facts = dict(run=run.name, status=run.status, duration=run.duration, failures=run.failures, stage=run.stage)
tell = notify.send(workflow=run.workflow, components=run.components, earlier=run.earlier.receipt, **facts)
workflow.on_exit(tell.named("notify"))
"""


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with listening() as server:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("MACHIYA_SECRET_GENERIC_WEBHOOK", server.address)
        yield server


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    """A workflow of one step that does work, rendered from its file, pins and contracts."""
    return render_in(tmp_path / "tidy", WORKFLOW, "preprocess", "notify")


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path / "home", ProcessLauncher(), handle_signals=False)


def give(setup: Setup, sample: str, tmp_path: Path) -> None:
    """Keep sample data as the run's input."""
    shutil.copytree(SAMPLE / sample, tmp_path / "given", dirs_exist_ok=False)
    DirectoryStore(setup.home / "store").put(tmp_path / "given", "inputs/log")
    shutil.rmtree(tmp_path / "given")


def outcome(setup: Setup, result: Result) -> str:
    """What the receipt of the last execution says."""
    target = setup.home.parent / "receipt"
    shutil.rmtree(target, ignore_errors=True)
    DirectoryStore(setup.home / "store").link(f"runs/{result.run}/notify/receipt", target)
    channels = json.loads((target / "receipt.json").read_text())["channels"]
    return str(channels.get("generic_webhook", {"outcome": "not-configured"})["outcome"])


def test_each_end_of_a_run_is_told_once(webhook: Webhook, manifest: str, setup: Setup, tmp_path: Path) -> None:
    give(setup, "events-new", tmp_path)
    first = run_workflow(manifest, setup, parameters={"events": "inputs/log"})

    assert (first.phase, outcome(setup, first)) == ("Failed", "sent")
    (message,) = webhook.told
    assert (message["run"], message["workflow"], message["stage"]) == (first.run, "tidy", "development")
    assert message["status"] == "Failed"
    (failure,) = message["failures"]
    assert (failure["steps"], failure["exit_code"], failure["meaning"]) == (["clean"], 65, "data breaks the contract")
    assert (failure["component"], failure["version"], failure["owner"]) == ("preprocess", "1.0.0", "ml-platform")
    assert [(one["name"], one["version"]) for one in message["components"]] == [("preprocess", "1.0.0")]

    second = retry(first.run, setup)
    assert (second.phase, outcome(setup, second)) == ("Failed", "already-sent")
    assert len(webhook.told) == 1

    give(setup, "events", tmp_path)
    third = retry(first.run, setup)
    assert (third.phase, outcome(setup, third)) == ("Succeeded", "sent")
    assert [message["status"] for message in webhook.told] == ["Failed", "Succeeded"]
    assert not [path for path in setup.home.rglob("*") if path.is_file() and b"T0KEN" in path.read_bytes()]


def test_without_a_webhook_a_run_ends_as_its_work_does(
    manifest: str, setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MACHIYA_SECRET_GENERIC_WEBHOOK", raising=False)
    give(setup, "events", tmp_path)
    result = run_workflow(manifest, setup, parameters={"events": "inputs/log"})

    assert (result.phase, outcome(setup, result)) == ("Succeeded", "not-configured")
