"""What is published of a rendered workflow, with real processes: it changes at a run's end, whole, or not at all."""

import json
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from machiya.engines.local.api import Result, Setup, resubmit, retry, run_workflow
from machiya.engines.local.argo.interpreter.nodes import NodeType
from machiya.engines.local.cache import DirectoryMemo
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.store import ArtifactStore, DirectoryStore
from tests.end_to_end.rendering import render_in

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "components" / "preprocess" / "sample"
KEY = "published/tidy/development/interactions.json"
WORKFLOW = """
from machiya.dsl import Workflow, run

workflow = Workflow("tidy", summary="Cleans", owner="us")
preprocess, publish = workflow.components("preprocess", "publish")
clean = preprocess.clean(events=workflow.artifact("events", "The log"))
share = workflow.parameter("test_share", 0.2, "Share that is held out")
split = preprocess.split(interactions=clean.interactions, test_share=share)
current = workflow.kept("published/interactions.json", file="pointer.json")
flip = publish.publish(
    result=clean.interactions, key=clean.interactions.key, earlier=current, users=clean.interactions,
    workflow=run.workflow, stage=run.stage, name="interactions", run=run.name, started=run.started,
    **workflow.expose(publish.publish, "min_rows", "max_drop"),
).after(split)
workflow.keep(flip.pointer, current)
"""


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A workflow that publishes after a step that a parameter can break."""
    return render_in(tmp_path_factory.mktemp("tidy"), WORKFLOW, "preprocess", "publish")


@pytest.fixture(scope="module")
def past(manifest: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a run that has published, which every test begins with a copy of: the cache knows its first steps."""
    home = tmp_path_factory.mktemp("past")
    assert start(manifest, Setup(home, ProcessLauncher(), handle_signals=False)).phase == "Succeeded"
    return home


@pytest.fixture
def setup(past: Path, tmp_path: Path) -> Setup:
    shutil.copytree(past, tmp_path / "home")
    return Setup(tmp_path / "home", ProcessLauncher(), handle_signals=False)


def store_of(setup: Setup) -> ArtifactStore:
    return setup.store or DirectoryStore(setup.home / "store")


def start(manifest: str, setup: Setup, **parameters: str) -> Result:
    """A run on the sample log; the digests make the steps before the last come from the cache."""
    store_of(setup).add(SAMPLE / "events", "inputs/events")
    known = {"events": "inputs/events", "events-digest": "sha256:e", "preprocess-code": "sha256:c"}
    return run_workflow(manifest, setup, parameters=known | parameters)


def published(setup: Setup, scratch: Path) -> bytes:
    """The bytes of the pointer."""
    target = scratch / "pointer"
    target.unlink(missing_ok=True)
    store_of(setup).link(KEY, target)
    return target.read_bytes()


def pointer(setup: Setup, scratch: Path) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(published(setup, scratch))
    return found


def phases(result: Result) -> dict[str, str]:
    return {node.display_name: str(node.phase) for node in result.state.nodes.values() if node.type is NodeType.RETRY}


def change(setup: Setup, scratch: Path, **facts: object) -> bytes:
    """Let something else be published; the bytes of it."""
    text = json.dumps({**pointer(setup, scratch), **facts})
    (scratch / "changed").write_text(text)
    store_of(setup).put(scratch / "changed", KEY)
    return text.encode()


def test_a_run_publishes_in_the_end_and_the_next_names_it(manifest: str, setup: Setup, tmp_path: Path) -> None:
    first = pointer(setup, tmp_path)
    assert (first["earlier"], first["coverage"]) == (None, 1.0)
    run = start(manifest, setup)
    second = pointer(setup, tmp_path)
    assert (second["run"], second["earlier"]["run"]) == (run.run, first["run"])
    assert second["digest"] == first["digest"]
    assert second["key"] == first["key"], "the cache gave what the first had made, where it is"
    reference = store_of(setup).find(second["key"])
    assert reference is not None
    assert reference.key.startswith(f"runs/{first['run']}/")


def test_a_run_that_fails_before_leaves_what_is_published_untouched(
    manifest: str, setup: Setup, tmp_path: Path
) -> None:
    before = published(setup, tmp_path)
    failed = start(manifest, setup, test_share="7")
    assert (failed.phase, phases(failed)["split"]) == ("Failed", "Failed")
    assert published(setup, tmp_path) == before


def test_a_result_that_fell_is_not_published_and_the_same_with_another_limit_is(
    manifest: str, setup: Setup, tmp_path: Path
) -> None:
    before = change(setup, tmp_path, rows=1_000_000)
    fell = start(manifest, setup, max_drop="0.5")
    assert (fell.phase, phases(fell)["publish"]) == ("Failed", "Failed")
    assert published(setup, tmp_path) == before
    accepted = resubmit(fell.run, setup, parameters={"max_drop": "1"})
    assert (accepted.phase, pointer(setup, tmp_path)["run"]) == ("Succeeded", accepted.run)


def test_an_older_run_that_is_retried_does_not_take_the_place_of_a_newer_one(
    manifest: str, setup: Setup, tmp_path: Path
) -> None:
    older = start(manifest, setup, min_rows="1000000")
    assert phases(older)["publish"] == "Failed"
    before = change(setup, tmp_path, run="newer", started="2999-01-01T00:00:00Z")
    assert retry(older.run, setup).phase == "Succeeded"
    assert published(setup, tmp_path) == before


def test_a_step_that_is_executed_again_after_it_has_published_changes_nothing(
    manifest: str, setup: Setup, tmp_path: Path
) -> None:
    run = start(manifest, setup)
    before = published(setup, tmp_path)
    assert json.loads(before)["run"] == run.run
    assert retry(run.run, setup, step="publish").phase == "Succeeded"
    assert published(setup, tmp_path) == before


def test_two_engines_at_once_leave_one_whole_pointer(manifest: str, setup: Setup, tmp_path: Path) -> None:
    shared = replace(setup, store=DirectoryStore(setup.home / "store"), memo=DirectoryMemo(setup.home / "cache"))
    first = pointer(shared, tmp_path)["run"]
    setups = [replace(shared, home=tmp_path / name) for name in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda one: start(manifest, one), setups))
    assert [result.phase for result in results] == ["Succeeded", "Succeeded"]
    found = pointer(shared, tmp_path)
    runs = {result.run for result in results}
    assert found["run"] in runs
    assert found["earlier"]["run"] in {first} | runs - {found["run"]}
