"""Artifacts of runs: listing, copies, and results as folders."""

from pathlib import Path

import pytest

from machiya.errors import NotFoundError, OutputError
from machiya.records.artifacts import copy_artifacts, list_artifacts
from machiya.records.kept import kept_files
from machiya.records.results import link_results

from .conftest import DEMO, Home


def test_a_loop_counts_as_one_artifact_and_its_turns_can_be_named(home: Home) -> None:
    record = home.run()
    found = {artifact.step: artifact for artifact in list_artifacts(record)}
    assert list(found) == ["clean", "shard", "join", "check"]
    clean, shard = found["clean"], found["shard"]
    assert (clean.type, clean.files, clean.parts) == ("files", 1, 1)
    assert clean.digest == record.find_steps("clean")[0].node.outputs.parameters["data-digest"]
    assert (shard.parts, shard.files, shard.key.split("/")[0]) == (2, 2, "shards")
    (turn,) = list_artifacts(record, "shard(1:00001)/data")
    assert (turn.key, turn.parts) == (f"{shard.key}/00001", 1)


@pytest.mark.parametrize("wanted", ["nope", "clean/nope"])
def test_what_is_not_there_is_an_error_that_names_what_is(home: Home, wanted: str) -> None:
    with pytest.raises(NotFoundError, match="nope") as error:
        list_artifacts(home.run(), wanted)
    assert error.value.remedy


def test_a_copy_may_be_changed_and_the_store_stays_as_it_was(home: Home, tmp_path: Path) -> None:
    record = home.run()
    artifacts = list_artifacts(record)
    paths = copy_artifacts(record, artifacts, tmp_path / "copy")
    assert [str(path.relative_to(tmp_path)) for path in paths] == [
        f"copy/{step}/data" for step in ("clean", "shard", "join", "check")
    ]
    assert (tmp_path / "copy/shard/data/00001/part.txt").read_text().startswith("shard 00001\n")
    for path in (path for path in (tmp_path / "copy").rglob("*") if path.is_file()):
        path.write_text("changed")
    values = [step.node.outputs.artifacts["data"] for step in record.steps]
    assert all(home.store.verify(value.key, value.digest) for value in values)


def test_a_copy_is_whole_or_not_there(home: Home, tmp_path: Path) -> None:
    record = home.run()
    artifacts = list_artifacts(record)
    for path in (home.path / "store" / "keys" / "runs" / record.name / "check").rglob("*.json"):
        path.unlink()
    with pytest.raises(Exception, match="is not in the store"):
        copy_artifacts(record, artifacts, tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]
    assert [one.stored for one in list_artifacts(record)] == [True, True, True, False]


def test_nothing_is_copied_over_what_is_there(home: Home, tmp_path: Path) -> None:
    record = home.run()
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine").touch()
    with pytest.raises(OutputError, match="is there already"):
        copy_artifacts(record, list_artifacts(record), tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["mine"]


def test_results_are_the_outputs_of_the_last_steps_and_those_that_the_manifest_names(home: Home) -> None:
    record = home.run()
    results = record.folder.path / "results"
    assert link_results(record, home.store) == [results / "shard" / "data", results / "check" / "data"]
    assert sorted(path.name for path in (results / "shard" / "data").iterdir()) == ["00000", "00001"]
    assert (results / "check" / "data" / "part.txt").read_text().startswith("check 0\n")


def test_results_of_a_run_that_goes_on_replace_those_before(home: Home) -> None:
    failed = home.run(code="65")
    assert [path.parent.name for path in link_results(failed, home.store)] == ["shard"]
    (failed.folder.path / "results" / "old").touch()
    assert [path.parent.name for path in link_results(failed, home.store)] == ["shard"]
    assert sorted(path.name for path in (failed.folder.path / "results").iterdir()) == ["shard"]
    assert [path.name for path in failed.folder.path.glob(".*")] == []


KEEP = """
          - name: keep
            template: keep
            depends: check
            arguments: {artifacts: [{name: data, from: '{{tasks.check.outputs.artifacts.data}}'}]}
"""
KEEPER = """
    - name: keep
      metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
      inputs: {artifacts: [{name: data, path: /data/in/data}]}
      outputs:
        artifacts:
          - {name: data, path: /data/out/data, s3: {key: 'runs/{{workflow.name}}/keep/data'}}
          - {name: data-kept, path: /data/out/data/part.txt, optional: true, s3: {key: history/demo/development/x}}
      container: {image: toy, command: [component], args: [run, keep, x]}
"""


def test_a_step_that_keeps_a_file_for_later_runs_makes_no_result_and_hides_none(home: Home) -> None:
    demo = DEMO.replace("    -\n      name: clean\n", f"{KEEP}    -\n      name: clean\n", 1) + KEEPER
    record = home.run(manifest=demo)
    assert record.phase == "Succeeded"
    assert [path.parent.name for path in link_results(record, home.store)] == ["shard", "check"]
    assert [(one.step, one.key) for one in kept_files(record)] == [("keep", "history/demo/development/x")]
    assert [one.port for one in list_artifacts(record, "keep")] == ["data"]


def test_what_runs_on_exit_is_no_result(home: Home) -> None:
    manifest = DEMO.replace("  entrypoint: main\n", "  entrypoint: main\n  onExit: bye\n") + (
        "    - name: bye\n      metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}\n"
        "      outputs: {artifacts: [{name: data, path: /data/out/data}]}\n"
        "      container: {image: toy, command: [component], args: [run, bye, x]}\n"
    )
    record = home.run(manifest=manifest)
    assert record.phase == "Succeeded"
    assert [path.parent.name for path in link_results(record, home.store)] == ["shard", "check"]
