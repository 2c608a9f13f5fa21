"""Files that outlive runs, in the engine: overwritten whole, read by whoever comes next, and never cleared up."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from machiya.engines.local.api import Result, Setup, resubmit, retry, run_workflow
from machiya.engines.local.cache import open_memo
from machiya.engines.local.gc import collect
from machiya.engines.local.store import ArtifactStore, DirectoryStore, open_store

KEY = "published/test/development/x.json"
MANIFEST = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: keep-}
spec:
  entrypoint: main
  arguments: {parameters: [{name: operation, value: write}, {name: text, value: one}, {name: file, value: text.txt}]}
  templates:
  - name: main
    dag:
      tasks:
      - name: keep
        template: keep
        arguments: {artifacts: [{name: earlier, optional: true, s3: {key: KEY}}]}
  - name: keep
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
    inputs: {artifacts: [{name: earlier, optional: true, path: /data/in/earlier/text.txt}]}
    outputs:
      parameters: [{name: port-key, valueFrom: {path: /data/out/port/_key, default: "runs/{{workflow.name}}/port"}}]
      artifacts:
      - {name: port, path: /data/out/port, s3: {key: "runs/{{workflow.name}}/port"}}
      - {name: port-kept, path: "/data/out/port/{{workflow.parameters.file}}", optional: true, s3: {key: KEY}}
    container:
      image: toy
      command: [component]
      args: [run, "{{workflow.parameters.operation}}", "{{workflow.parameters.text}}"]
""".replace("KEY", KEY)


def run(setup: Setup, operation: str, text: str = "", file: str = "text.txt") -> Result:
    return run_workflow(MANIFEST, setup, parameters={"operation": operation, "text": text, "file": file})


def store_of(setup: Setup) -> ArtifactStore:
    return DirectoryStore(setup.home / "store")


def kept(setup: Setup, tmp_path: Path) -> str:
    target = tmp_path / "kept"
    target.unlink(missing_ok=True)
    store_of(setup).link(KEY, target)
    return target.read_text()


def test_the_next_run_reads_what_was_kept_and_overwrites_it(setup: Setup, tmp_path: Path) -> None:
    assert run(setup, "write", "one").phase == "Succeeded"
    assert kept(setup, tmp_path) == "one"
    assert run(setup, "join").phase == "Succeeded"
    assert kept(setup, tmp_path) == "one\n"
    assert run(setup, "write", "two").phase == "Succeeded"
    assert kept(setup, tmp_path) == "two"


def test_a_step_that_fails_or_writes_no_such_file_leaves_what_is_kept(setup: Setup, tmp_path: Path) -> None:
    run(setup, "write", "one")
    assert run(setup, "exit", "65").phase == "Failed"
    assert run(setup, "write", "two", file="other.txt").phase == "Succeeded"
    assert kept(setup, tmp_path) == "one"


def test_what_a_step_that_failed_wrote_is_not_kept(setup: Setup, tmp_path: Path) -> None:
    run(setup, "write", "one")
    assert run(setup, "fail-after", "two").phase == "Failed"
    assert kept(setup, tmp_path) == "one"


def test_a_retry_of_a_run_does_not_bring_back_what_a_later_one_has_replaced(setup: Setup, tmp_path: Path) -> None:
    first = run(setup, "write", "one")
    run(setup, "write", "two")
    again = retry(first.run, setup)
    assert (again.phase, again.state.notes) == ("Succeeded", [])
    assert kept(setup, tmp_path) == "two"
    assert resubmit(first.run, setup).phase == "Succeeded"
    assert kept(setup, tmp_path) == "one"


def test_what_is_kept_and_what_it_points_at_stays_when_the_runs_go(setup: Setup, tmp_path: Path) -> None:
    store, now = open_store("", setup.home), timedelta(0)
    for name in ("now", "before", "copy", "other"):
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / "part").write_text(name)
        store.put(tmp_path / "data", f"runs/{name}/result")
    before = {"key": "runs/before/result"}
    pointer = json.dumps({"key": "runs/now/result", "serving": "runs/copy/result", "earlier": before})
    for key, text in ((KEY, pointer), ("published/test/production/odd.json", "[not ours]"), ("history/x", "past")):
        (tmp_path / "file").write_text(text)
        store.put(tmp_path / "file", key)
    collected = collect(setup.home, store, open_memo("", setup.home), runs_older_than=now, fresh=now)
    assert (collected.records, collected.contents) == (1, 1)
    stays = (KEY, "history/x", "runs/now/result", "runs/copy/result", "runs/before/result")
    assert [key for key in stays if store.find(key) is None] == []
    assert store.find("runs/other/result") is None
    assert list((setup.home / "tmp").glob("*")) == []


def test_two_engines_at_once_leave_one_whole_file(setup: Setup, tmp_path: Path) -> None:
    texts, store = ["a" * 5000, "b" * 5000], DirectoryStore(tmp_path / "shared")
    setups = [replace(setup, home=tmp_path / name, store=store) for name in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda one: run(one[0], "write", one[1]), zip(setups, texts, strict=True)))
    assert [one.phase for one in results] == ["Succeeded", "Succeeded"]
    store.link(KEY, tmp_path / "kept")
    assert (tmp_path / "kept").read_text() in texts
