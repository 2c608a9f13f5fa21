"""Whole runs with real processes."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from machiya.engines.local.api import Result, Setup, execute, prepare_run, resubmit, resume, retry, run_workflow, stop
from machiya.engines.local.argo.parse.manifest import ManifestError
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.events import Entry, PodLaunched
from machiya.engines.local.runs import RunBusyError, open_run
from machiya.engines.local.state import RunState
from machiya.engines.local.store import DirectoryStore
from machiya.errors import ArgumentsError, NotFoundError

Make = Callable[..., str]


def phases(result: Result) -> dict[str, str]:
    """Phases of the steps by display name."""
    return {node.display_name: str(node.phase) for node in result.state.nodes.values() if node.type != "DAG"}


def message(result: Result, step: str) -> str:
    return next(node.message for node in result.state.nodes.values() if node.display_name == step)


def text(setup: Setup, result: Result, step: str) -> str:
    """What a step wrote to its artifact."""
    node = next(node for node in result.state.nodes.values() if node.display_name == step)
    target = setup.home / f"look-{step}"
    DirectoryStore(setup.home / "store").link(node.outputs.artifacts["port"].key, target)
    return (target / "text.txt").read_text()


def test_artifacts_and_parameters_pass_from_step_to_step(setup: Setup, make: Make, task: Make) -> None:
    tasks = task("first", "write", "hello") + task(
        "second", "write", "{{tasks.first.outputs.parameters.digest}}", depends="first"
    )
    result = run_workflow(make(tasks + task("last", "join", takes="first")), setup)
    assert (result.phase, phases(result)) == ("Succeeded", dict.fromkeys(("first", "second", "last"), "Succeeded"))
    assert text(setup, result, "last") == "hello\n"
    assert text(setup, result, "second") == "digest of hello"


def test_each_step_has_a_log_and_leaves_nothing_else(setup: Setup, make: Make, task: Make) -> None:
    result = run_workflow(make(task("first", "write", "hello")), setup)
    steps = setup.home / "runs" / result.run / "steps"
    assert [path.name for path in steps.glob("*/*")] == ["log.txt"]
    assert next(steps.glob("*/log.txt")).read_text() == "hello\n"


@pytest.mark.parametrize(
    ("operation", "value", "ended"),
    [("exit", "65", "Error (exit code 65)"), ("die", "", "Error (exit code 137)")],
)
def test_a_step_that_fails_says_with_which_code(
    setup: Setup, make: Make, task: Make, operation: str, value: str, ended: str
) -> None:
    result = run_workflow(make(task("bad", operation, value) + task("next", "join", takes="bad")), setup)
    assert (result.phase, phases(result)) == ("Failed", {"bad": "Failed", "next": "Omitted"})
    assert message(result, "bad") == ended


def test_an_output_that_is_not_there_is_an_error(setup: Setup, make: Make, task: Make) -> None:
    result = run_workflow(make(task("bad", "nothing")), setup)
    assert result.phase == "Error"
    assert message(result, "bad") == "the output parameter 'digest' is not there: no file /data/out/digest"


def count(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def test_retry_runs_only_what_had_not_succeeded(setup: Setup, make: Make, task: Make, tmp_path: Path) -> None:
    counted, code = tmp_path / "counted", tmp_path / "code"
    parameter = "  arguments: {parameters: [{name: path, value: '%s'}]}" % counted  # noqa: UP031
    tasks = task("a", "count", "{{workflow.parameters.path}}", "a") + task("b", "exit", "75", depends="a")
    manifest = make(
        tasks + task("c", "count", "{{workflow.parameters.path}}", "c", depends="a"), specification=parameter
    )
    first = run_workflow(manifest, setup)
    again = retry(first.run, setup)
    assert (first.phase, again.phase, code.exists()) == ("Failed", "Failed", False)
    assert sorted(count(counted)) == ["a", "c"]
    assert again.state.sessions == 2
    retry(first.run, setup, step="a")
    assert sorted(count(counted)) == ["a", "a", "c", "c"]


def test_retry_of_a_step_that_is_not_there_names_those_that_are(setup: Setup, make: Make, task: Make) -> None:
    first = run_workflow(make(task("a", "write", "x")), setup)
    with pytest.raises(ArgumentsError, match="no step 'z'") as error:
        retry(first.run, setup, step="z")
    assert error.value.remedy == "It has a."


MEMO = """
  - name: remembered
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
    inputs: {parameters: [{name: a}]}
    memoize: {key: "k-{{inputs.parameters.a}}", cache: {configMap: {name: c}}, maxAge: 1h}
    outputs:
      parameters: [{name: digest, valueFrom: {path: /data/out/digest}}]
      artifacts: [{name: port, path: /data/out/port}]
    container:
      image: toy
      command: [component]
      args: [run, count, "{{workflow.parameters.path}}", "{{inputs.parameters.a}}"]
