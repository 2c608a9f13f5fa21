"""A project with a workflow on one small component that is a working copy, and runs of it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from machiya.engines.local.launching import LauncherName
from machiya.engines.local.runner import Preferences, ReadyRun, Runner
from machiya.engines.planning import Plan, parse_override, plan_workflow
from machiya.records import RunRecord, load_record
from machiya_component.contract import raw_contract_json

MACHIYA = Path(sys.executable).with_name("machiya")

CONTRACT = """\
apiVersion: machiya/v1
name: toy
version: 1.0.0
summary: Counts letters
owner: search
operations:
  read:
    summary: Reads a log.
    inputs:
      log: {type: files}
      more: {type: files, optional: true}
    outputs:
      text: {type: files}
    samples:
      small: {inputs: {log: sample/log}}
  count:
    summary: Counts the letters.
    parameters:
      factor: {type: integer, default: 1, description: By what the number is multiplied}
      until: {type: string, default: "", description: Wait until this file is there}
    inputs:
      text: {type: files}
    outputs:
      number: {type: files}
    samples:
      small: {inputs: {text: sample/log}}
  serve:
    summary: Shows the text.
    service: {port: 8000, health: /healthz}
    inputs:
      text: {type: files}
    samples:
      small: {inputs: {text: sample/log}}
"""
CODE = """\
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from machiya_component import Component, Context, DataError, FilesInput, FilesOutput

component = Component(__package__)


@component.operation
def read(context: Context, log: FilesInput, more: FilesInput | None, text: FilesOutput) -> None:
    words = "".join(path.read_text() for path in [*log.files, *(more.files if more else [])])
    if "bad" in words:
        raise DataError("the log is bad.", "Set --factor to another number.")
    (text.path / "text").write_text(words)


@component.operation
def count(context: Context, text: FilesInput, number: FilesOutput, *, factor: int, until: str) -> None:
    print("counting", flush=True)
    while until and not Path(until).exists():
        time.sleep(0.01)
    (number.path / "number").write_text(str(len(text.files[0].read_text()) * factor))


@component.operation
def serve(context: Context, text: FilesInput) -> None:
    if text.files[0].read_text() == "broken":
        raise DataError("this cannot be shown.", "Show another.")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.files[0].read_bytes())

    HTTPServer(("127.0.0.1", int(os.environ["MACHIYA_PORT"])), Handler).serve_forever()
"""
PROJECT = """\
[project]
name = "machiya-toy"
version = "1.0.0"

[project.entry-points."machiya.components"]
toy = "machiya_toy.component:component"
"""
WORKFLOW = """\
from machiya.dsl import Workflow

workflow = Workflow("letters", summary="Counts letters", owner="search")
toy = workflow.component("toy")
log = workflow.artifact("log", "The raw log", default="data/log.txt")
more = workflow.artifact("more", "More of it", default="")
factor = workflow.parameter("factor", 1, "By what the number is multiplied", minimum=1)
until = workflow.parameter("until", "", "A file to wait for")
read = toy.read(log=log, more=more)
count = toy.count(text=read.text, factor=factor, until=until)
workflow.result(count.number)
"""


def write_project(root: Path) -> Path:
    """The workflow `letters`, the component `toy`, and a log of five letters."""
    component, workflow = root / "toy", root / "workflows" / "letters"
    for folder in (component / "sample" / "log", component / "machiya_toy", workflow / "contracts", root / "data"):
        folder.mkdir(parents=True)
    (component / "component.yaml").write_text(CONTRACT)
    (component / "pyproject.toml").write_text(PROJECT)
    (component / "sample" / "log" / "log.txt").write_text("hello")
    (component / "machiya_toy" / "__init__.py").write_text("")
    (component / "machiya_toy" / "component.py").write_text(CODE)
    (workflow / "workflow.py").write_text(WORKFLOW)
    (workflow / "pins.yaml").write_text("registry: machiya-test\ndevelopment:\n  toy: 1.0.0\n")
    (workflow / "contracts" / "toy-1.0.0.json").write_text(raw_contract_json(component / "component.yaml"))
    (root / "data" / "log.txt").write_text("hello")
    return root


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands are typed in."""
    root = write_project(tmp_path / "project")
    monkeypatch.chdir(root)
    for name in ("MACHIYA_HOME", "MACHIYA_STORE", "MACHIYA_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return root


Machiya = Callable[..., str]


@pytest.fixture
def machiya(project: Path) -> Machiya:
    """`machiya(*WORDS, code=0)`: what a command prints, errors first; it must end with this code."""

    def call(*words: str, code: int = 0) -> str:
        done = subprocess.run([MACHIYA, *words], cwd=project, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, done.stderr + done.stdout
        return done.stderr + done.stdout

    return call


class Bench:
    """Runs of the project, in its `.machiya`."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.home = project / ".machiya"
        self.said: list[str] = []

    def plan(self, **given: str) -> Plan:
        """The plan of the workflow with the working copy."""
        override = parse_override("toy=toy", lambda _: None)
        return plan_workflow(self.project / "workflows" / "letters", None, [override], given)

    @contextmanager
    def runner(self, launcher: LauncherName | None = "process", store: str | None = None) -> Iterator[Runner]:
        """One that says what it says to `said`."""
        with Runner(Preferences(self.home, launcher, store, say=self.said.append)) as runner:
            yield runner

    def run(self, store: str | None = None, **given: str) -> RunRecord:
        """A run to its end."""
        with self.runner(store=store) as runner:
            return self.worked(runner.begin(self.plan(**given)))

    def again(self, record: RunRecord, **given: str) -> RunRecord:
        """A new run of what a run ran."""
        with self.runner(launcher=None) as runner:
            return self.worked(runner.again(record.name, given))

    def worked(self, ready: ReadyRun) -> RunRecord:
        """A run that is ready, worked on to its end."""
        ready.execute()
        return load_record(ready.folder)

    def number(self, record: RunRecord) -> str:
        """What a run counted."""
        from machiya.records.results import link_results
        from machiya.records.stores import store_of

        (folder,) = link_results(record, store_of(record))
        return (folder / "number").read_text()


@pytest.fixture
def bench(project: Path) -> Bench:
    """See `Bench`."""
    return Bench(project)


def computed(record: RunRecord) -> list[str]:
    """The steps that were not taken from the cache."""
    return [step.name for step in record.steps if not step.cached]
