"""A training whose machine is taken away goes on from its checkpoint on another one, and comes to the same."""

import sys
from pathlib import Path

import pytest

from machiya.engines.local.api import Result, Setup, run_workflow
from machiya.engines.local.argo.interpreter.nodes import Node
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.store import DirectoryStore
from tests.end_to_end.rendering import render_in

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("stopped_training.py")
INTERACTIONS = ROOT / "components" / "recommender" / "sample" / "interactions"
WORKFLOW = """\
from machiya.dsl import Workflow

workflow = Workflow("training", summary="Train", owner="tests")
(recommender,) = workflow.components("recommender")
interactions = workflow.artifact("interactions", "Who did what")
train = recommender.train(interactions=interactions, factors=8, iterations=6, checkpoint_every=2)
workflow.result(train.model)
"""


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    """Of a workflow that only trains; its waits are cut short."""
    text = render_in(tmp_path / "training", WORKFLOW, "recommender")
    assert "duration: 10s\n" in text
    return text.replace("duration: 10s\n", "duration: 1ms\n")


def run(home: Path, manifest: str) -> Result:
    launcher = ProcessLauncher(program=(sys.executable, str(PROGRAM)), version_of=lambda _: "1.0.0")
    setup = Setup(home, launcher, handle_signals=False)
    DirectoryStore(home / "store").add(INTERACTIONS, "inputs/interactions")
    return run_workflow(manifest, setup, parameters={"interactions": "inputs/interactions"})


def steps(result: Result) -> dict[str, Node]:
    return {node.display_name: node for node in result.state.nodes.values()}


def test_a_stopped_training_goes_on_in_the_next_pod_and_gives_the_same_bytes(
    manifest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "stopped"
    monkeypatch.setenv("MACHIYA_TEST_STOPPED", str(marker))
    stopped = run(tmp_path / "stopped-home", manifest)
    assert marker.exists()
    undisturbed = run(tmp_path / "undisturbed-home", manifest)

    assert stopped.succeeded, stopped.message
    first, second = steps(stopped)["train(0)"], steps(stopped)["train(1)"]
    assert (str(first.phase), first.outputs.exit_code) == ("Failed", 143)
    log = RunFolder(tmp_path / "stopped-home", stopped.run).log(second.id).read_text()
    assert "going on after iteration 2, from a checkpoint" in log
    assert "train(1)" not in steps(undisturbed)
    for port in ("model", "metrics"):
        assert (
            steps(stopped)["train"].outputs.parameters[f"{port}-digest"]
            == (steps(undisturbed)["train"].outputs.parameters[f"{port}-digest"])
        )
    assert "step-checkpoint" in first.outputs.artifacts
    assert "step-checkpoint" not in second.outputs.artifacts, "a training that is done keeps none"
