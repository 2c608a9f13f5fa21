"""Runs of a manifest with a launcher that disturbs them, and what is left of them to compare."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from machiya.engines.local.api import Result, Setup, retry, run_workflow
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.launchers import Launcher
from machiya.engines.local.runs import open_run
from machiya.engines.local.store import DirectoryStore
from machiya.records import load_record
from machiya.records.diagnosis import Diagnosis, diagnose
from machiya.records.logs import last_lines
from tests.reruns.disturbed import Clock, Disturbed, step_of

KEPT = ("published", "history")
"""Folders of the store whose files outlive runs."""
SIDECARS = ("/_artifact.json", "/_digest")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


@dataclass
class Bench:
    """A manifest, and the home of its runs."""

    home: Path
    manifest: str
    launcher: Disturbed
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, home: Path, manifest: str, inner: Launcher, parameters: Mapping[str, str]) -> "Bench":
        """With a launcher of its own, which disturbs nothing so far."""
        return cls(home, manifest, Disturbed(inner, Clock()), parameters)

    @property
    def setup(self) -> Setup:
        """A machine that is large enough whatever it is in truth."""
        return Setup(
            self.home,
            self.launcher,
            capacity=Capacity(4, 64 << 30),
            clock=self.launcher.clock,
            observers=[self.launcher.observe],
            handle_signals=False,
        )

    def run(self) -> Result:
        """A new run."""
        return run_workflow(self.manifest, self.setup, parameters=self.parameters)

    def press_retry(self, run: str, *, step: str | None = None) -> Result:
        """What the button does; what had disturbed the run is over."""
        self.launcher.troubles.clear()
        self.launcher.started.clear()
        return retry(run, self.setup, step=step)

    @property
    def ran(self) -> list[str]:
        """The steps whose programs were started, in the order of the alphabet; twice if they were tried twice."""
        return sorted(step_of(spec) for spec in self.launcher.started)

    def explained(self, run: str) -> Diagnosis:
        """What `machiya explain` says."""
        record = load_record(open_run(self.home, run))
        return diagnose(record, lambda _name, _version: None, lambda step: last_lines(record, step))

    def kept(self) -> dict[str, bytes]:
        """The files that outlive runs, by their keys."""
        store = DirectoryStore(self.home / "store")
        return {
            name: data
            for folder in KEPT
            if store.find(folder) is not None
            for name, data in _files(store, folder, self.home).items()
        }

    def left(self, result: Result) -> dict[str, str]:
        """The digest of each file that a run left, also what outlives it; names of runs and times do not count.

        Where a file holds such, sidecar and digest of its artifact, which are made of it, are left out.
        """
        store = DirectoryStore(self.home / "store")
        run = re.compile(re.escape(result.run.rpartition("-")[0]) + "-[0-9a-f]{6}")
        keys = {value.key for node in _steps(result) for value in node.outputs.artifacts.values() if value.key}
        found: dict[str, bytes] = {}
        for files in (self.kept(), *(_files(store, key, self.home) for key in keys)):
            neutral = {name: _neutral(data, run) for name, data in files.items()}
            told = any(neutral[name] != data for name, data in files.items())
            found |= {name: data for name, data in neutral.items() if not (told and name.endswith(SIDECARS))}
        return {run.sub("RUN", name): hashlib.sha256(data).hexdigest() for name, data in found.items()}


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The files that are not the same, or only in one."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def attempts(result: Result) -> dict[str, int]:
    """How often each step was tried."""
    nodes = {node.id: node for node in result.state.nodes.values()}
    tried: dict[str, int] = {}
    for node in nodes.values():
        if node.type is NodeType.POD:
            step = node.name.rpartition(".")[2].rpartition("(")[0]
            tried[step] = tried.get(step, 0) + 1
    return tried


def _steps(result: Result) -> list[Node]:
    """Those whose outputs count: not attempts that failed."""
    return [node for node in result.state.nodes.values() if str(node.phase) == "Succeeded"]


def _files(store: DirectoryStore, key: str, home: Path) -> dict[str, bytes]:
    """The files of an artifact, by the artifact's key and their path in it; none if it was optional and not made."""
    if store.find(key) is None:
        return {}
    with TemporaryDirectory(dir=home) as scratch:
        target = Path(scratch) / "artifact"
        store.link(key, target)
        paths = [path for path in target.rglob("*") if path.is_file()] if target.is_dir() else [target]
        return {f"{key}/{path.relative_to(target)}" if target.is_dir() else key: path.read_bytes() for path in paths}


def _neutral(data: bytes, run: re.Pattern[str]) -> bytes:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    return TIME.sub("TIME", run.sub("RUN", text)).encode()
