"""A project with a workflow on one small component, and a working copy of that component."""

import json
from pathlib import Path

import pytest

CONTRACT = """\
apiVersion: machiya/v1
name: scores
version: {version}
summary: Scores items
owner: search
operations:
  draw:
    summary: Draws scores.
    parameters:
      rate: {{type: number, default: 0.1}}
    inputs:
      log: {{type: files}}
      more: {{type: files, optional: true}}
    outputs:
      numbers: {{type: files}}
    samples:
      small: {{inputs: {{log: sample/log}}}}
"""
WORKFLOW = """\
from machiya.dsl import Workflow

workflow = Workflow("rank", summary="Ranks items", owner="search")
scores = workflow.component("scores")
log = workflow.artifact("log", "The raw log", default="data/log")
more = workflow.artifact("more", "More of it", default="")
rate = workflow.parameter("rate", 0.1, "How fast", minimum=0)
kind = workflow.parameter("kind", "a", "Which kind", enum=["a", "b"])
scores.draw(log=log, more=more, rate=rate)
"""


def write_component(folder: Path, version: str = "1.1.0") -> Path:
    """The folder of a component that does nothing."""
    (folder / "sample" / "log").mkdir(parents=True)
    (folder / "sample" / "log" / "a.csv").write_text("a\n1\n")
    (folder / "component.yaml").write_text(CONTRACT.format(version=version))
    (folder / "machiya_scores").mkdir()
    (folder / "machiya_scores" / "component.py").write_text("RATE = 1\n")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """``workflows/rank`` with the stage `development` (1.0.0, not released) and `production` (released)."""
    folder = tmp_path / "workflows" / "rank"
    (folder / "contracts").mkdir(parents=True)
    pins = "registry: acme\ndevelopment:\n  scores: 1.0.0\nproduction:\n  scores: 1.0.0@sha256:{}\n"
    (folder / "pins.yaml").write_text(pins.format("ab" * 32))
    (folder / "workflow.py").write_text(WORKFLOW)
    write_component(tmp_path / "old", "1.0.0")
    from machiya_component.contract import raw_contract_json

    contract = json.loads(raw_contract_json(tmp_path / "old" / "component.yaml"))
    (folder / "contracts" / "scores-1.0.0.json").write_text(json.dumps(contract))
    return tmp_path


@pytest.fixture
def working_copy(tmp_path: Path) -> Path:
    """The folder of scores 1.1.0."""
    return write_component(tmp_path / "scores")
