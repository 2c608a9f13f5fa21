"""What the engine adds to a step: `python tests/benchmarks/engine_overhead.py [--chain N] [--fan-out N]`.

Runs a trivial program as a chain and as a fan-out of steps with the process launcher, and the same program as often
without an engine, on the same machine in the same minute. Run by hand: times say nothing on a busy machine, so no test
asserts them.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from machiya.engines.local.api import Setup, execute, prepare_run
from machiya.engines.local.capacity import machine_capacity
from machiya.engines.local.launchers.process import ProcessLauncher

PROGRAM = ("/bin/sh", "-c", 'mkdir "$MACHIYA_DATA/out/port" && echo "$0" "$@" > "$MACHIYA_DATA/out/port/text.txt"')
"""Writes one small artifact."""

HEAD = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: benchmark-}
spec:
  entrypoint: main
  templates:
  - name: work
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
    inputs:
      parameters: [{name: number, default: "0"}]
      artifacts: [{name: port, path: /data/in/port, optional: true}]
    outputs: {artifacts: [{name: port, path: /data/out/port}]}
    container: {image: toy, command: [component], args: [run, work, "{{inputs.parameters.number}}"]}
  - name: main
    dag:
      tasks:
"""
FAN_OUT = """
      - name: each
        template: work
        withSequence: {count: %d}
        arguments: {parameters: [{name: number, value: "{{item}}"}]}
"""


def chain(length: int) -> str:
    """Steps of which each reads what the one before wrote."""
    tasks = "      - {name: s0, template: work}\n"
    for number in range(1, length):
        artifact = f'{{name: port, from: "{{{{tasks.s{number - 1}.outputs.artifacts.port}}}}"}}'
        given = f"arguments: {{artifacts: [{artifact}]}}"
        tasks += f"      - {{name: s{number}, template: work, depends: s{number - 1}, {given}}}\n"
    return HEAD + tasks


def directly(folder: Path, steps: int, workers: int) -> float:
    """Seconds for as many runs of the program without an engine, `workers` at a time."""

    def one(number: int) -> None:
        data = folder / str(number)
        (data / "out").mkdir(parents=True)
        environment = {**os.environ, "MACHIYA_DATA": str(data)}
        subprocess.run([*PROGRAM, "toy", "run", "work", str(number)], check=True, env=environment)

    return seconds(lambda: list(ThreadPoolExecutor(workers).map(one, range(steps))))


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def measure(name: str, manifest: str, steps: int, workers: int, home: Path) -> None:
    """One line of figures."""
    launcher = ProcessLauncher(program=PROGRAM, version_of=lambda _: "1.0.0")
    setup = Setup(home, launcher, handle_signals=False)
    folder = prepare_run(manifest, setup)
    engine = seconds(lambda: execute(folder, setup))
    state = folder.state()
    assert state.phase == "Succeeded", state.message
    direct = directly(home / "direct" / name, steps, workers)
    size = folder.events.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        f"{name} of {steps}: {engine / steps * 1000:.1f} ms per step, {direct / steps * 1000:.1f} without the engine "
        f"({engine / direct:.1f} times); overhead {(engine - direct) / steps * 1000:.1f} ms per step; "
        f"log {size / steps:.0f} bytes per step; peak memory so far {peak:.0f} MiB\n"
    )


def main() -> None:
    """Measure both shapes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chain", type=int, default=200)
    parser.add_argument("--fan-out", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if given.chain:
            measure("chain", chain(given.chain), given.chain, 1, home)
        if given.fan_out:
            measure("fan-out", HEAD + FAN_OUT % given.fan_out, given.fan_out, int(machine_capacity().cpu), home)


if __name__ == "__main__":
    main()
