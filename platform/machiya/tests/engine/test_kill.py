"""kill -9 of the engine at any moment loses nothing."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from machiya.engines.local.api import Setup, prepare_run, run_workflow
from machiya.engines.local.events import NodeChanged, PodLaunched, read_log
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.store import DirectoryStore

KILLS = 20
Make = Callable[..., str]


def make_chain(make: Make, task: Make, length: int) -> str:
    """Two chains of steps, of which the second joins what the first wrote."""
    tasks = task("w0", "sleep", "0.1") + task("j0", "join", takes="w0")
    for number in range(1, length):
        before = number - 1
        tasks += task(f"w{number}", "sleep", "0.1", depends=f"w{before}")
        tasks += task(f"j{number}", "join", takes=f"w{number}").replace(
            f'depends: "w{number}"', f'depends: "w{number} && j{before}"'
        )
    return make(tasks)


def digests(folder: RunFolder) -> dict[str, str]:
    return {
        node.display_name: node.outputs.artifacts["port"].digest
        for node in folder.state().nodes.values()
        if node.outputs.artifacts
    }


def ran_after_success(folder: RunFolder) -> list[str]:
    """Steps that were launched when they had succeeded, or succeeded twice."""
    succeeded: Counter[str] = Counter()
    again = []
    for entry in read_log(folder.events).entries:
        if isinstance(entry.event, PodLaunched) and succeeded[entry.event.node]:
            again.append(entry.event.node)
        if isinstance(entry.event, NodeChanged) and entry.event.node["phase"] == "Succeeded":
            succeeded[entry.event.node["id"]] += 1
    return again + [node for node, times in succeeded.items() if times > 1]


def test_a_run_whose_engine_is_killed_twenty_times_ends_like_one_that_is_not(
    setup: Setup, make: Make, task: Make
) -> None:
    manifest = make_chain(make, task, 20)
    folder = prepare_run(manifest, setup)
    driver = [sys.executable, str(Path(__file__).with_name("run_toy.py")), str(setup.home), folder.name]
    random = np.random.default_rng(20)
    for _ in range(KILLS):
        enough = folder.events.stat().st_size + int(random.integers(1, 2500))
        with subprocess.Popen(driver, stderr=subprocess.DEVNULL) as engine:
            while folder.events.stat().st_size < enough and engine.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    engine.wait(timeout=0.002)
            assert engine.poll() is None, "the run ended before it was killed often enough"
            engine.kill()
    finished = subprocess.run(driver, check=False, timeout=120)
    undisturbed = run_workflow(manifest, setup)
    assert finished.returncode == 0
    assert digests(folder) == digests(RunFolder(setup.home, undisturbed.run))
    assert ran_after_success(folder) == []
    node = next(one for one in folder.state().nodes.values() if one.display_name == "j19")
    assert DirectoryStore(setup.home / "store").verify(node.outputs.artifacts["port"].key, "")
