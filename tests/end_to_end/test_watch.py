"""The days of a workflow that watches its data, with real processes: warned, stopped, let through, known."""

import json
import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pytest
from click.testing import CliRunner

from machiya.cli.main import machiya
from machiya.engines.local.api import Result, Setup, resubmit, run_workflow
from machiya.engines.local.argo.interpreter.nodes import NodeType
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.store import DirectoryStore
from tests.end_to_end.rendering import render_in

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "components" / "preprocess" / "sample"
WORKFLOW = """
from machiya.dsl import Workflow, run

workflow = Workflow("daily", summary="Cleans", owner="us")
preprocess, watch, notify = workflow.components("preprocess", "watch", "notify")
events, catalogue = workflow.artifact("events", "The log"), workflow.artifact("catalogue", "The items")
clean = preprocess.clean(events=events, catalogue=catalogue, known_categories=[])
good_runs = workflow.kept("history/clean-items.json", file="history.json")
compare = watch.compare(data=clean.items, history=good_runs, table="items", run=run.name, started=run.started)
gate = watch.gate(findings=compare.findings, stage=run.stage, **workflow.expose(watch.gate, "accept", "lenient_stages"))
split = preprocess.split(interactions=clean.interactions).after(gate)
remember = watch.remember(snapshot=compare.snapshot, earlier=good_runs).after(split)
workflow.keep(remember.history, good_runs)
tell = notify.send(workflow=run.workflow, run=run.name, status=run.status, warnings=compare.findings)
workflow.on_exit(tell)
"""


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> str:
    return render_in(tmp_path_factory.mktemp("daily"), WORKFLOW, "preprocess", "watch", "notify")


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path / "home", ProcessLauncher(), handle_signals=False)


def categories() -> list[str | None]:
    found: list[str | None] = csv.read_csv(SAMPLE / "catalogue" / "items.csv").column("category").to_pylist()
    return found


def start(manifest: str, setup: Setup, names: Sequence[str | None], **parameters: str) -> Result:
    """A run on the sample log with other categories; errors stop it, as they do in production."""
    table = csv.read_csv(SAMPLE / "catalogue" / "items.csv")
    place = table.column_names.index("category")
    folder = setup.home.parent / "catalogue"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    csv.write_csv(table.set_column(place, "category", pa.array(names, pa.string())), folder / "items.csv")
    store = DirectoryStore(setup.home / "store")
    digest = sha256((folder / "items.csv").read_bytes()).hexdigest()
    store.add(folder, f"inputs/{digest}")
    store.add(SAMPLE / "events", "inputs/events")
    known = {"events": "inputs/events", "catalogue": f"inputs/{digest}", "preprocess-code": "sha256:c"}
    known |= {"events-digest": "sha256:e", "catalogue-digest": f"sha256:{digest}"}
    return run_workflow(manifest, setup, parameters=known | {"lenient_stages": ""} | parameters)


def phases(result: Result) -> dict[str, str]:
    return {node.display_name: str(node.phase) for node in result.state.nodes.values() if node.type is NodeType.RETRY}


def told(setup: Setup, result: Result, scratch: Path) -> list[str]:
    """What `notify` says was odd."""
    target = scratch / "receipt.json"
    target.unlink(missing_ok=True)
    DirectoryStore(setup.home / "store").link(f"runs/{result.run}/send/receipt", target, "receipt.json")
    return [line for line in json.loads(target.read_text())["text"] if line.startswith("Warning: ")]


def good_runs(setup: Setup, scratch: Path) -> list[str]:
    target = scratch / "history.json"
    target.unlink(missing_ok=True)
    DirectoryStore(setup.home / "store").link("history/daily/development/clean-items.json", target)
    return [run["run"] for run in json.loads(target.read_text())["runs"]]


def shown(setup: Setup, *words: str) -> str:
    done = CliRunner().invoke(machiya, ["drift", *words, "--home", str(setup.home)])
    assert done.exit_code == 0, done.output
    return done.output


def test_changed_data_warns_stops_is_let_through_and_is_known_from_then_on(
    manifest: str, setup: Setup, tmp_path: Path
) -> None:
    usual = categories()
    first = start(manifest, setup, usual)
    assert first.phase == "Succeeded", "without a good run everything passes"
    assert told(setup, first, tmp_path) == []

    new: list[str | None] = ["space", "space", *usual[2:]]
    warned = start(manifest, setup, new)
    assert warned.phase == "Succeeded"
    assert told(setup, warned, tmp_path) == ["Warning: items.category.newValues: 'space', not in the last good runs"]
    assert good_runs(setup, tmp_path) == [warned.run, first.run]
    assert "category  newValues" in shown(setup, "--step", "clean", "--port", "items")
    assert "'space', not" not in shown(setup, "--against", "history", "--step", "clean")

    gone: list[str | None] = [*[None] * 30, *usual[30:]]
    stopped = start(manifest, setup, gone)
    assert stopped.phase == "Failed"
    assert phases(stopped)["gate"] == "Failed"
    assert phases(stopped)["compare"] == "Succeeded", "so its report is there"
    assert good_runs(setup, tmp_path) == [warned.run, first.run], "what did not succeed is not remembered"
    against = shown(setup, "--against", first.run, "--html", str(tmp_path / "drift.html"))
    assert "nullShare" in against
    assert "<svg" in (tmp_path / "drift.html").read_text()

    through = resubmit(stopped.run, setup, parameters={"accept": "items.category"})
    assert through.phase == "Succeeded"
    assert good_runs(setup, tmp_path) == [through.run, warned.run, first.run]

    again = start(manifest, setup, gone)
    assert again.phase == "Succeeded", "what was let through is known"
    (table,) = json.loads(shown(setup, "--step", "clean", "--port", "items", "--json"))["tables"]
    assert (table["same"], [one["level"] for one in table["changes"] if one["level"]]) == (True, [])
