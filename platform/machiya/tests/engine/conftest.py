"""An engine with a launcher of toy programs, and manifests for it."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from machiya.engines.local.api import Setup
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.launchers.process import ProcessLauncher

from .run_shell import PROGRAM

TOY = Path(__file__).with_name("toy.py")
FRAIL = Path(__file__).with_name("frail")


def toy_launcher() -> ProcessLauncher:
    """Runs toy programs; the component `toy` is there in version 1.0.0."""
    program = (sys.executable, "-I", "-S", str(TOY))
    return ProcessLauncher(program=program, version_of=lambda name: "1.0.0" if name == "toy" else None)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """An engine in a folder of its own, on a machine of 4 CPU and 4 GiB."""
    return Setup(tmp_path / "home", toy_launcher(), capacity=Capacity(4, 4 << 30), grace=5, handle_signals=False)


@pytest.fixture
def shell(setup: Setup) -> Setup:
    """An engine whose steps are shell scripts, which begin in their folder of outputs."""
    return replace(setup, launcher=ProcessLauncher(program=PROGRAM, version_of=lambda _: "1.0.0"))


@pytest.fixture
def frail(setup: Setup) -> Setup:
    """An engine that runs the component `frail`."""
    return replace(setup, launcher=ProcessLauncher({"frail": FRAIL}))


@pytest.fixture
def make() -> Callable[..., str]:
    """`make_manifest`."""
    return make_manifest


@pytest.fixture
def task() -> Callable[..., str]:
    """`make_task`."""
    return make_task


def make_manifest(tasks: str, *, specification: str = "", template: str = "", version: str = "1.0.0") -> str:
    """A manifest with the template `toy` (parameters operation, a, b; artifact `port`) and a DAG of these tasks."""
    return f"""
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{generateName: toy-}}
spec:
  entrypoint: main
{specification}
  templates:
  - name: toy
    metadata: {{labels: {{machiya/component: toy, machiya/version: {version}}}}}
    inputs:
      parameters: [{{name: operation}}, {{name: a, default: ""}}, {{name: b, default: ""}}]
      artifacts: [{{name: port, path: /data/in/port, optional: true}}]
    outputs:
      parameters: [{{name: digest, valueFrom: {{path: /data/out/digest}}}}]
      artifacts: [{{name: port, path: /data/out/port}}]
    container:
      image: toy
      command: [component]
      args: [run, "{{{{inputs.parameters.operation}}}}", "{{{{inputs.parameters.a}}}}", "{{{{inputs.parameters.b}}}}"]
{template}
  - name: main
    dag:
      tasks:
{tasks}
"""


def make_task(name: str, operation: str, *values: str, depends: str = "", takes: str = "", more: str = "") -> str:
    """One task that calls `toy`; `takes` is the task whose artifact it gets."""
    given = ", ".join(f'{{name: {key}, value: "{value}"}}' for key, value in zip("ab", values, strict=False))
    parameters = f"parameters: [{{name: operation, value: {operation}}}{', ' if given else ''}{given}]"
    artifact = f'{{name: port, from: "{{{{tasks.{takes}.outputs.artifacts.port}}}}"}}' if takes else ""
    arguments = f"{{{parameters}, artifacts: [{artifact}]}}"
    before = depends or takes
    return f'      - {{name: {name}, template: toy, depends: "{before}", arguments: {arguments}{more}}}\n'