"""
CALL = """
      - name: m
        template: remembered
        arguments: {parameters: [{name: a, value: "{{workflow.parameters.p}}"}]}
"""


def memo_manifest(make: Make, task: Make, path: Path) -> str:
    parameters = f"  arguments: {{parameters: [{{name: path, value: '{path}'}}, {{name: p, value: one}}]}}"
    return make(CALL + task("last", "join", takes="m"), specification=parameters, template=MEMO)


def test_a_resubmitted_run_takes_over_what_is_remembered(setup: Setup, make: Make, task: Make, tmp_path: Path) -> None:
    first = run_workflow(memo_manifest(make, task, tmp_path / "counted"), setup)
    same = resubmit(first.run, setup)
    assert count(tmp_path / "counted") == ["one"]
    assert [node.memo_hit for node in same.state.nodes.values() if node.display_name == "m"] == [True]
    assert text(setup, same, "last") == "one\n"
    resubmit(first.run, setup, parameters={"p": "two"})
    assert count(tmp_path / "counted") == ["one", "two"]


@pytest.mark.parametrize("harm", ["gone", "altered"])
def test_a_hit_whose_files_are_gone_or_altered_is_none(
    setup: Setup, make: Make, task: Make, tmp_path: Path, harm: str
) -> None:
    first = run_workflow(memo_manifest(make, task, tmp_path / "counted"), setup)
    for content in (setup.home / "store" / "objects").rglob("*"):
        if content.is_file() and harm == "gone":
            content.unlink()
        elif content.is_file():
            content.chmod(0o644)
            content.write_text("x")
    again = resubmit(first.run, setup)
    assert (again.phase, count(tmp_path / "counted")) == ("Succeeded", ["one", "one"])


def test_two_runs_that_need_the_same_step_compute_it_once(setup: Setup, make: Make, task: Make, tmp_path: Path) -> None:
    manifest = memo_manifest(make, task, tmp_path / "counted")
    results: list[Result] = []
    threads = [threading.Thread(target=lambda: results.append(run_workflow(manifest, setup))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.phase for result in results] == ["Succeeded"] * 3
    assert count(tmp_path / "counted") == ["one"]


def test_a_long_log_keeps_its_beginning_and_its_end(setup: Setup, make: Make, task: Make) -> None:
    result = run_workflow(make(task("flood", "flood", str(40 * 1024))), setup)
    log = next((setup.home / "runs" / result.run / "steps").glob("*/log.txt"))
    assert result.phase == "Succeeded"
    assert log.stat().st_size < 17 * 1024 * 1024
    content = log.read_bytes()
    assert content.startswith(b"xxx")
    assert content.endswith(b"the end\nflooded\n")
    assert b"bytes are left out here" in content
    assert [path.name for path in log.parent.iterdir()] == ["log.txt"]


def test_processes_that_a_step_leaves_behind_are_ended(setup: Setup, make: Make, task: Make, tmp_path: Path) -> None:
    result = run_workflow(make(task("leave", "leave", str(tmp_path / "pid"))), setup)
    assert result.phase == "Succeeded"
    pid = (tmp_path / "pid").read_text()
    state = Path(f"/proc/{pid}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_a_step_cannot_change_what_is_stored(setup: Setup, make: Make, task: Make) -> None:
    tasks = (
        task("first", "write", "hello") + task("spoil", "spoil", takes="first") + task("last", "join", takes="first")
    )
    result = run_workflow(
        make(
            tasks.replace('name: last, template: toy, depends: "first"', 'name: last, template: toy, depends: "spoil"')
        ),
        setup,
    )
    assert text(setup, result, "last") == "hello\n"


def test_a_step_that_writes_into_a_linked_input_on_purpose_is_found_out(setup: Setup, make: Make, task: Make) -> None:
    result = run_workflow(make(task("first", "write", "hello") + task("bad", "scribble", takes="first")), setup)
    assert phases(result)["bad"] == "Error"
    assert "wrote into its input text.txt" in message(result, "bad")


def after_launch(do: Callable[[RunState], None]) -> Callable[[Entry, RunState], None]:
    """An observer that does something once, when the first program runs."""
    done: list[int] = []

    def observe(entry: Entry, state: RunState) -> None:
        if isinstance(entry.event, PodLaunched) and not done:
            done.append(1)
            do(state)

    return observe


def test_the_first_signal_stops_gracefully(setup: Setup, make: Make, task: Make) -> None:
    setup = replace(setup, handle_signals=True, observers=[after_launch(lambda _: os.kill(os.getpid(), signal.SIGINT))])
    result = run_workflow(make(task("a", "sleep", "60") + task("b", "join", takes="a")), setup)
    assert (result.phase, result.message) == ("Failed", "Stopped with strategy 'Stop'")
    assert phases(result)["a"] == "Failed"
    assert message(result, "a") == "workflow shutdown with strategy: Stop"


def test_the_second_signal_ends_a_program_that_does_not_listen(
    setup: Setup, make: Make, task: Make, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"

    def twice(_: RunState) -> None:
        def send() -> None:
            while not ready.exists():
                ready.parent.stat()
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=send).start()

    setup = replace(setup, handle_signals=True, grace=600, observers=[after_launch(twice)])
    result = run_workflow(make(task("a", "stubborn", str(ready))), setup)
    assert (result.phase, result.message) == ("Failed", "Stopped with strategy 'Terminate'")


def test_a_stopped_run_can_be_retried(setup: Setup, make: Make, task: Make) -> None:
    stopping = replace(
        setup, handle_signals=True, observers=[after_launch(lambda _: os.kill(os.getpid(), signal.SIGINT))]
    )
    first = run_workflow(make(task("a", "sleep", "0.5")), stopping)
    assert (first.phase, retry(first.run, setup).phase) == ("Failed", "Succeeded")


def test_only_one_engine_works_on_a_run(setup: Setup, make: Make, task: Make) -> None:
    folder = prepare_run(make(task("a", "write", "x")), setup)
    with folder.lock(), pytest.raises(RunBusyError, match=f"process {os.getpid()}"):
        execute(folder, setup)
    assert execute(folder, setup).phase == "Succeeded"


def test_a_torn_log_is_cut_and_the_run_continues(setup: Setup, make: Make, task: Make) -> None:
    first = run_workflow(make(task("a", "write", "x")), setup)
    events = open_run(setup.home, first.run).events
    events.write_bytes(events.read_bytes()[:-10])
    again = retry(first.run, setup)
    assert again.phase == "Succeeded"
    assert "the event log was cut" in again.state.notes[0]


def test_a_request_larger_than_the_machine_is_an_error_before_anything_starts(
    setup: Setup, make: Make, task: Make
) -> None:
    big = make(task("a", "write", "x")).replace(
        "image: toy", "image: toy\n      resources: {requests: {cpu: 8, memory: 1Gi}}"
    )
    with pytest.raises(ManifestError) as error:
        run_workflow(big, setup, file="w.yaml")
    assert "templates.toy: asks for 8 CPU" in str(error.value)
    line = big.splitlines().index("  - name: toy") + 1
    assert str(error.value).startswith(f"w.yaml:{line}: ")
    assert not (setup.home / "runs").exists()


def test_steps_that_do_not_fit_together_run_one_after_the_other(
    setup: Setup, make: Make, task: Make, tmp_path: Path
) -> None:
    tasks = "".join(task(f"t{number}", "span", str(tmp_path / "spans")) for number in range(4))
    manifest = make(tasks).replace("image: toy", "image: toy\n      resources: {requests: {cpu: 3}}")
    assert run_workflow(manifest, replace(setup, capacity=Capacity(4, 4 << 30))).phase == "Succeeded"
    assert (tmp_path / "spans").read_text() == "+-" * 4


def test_another_version_than_the_pinned_one_is_refused_with_what_to_do(setup: Setup, make: Make, task: Make) -> None:
    with pytest.raises(ManifestError) as error:
        run_workflow(make(task("a", "write", "x"), version="1.1.0"), setup)
    assert "wants toy 1.1.0, and 1.0.0 is installed" in str(error.value)
    assert "pip install machiya-toy==1.1.0" in error.value.remedy


def test_programs_that_are_no_components_are_refused(setup: Setup, make: Make, task: Make) -> None:
    foreign = make(task("a", "write", "x")).replace("machiya/component: toy, ", "")
    with pytest.raises(ManifestError, match="runs components alone"):
        run_workflow(foreign, setup)


def test_a_suspended_run_goes_on_when_somebody_says_so(setup: Setup, make: Make, task: Make) -> None:
    manifest = make(
        "      - {name: wait, template: wait}\n" + task("a", "write", "x", depends="wait"),
        template="  - {name: wait, suspend: {}}",
    )

    def observe(_: Entry, state: RunState) -> None:
        if state.facts is not None and any(
            node.type == "Suspend" and node.phase == "Running" for node in state.nodes.values()
        ):
            resume(state.facts.name, setup.home)

    assert run_workflow(manifest, replace(setup, observers=[observe])).phase == "Succeeded"


def test_stopping_a_run_that_nobody_works_on_says_so(setup: Setup, make: Make, task: Make) -> None:
    result = run_workflow(make(task("a", "write", "x")), setup)
    assert stop(result.run, setup.home) is False
    with pytest.raises(NotFoundError, match="no such run"):
        stop("nope", setup.home)
