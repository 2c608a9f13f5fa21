"""kill -9 of the engine at any moment loses nothing."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from machiya.engines.local.api import Setup, prepare_run, run_workflow
from machiya.engines.local.events import NodeChanged, PodLaunched, read_log
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.state import RunState
from machiya.engines.local.store import DirectoryStore

KILLS = 20
Make = Callable[..., str]

TEMPLATES = """
  - name: flaky
    retryStrategy: {limit: 3, retryPolicy: Always}
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
    outputs: {artifacts: [{name: port, path: /data/out/port}]}
    container: {image: toy, command: [component], args: [run, later, "2", "{{retries}}"]}
  - name: remembered
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
    memoize: {key: "k-{{inputs.parameters.x}}", cache: {configMap: {name: c}}}
    inputs: {parameters: [{name: x}]}
    outputs: {artifacts: [{name: port, path: /data/out/port}]}
    container: {image: toy, command: [component], args: [run, write, "{{inputs.parameters.x}}"]}
  - name: alone
    synchronization: {mutex: {name: one}}
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
    inputs: {parameters: [{name: x}]}
    outputs: {artifacts: [{name: port, path: /data/out/port}]}
    container: {image: toy, command: [component], args: [run, write, "{{inputs.parameters.x}}"]}
  - name: bye
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
    outputs: {artifacts: [{name: port, path: /data/out/port}]}
    container: {image: toy, command: [component], args: [run, write, "{{workflow.status}}"]}
"""


def make_tasks(task: Make) -> str:
    """A chain, and beside it loops, retries, what is remembered, and steps of which one runs at a time."""
    tasks = task("w0", "write", "begin")
    for number in range(1, 8):
        tasks += task(f"w{number}", "join", takes=f"w{number - 1}")
    loop = '\n        withSequence: {count: 8}\n        arguments: {parameters: [{name: x, value: "v{{item}}"}]}\n'
    tasks += f"      - name: each\n        template: remembered{loop}      - name: locks\n        template: alone{loop}"
    tasks += "      - {name: flaky, template: flaky, depends: w0}\n"
    return tasks + task("last", "join", takes="flaky").replace('"flaky"', '"flaky && each && locks && w7"', 1)


def outcome(state: RunState) -> dict[str, tuple[str, dict[str, str]]]:
    """Phases and digests by the names of nodes, without the name of the run."""
    assert state.facts is not None
    return {
        node.name.removeprefix(state.facts.name): (
            str(node.phase),
            {name: one.digest for name, one in node.outputs.artifacts.items()},
        )
        for node in state.nodes.values()
    }


def ran_after_success(folder: RunFolder) -> list[str]:
    """Programs that were launched when they had succeeded, or succeeded twice."""
    succeeded: Counter[str] = Counter()
    again = []
    for entry in read_log(folder.events).entries:
        if isinstance(entry.event, PodLaunched) and succeeded[entry.event.node]:
            again.append(entry.event.node)
        if isinstance(entry.event, NodeChanged) and entry.event.node["phase"] == "Succeeded":
            succeeded[entry.event.node["id"]] += entry.event.node["type"] == "Pod"
    return again + [node for node, times in succeeded.items() if times > 1]


def driver(setup: Setup, folder: RunFolder, *moment: str) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("run_toy.py")), str(setup.home), folder.name, *moment]


def check_whole(setup: Setup, folder: RunFolder, manifest: str) -> None:
    """The run ended like one that nobody disturbed, did nothing twice, and everything it made is there."""
    undisturbed = run_workflow(manifest, replace(setup, home=setup.home / "elsewhere"))
    state = folder.state()
    assert outcome(state) == outcome(undisturbed.state)
    assert ran_after_success(folder) == []
    store = DirectoryStore(setup.home / "store")
    kept = [one for node in state.nodes.values() for one in node.outputs.artifacts.values()]
    assert all(store.verify(one.key, one.digest) for one in kept)


def test_a_run_whose_engine_is_killed_twenty_times_ends_like_one_that_is_not(
    setup: Setup, make: Make, task: Make
) -> None:
    manifest = make(make_tasks(task), specification="  onExit: bye\n  parallelism: 3\n", template=TEMPLATES)
    folder = prepare_run(manifest, setup)
    random = np.random.default_rng(20)
    for _ in range(KILLS):
        enough = folder.events.stat().st_size + int(random.integers(1, 2500))
        with subprocess.Popen(driver(setup, folder), stderr=subprocess.DEVNULL) as engine:
            while folder.events.stat().st_size < enough and engine.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    engine.wait(timeout=0.002)
            assert engine.poll() is None, "the run ended before it was killed often enough"
            engine.kill()
    assert subprocess.run(driver(setup, folder), check=False, timeout=120).returncode == 0
    assert folder.state().sessions == KILLS + 1
    check_whole(setup, folder, manifest)


@pytest.mark.parametrize("moment", ["after-put", "before-save", "after-save"])
def test_a_kill_between_the_store_the_memory_and_the_event_log_loses_nothing(
    setup: Setup, make: Make, task: Make, moment: str
) -> None:
    manifest = make(make_tasks(task), specification="  onExit: bye\n", template=TEMPLATES)
    folder = prepare_run(manifest, setup)
    killed = subprocess.run(driver(setup, folder, moment), check=False, timeout=120)
    finished = subprocess.run(driver(setup, folder), check=False, timeout=120)
    assert (killed.returncode, finished.returncode) == (-9, 0)
    check_whole(setup, folder, manifest)
