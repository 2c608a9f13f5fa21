"""A workflow of the shape of `recommend`: read, train, predict in shards, score, publish; but quick."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya.dsl import load_workflow
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.store import DirectoryStore
from machiya.manifest.render import render
from machiya.pins import load_pins
from tests.reruns.bench import Bench

PROGRAM = Path(__file__).with_name("small.py")
WORKFLOW = """
from machiya.dsl import Workflow, run

workflow = Workflow("nightly", summary="Recommends", owner="search")
small = workflow.component("small")
read = small.read(log=workflow.artifact("log", "The log"))
train = small.train(rows=read.rows)
predict = small.predict(model=train.model).fan_out("shard", over="shards", count=3)
score = small.score(lists=predict.lists)
current = workflow.kept("published/lists.json", file="pointer.json")
publish = small.publish(
    lists=predict.lists, earlier=current, key=predict.lists.key, run=run.name, started=run.started
).after(score)
workflow.keep(publish.pointer, current)
workflow.result(predict.lists)
"""
TEXT = {"type": "string", "description": "Of the run"}
NUMBER = {"type": "integer", "minimum": 0, "default": 0, "description": "Of the shards"}
FILES = {"type": "files"}


def operation(inputs: dict[str, Any], output: str, **more: Any) -> dict[str, Any]:
    samples = {"small": {"inputs": {port: f"sample/{port}" for port in inputs}}}
    return {"summary": "Works.", "inputs": inputs, "outputs": {output: FILES}, "samples": samples, **more}


TRAINING = {"resources": {"memory": "1Gi", "maxMemory": "2Gi"}}
SHARDS = {"parameters": {"shard": NUMBER, "shards": {**NUMBER, "minimum": 1, "default": 1}}}
FACTS = {
    "parameters": {"key": {**TEXT, "default": ""}, "run": {**TEXT, "default": ""}, "started": {**TEXT, "default": ""}}
}
CONTRACT = {
    "apiVersion": "machiya/v1",
    "name": "small",
    "version": "1.0.0",
    "summary": "Does little",
    "owner": "search",
    "operations": {
        "read": operation({"log": FILES}, "rows"),
        "train": operation({"rows": FILES}, "model", **TRAINING),
        "predict": operation({"model": FILES}, "lists", **SHARDS),
        "score": operation({"lists": FILES}, "scores"),
        "publish": operation({"lists": FILES, "earlier": {**FILES, "optional": True}}, "pointer", cache=False, **FACTS),
    },
}


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `machiya render` makes of it, unchanged."""
    folder = tmp_path_factory.mktemp("nightly")
    (folder / "contracts").mkdir()
    (folder / "contracts" / "small-1.0.0.json").write_text(json.dumps(CONTRACT))
    (folder / "workflow.py").write_text(WORKFLOW)
    (folder / "pins.yaml").write_text("registry: machiya\ndevelopment:\n  small: 1.0.0\n")
    return render(load_workflow(folder, "development"), load_pins(folder))


MakeBench = Callable[[Path], Bench]


@pytest.fixture(scope="session")
def make_bench(manifest: str) -> MakeBench:
    """A bench in a home of its own."""

    def make(home: Path) -> Bench:
        log = home / "log"
        log.mkdir(parents=True)
        (log / "log.txt").write_text("somebody did something")
        DirectoryStore(home / "store").add(log, "inputs/log")
        inner = ProcessLauncher(program=(sys.executable, "-I", "-S", str(PROGRAM)), version_of=lambda _: "1.0.0")
        known = {"log": "inputs/log", "log-digest": "sha256:1", "small-code": "sha256:c"}
        return Bench.of(home, manifest, inner, known)

    return make


@pytest.fixture
def bench(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(tmp_path / "home")


@pytest.fixture(scope="session")
def undisturbed(make_bench: MakeBench, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run leaves that nothing disturbed."""
    bench = make_bench(tmp_path_factory.mktemp("undisturbed") / "home")
    result = bench.run()
    assert result.succeeded, result.message
    return bench.left(result)
