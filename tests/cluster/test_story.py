"""The whole story against a real cluster: submit, fail on purpose, explain, retry, raise a version, resubmit, read.

It takes a cluster with nodes, Argo's controller and Argo Server: see README.md.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helm_python
import pytest

from machiya.engines.argo.client import ArgoServerClient
from machiya.engines.argo.settings import read_settings
from machiya.engines.argo.status import WorkflowStatus, status_of
from tests.cluster.conftest import environment_of
from tests.cluster.kube import Kube
from tests.cluster.settings import Settings
from tests.cluster.story import MACHIYA, Story

_PATIENCE = 1200.0


@dataclass(frozen=True)
class Stage:
    """What the story is played with."""

    story: Story
    server: ArgoServerClient
    settings: Settings
    environment: dict[str, str]
    base: str

    def brought(self, name: str) -> str:
        """Build an image and bring it to the nodes; its id."""
        identifier = self.story.build(name, self.base)
        self.settings.load(self.story.image(name))
        return identifier

    def machiya(self, *words: str) -> str:
        """What a command prints; it must succeed."""
        done = subprocess.run(
            [*MACHIYA, *words], cwd=self.story.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ended(self, name: str) -> WorkflowStatus:
        """A run once it has ended."""
        end = time.monotonic() + _PATIENCE
        for workflow in self.server.watch(name):
            if workflow.get("status", {}).get("phase") in ("Succeeded", "Failed", "Error"):
                break
            assert time.monotonic() < end, f"{name} does not end: {workflow.get('status', {}).get('message')}"
        return status_of(self.server.get(name))


@pytest.fixture
def stage(
    settings: Settings,
    kube: Kube,
    namespace: str,
    with_store: helm_python.Config,
    tmp_path: Path,
) -> Iterator[Stage]:
    """The project, and a client with the rights that the chart gives."""
    assert not with_store.closed
    environment = environment_of(settings, kube, namespace, tmp_path)
    with ArgoServerClient(read_settings(None, None, environment)) as server:
        yield Stage(Story(tmp_path / "project"), server, settings, environment, settings.base_image)


def phases(run: WorkflowStatus) -> dict[str, str]:
    return {node.display_name: str(node.phase) for node in run.state.nodes.values()}


def cached(run: WorkflowStatus) -> set[str]:
    return {node.display_name for node in run.state.nodes.values() if node.memo_hit}


def explained(stage: Stage, run: WorkflowStatus) -> dict[str, Any]:
    """What `machiya explain` makes of the object that the cluster gives."""
    file = stage.story.folder / f"{run.name}.json"
    file.write_text(json.dumps(run.data))
    found: dict[str, Any] = json.loads(stage.machiya("explain", str(file), "--json"))
    return found


def test_submit_fail_explain_retry_raise_resubmit_read(stage: Stage) -> None:
    codes = {name: stage.brought(name) for name in ("tally", "gauge")}

    # The data is not there yet: Argo cannot load the input of the first step.
    name = str(stage.server.create(stage.story.first_run(codes).workflow)["metadata"]["name"])
    failed = stage.ended(name)
    assert failed.state.phase in ("Failed", "Error")
    found = explained(stage, failed)
    assert [(one["step"], one["rule"]) for one in found["causes"]] == [("first", "input-missing")], found
    assert (found["press"], found["causes"][0]["component"]) == ("mend, then retry", "tally")

    # It is put there, and the same run goes on.
    seed = str(stage.server.create(stage.story.seed("machiya-workflow"))["metadata"]["name"])
    assert stage.ended(seed).state.phase == "Succeeded"
    stage.server.retry(name)
    succeeded = stage.ended(name)
    assert succeeded.state.phase == "Succeeded", explained(stage, succeeded)
    assert explained(stage, succeeded)["press"] is None

    # Another version of the second component: what it does not affect is not computed again.
    stage.story.raise_gauge("1.0.1")
    codes["gauge"] = stage.brought("gauge")
    again = stage.ended(
        str(stage.server.create(stage.story.next_run(succeeded.data, codes).workflow)["metadata"]["name"])
    )
    assert again.state.phase == "Succeeded", explained(stage, again)
    assert {"first"} <= {one.split("(")[0] for one in cached(again)}, phases(again)
    assert "second" not in {one.split("(")[0] for one in cached(again)}
    images = {template["container"]["image"] for template in again.templates.values() if "container" in template}
    assert images == {stage.story.image("tally"), stage.story.image("gauge")}

    # What came out is where the manifest says, under the content digest that the step told; logs are there, too.
    (second,) = [node for node in again.state.nodes.values() if node.display_name == "second"]
    assert second.outputs.artifacts["copy"].key == f"runs/{again.name}/second/copy"
    assert second.outputs.parameters["copy-digest"] == second.inputs["events-digest"], "gauge passes its table on"
    assert [line.text for line in stage.server.logs(again.name)]


def test_a_failing_program_is_explained_with_its_exit_code(stage: Stage) -> None:
    """`tally` refuses a parameter that its contract does not know: 64, which is not retried."""
    codes = {name: stage.brought(name) for name in ("tally", "gauge")}
    workflow = json.loads(json.dumps(stage.story.first_run(codes).workflow))
    (first,) = [one for one in workflow["spec"]["templates"] if one["name"] == "first"]
    first["container"]["args"] += ["--no-such-parameter", "1"]
    first.pop("memoize", None)
    seed = {**stage.story.seed("machiya-workflow"), "metadata": {"name": "seed-64"}}
    assert stage.ended(str(stage.server.create(seed)["metadata"]["name"])).state.phase == "Succeeded"
    run = stage.ended(str(stage.server.create(workflow)["metadata"]["name"]))
    (cause,) = explained(stage, run)["causes"]
    assert (cause["rule"], cause["exitCode"], cause["attempts"]) == ("arguments", 64, 1)
