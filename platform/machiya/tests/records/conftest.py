"""Runs of a small workflow of toy steps that write artifacts as components do."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from machiya.engines.local.api import Setup, retry, run_workflow
from machiya.engines.local.cache import open_memo
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.store import open_store
from machiya.records import RunRecord, load_record

HERE = Path(__file__).parent
DEMO = (HERE / "demo.yaml").read_text()

Play = Callable[..., RunRecord]


class Home:
    """A folder of runs, and the log from outside that they read."""

    def __init__(self, path: Path, url: str = "") -> None:
        self.path = path
        self.url = url
        launcher = ProcessLauncher(
            program=(sys.executable, "-I", "-S", str(HERE / "component.py")),
            version_of=lambda name: "1.0.0" if name == "toy" else None,
        )
        self.store = open_store(url, path)
        memo = open_memo(url, path)
        self.setup = Setup(
            path, launcher, self.store, memo, capacity=Capacity(4, 4 << 30), grace=5, handle_signals=False
        )

    def run(self, *, log: str = "raw", manifest: str = DEMO, known: bool = True, **parameters: str) -> RunRecord:
        """One run; `known` is whether the digest of the log is told."""
        source = self._take_in(log)
        given = {"log": source["key"], "log-digest": source["digest"] if known else ""}
        options = {"workflow": "demo", "stage": "development", "store": self.url, "sources": {"log": source}}
        values = given | {name.replace("_", "-"): value for name, value in parameters.items()}
        result = run_workflow(manifest, self.setup, parameters=values, options=options)
        return self.record(result.run)

    def again(self, record: RunRecord) -> RunRecord:
        """Continue a run."""
        return self.record(retry(record.name, self.setup).run)

    def record(self, name: str) -> RunRecord:
        """What is recorded of a run now."""
        return load_record(RunFolder(self.path, name))

    def _take_in(self, log: str) -> dict[str, str]:
        folder = self.path / "log"
        folder.mkdir(parents=True)
        (folder / "log.csv").write_text(log)
        key = f"inputs/{log}"
        digest = self.store.put(folder, key).digest
        shutil.rmtree(folder, ignore_errors=True)
        return {"location": f"{log}.csv", "key": key, "digest": digest}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty one."""
    return Home(tmp_path / "home")
