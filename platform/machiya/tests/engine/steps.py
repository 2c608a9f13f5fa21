"""Manifests whose steps are shell scripts or the component `frail`, and what became of them."""

import json
from pathlib import Path

from machiya.engines.local.api import Result, Setup
from machiya.engines.local.argo.interpreter.nodes import Node
from machiya.engines.local.launchers.processes import processes
from machiya.engines.local.runs import RunFolder

DRIVER = Path(__file__).with_name("run_shell.py")
"""Continues a run in a process of its own."""


def manifest(*steps: str, specification: str = "") -> str:
    """A chain of steps, each with what it adds to the template of a step: at least `args`."""
    templates = "".join(
        f"""
  - name: step{number}
    metadata: {{labels: {{machiya/component: frail, machiya/version: 1.0.0}}}}
    {step}
"""
        for number, step in enumerate(steps)
    )
    tasks = "".join(
        f"      - {{name: step{number}, template: step{number}, depends: '{f'step{number - 1}' if number else ''}'}}\n"
        for number in range(len(steps))
    )
    return f"""
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{generateName: failing-}}
spec:
  entrypoint: main
{specification}
  templates:
  - name: main
    dag:
      tasks:
{tasks}{templates}"""


def script(text: str, more: str = "", outputs: str = "") -> str:
    """A step that is a shell script; `outputs` are those of the template."""
    found = f"outputs: {outputs}\n    " if outputs else ""
    return f"{found}container: {{image: none, args: [run, {json.dumps(text)}]}}\n    {more}"


def fails(how: str, more: str = "") -> str:
    """A step that is the component `frail`."""
    outputs = "outputs: {artifacts: [{name: port, path: /data/out/port}]}"
    return f"{outputs}\n    container: {{image: none, args: [run, fail, --how, {how}]}}\n    {more}"


PORT = "{artifacts: [{name: port, path: /data/out/port}]}"
SHARED = "{artifacts: [{name: port, path: /data/out/port, s3: {key: shared/port}}]}"
TAKES = "inputs: {artifacts: [{name: port, path: /data/in/port, s3: {key: shared/port}}]}\n    "


def node(result: Result, step: str = "step0") -> Node:
    return next(one for one in result.state.nodes.values() if one.display_name == step)


def ending(result: Result, step: str = "step0") -> tuple[str, str]:
    return str(node(result, step).phase), node(result, step).message


def log_of(setup: Setup, result: Result, step: str = "step0") -> str:
    return RunFolder(setup.home, result.run).log(node(result, step).id).read_text()


def kept(setup: Setup) -> list[str]:
    """The keys of the store."""
    keys = setup.home / "store" / "keys"
    return sorted(path.relative_to(keys).as_posix().removesuffix(".json") for path in keys.rglob("*.json"))


def left_over(setup: Setup, result: Result) -> list[str]:
    """What steps left beside their logs."""
    steps = setup.home / "runs" / result.run / "steps"
    return sorted(path.name for path in steps.glob("*/*") if path.name != "log.txt")


def alive(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    pids = [one.pid for one in processes() if one.session == session]
    return [pid for pid in pids if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"]
