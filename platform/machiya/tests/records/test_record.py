"""What is recorded of a run: its phase, its steps as a tree, counts, attempts."""

import shutil

import pytest

from machiya.engines.local.api import prepare_run
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase
from machiya.engines.local.events import EventLog, SessionStarted, node_event
from machiya.engines.local.runs import RunFolder
from machiya.errors import NotFoundError
from machiya.records import INTERRUPTED, Step, find_run, load_record, recent_runs
from machiya.records.meanings import exit_meaning

from .conftest import Home

DEMO_STEPS = ["clean", "shard(0:00000)", "shard(1:00001)", "join", "check"]


def names(steps: list[Step]) -> list[str]:
    return [step.name for step in steps]


def test_a_run_is_a_tree_of_its_steps(home: Home) -> None:
    record = home.run()
    (root,) = record.tree
    assert (record.phase, record.workflow, record.stage) == ("Succeeded", "demo", "development")
    assert names(root.children) == ["clean", "shard", "join", "check"]
    assert names(root.children[1].children) == ["shard(0:00000)", "shard(1:00001)"]
    assert names(record.steps) == DEMO_STEPS
    assert names(root.children[0].attempts) == ["clean(0)"]


def test_steps_whose_outputs_were_taken_over_are_counted_as_cached(home: Home) -> None:
    home.run()
    counts = home.run().counts
    assert (counts.done, counts.cached, counts.failed) == (1, 4, 0)


def test_a_step_that_failed_keeps_its_attempts_and_its_exit_code(home: Home) -> None:
    record = home.run(code="75")
    (failed,) = record.failed_steps
    assert (record.phase, failed.name, failed.exit_code) == ("Failed", "check", 75)
    assert [(one.name, one.phase) for one in failed.attempts] == [("check(0)", "Failed"), ("check(1)", "Failed")]


def test_the_parameters_are_those_of_the_run_and_the_manifests_others(home: Home) -> None:
    record = home.run(word="two")
    assert (record.parameters["word"], record.parameters["code"]) == ("two", "0")
    assert record.versions == [
        {"component": "toy", "version": "1.0.0", "image": "machiya/toy:1.0.0", "commit": record.versions[0]["commit"]}
    ]


def begun(home: Home) -> RunFolder:
    """A run whose engine began a step and then was gone."""
    folder = prepare_run((home.record(home.run().name).folder.manifest_text()), home.setup, parameters={"log": "x"})
    node = Node("id-1", f"{folder.name}.clean", "clean", NodeType.POD, Phase.RUNNING, started=5.0)
    with EventLog(folder.events) as log:
        log.append(SessionStarted(1, "host"), 4.0)
        log.append(node_event(node), 5.0)
    return folder


def test_a_run_that_nobody_works_on_is_interrupted_and_its_steps_too(home: Home) -> None:
    folder = begun(home)
    record = load_record(folder)
    assert (record.phase, record.alive, record.steps[0].phase) == (INTERRUPTED, False, INTERRUPTED)
    with folder.lock():
        record = load_record(folder)
    assert (record.phase, record.alive, record.steps[0].phase) == ("Running", True, "Running")


def test_a_folder_without_a_beginning_does_not_hide_the_other_runs(home: Home) -> None:
    whole = home.run()
    (home.path / "runs" / "half-000000" / "beside").mkdir(parents=True)
    (home.path / "runs" / "torn-000000").mkdir()
    (home.path / "runs" / "torn-000000" / "events.jsonl").write_text('{"number":1,"ti')
    phases = {folder.name: load_record(folder).phase for folder in recent_runs(home.path)}
    assert phases == {whole.name: "Succeeded", "half-000000": "Unreadable", "torn-000000": "Unreadable"}


def test_runs_are_found_by_their_beginning_and_the_newest_by_no_name(home: Home) -> None:
    first, second = home.run(), home.run()
    assert [folder.name for folder in recent_runs(home.path)] == [second.name, first.name]
    assert find_run(home.path, first.name[:-2]).name == first.name
    assert find_run(home.path).name == find_run(home.path, "latest").name == second.name
    with pytest.raises(NotFoundError, match="2 runs have this beginning"):
        find_run(home.path, "demo")


def test_without_any_run_the_newest_is_an_error_that_says_what_to_do(home: Home) -> None:
    with pytest.raises(NotFoundError, match="there are no runs in") as error:
        find_run(home.path)
    assert "machiya run" in error.value.remedy


def test_a_name_means_a_step_a_turn_an_attempt_or_a_loop(home: Home) -> None:
    record = home.run()
    found = {name: names(record.find_steps(name)) for name in ("clean", "shard", "shard(1:00001)", "clean(0)")}
    assert found == {name: [name] for name in found}
    with pytest.raises(NotFoundError, match="has no step 'nope'") as error:
        record.find_steps("nope")
    assert "clean, shard(0:00000)" in error.value.remedy


def test_a_record_needs_no_manifest_that_can_be_read(home: Home) -> None:
    record = home.run()
    shutil.copy(record.folder.events, record.folder.path / "manifest.yaml")
    again = home.record(record.name)
    assert (again.manifest, again.versions, names(again.steps)) == (None, [], DEMO_STEPS)


@pytest.mark.parametrize(
    ("code", "message", "meaning"),
    [
        (0, "", "done"),
        (65, "Error (exit code 65)", "data breaks the contract"),
        (137, "OOMKilled (exit code 137)", "out of memory"),
        (137, "Error (exit code 137)", "killed from outside, perhaps for want of memory"),
        (139, "", "ended by SIGSEGV"),
        (127, "", "the program is not there"),
        (3, "", ""),
        (None, "", ""),
    ],
)
def test_exit_codes_have_meanings(code: int | None, message: str, meaning: str) -> None:
    assert exit_meaning(code, message) == meaning
