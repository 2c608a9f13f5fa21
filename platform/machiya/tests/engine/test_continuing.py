"""Runs that are continued take over what is sound, and whatever happens to an engine leaves a run that can be."""

import os
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from machiya.engines.local.api import Result, Setup, execute, prepare_run, retry, run_workflow
from machiya.engines.local.cache import DirectoryMemo
from machiya.engines.local.engine import NOTHING_TO_DO
from machiya.engines.local.events import Entry, NodeChanged, PodLaunched, SessionStarted, read_log
from machiya.engines.local.runs import RunFolder, create_run, open_run
from machiya.engines.local.state import RunState
from machiya.engines.local.store import DirectoryStore
from machiya.errors import NotFoundError, OutputError

Make = Callable[..., str]
Observer = Callable[[Entry, RunState], None]


def counting(task: Make, path: Path, *names: str) -> str:
    """A chain of steps that write their names into a file."""
    return "".join(
        task(name, "count", str(path), name, takes=before) for before, name in zip(("", *names), names, strict=False)
    )


def count(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def objects(setup: Setup) -> set[Path]:
    return {path for path in (setup.home / "store" / "objects").rglob("*") if path.is_file()}


def forget(setup: Setup, text: str) -> None:
    """Delete the content of an artifact."""
    [content] = [path for path in objects(setup) if path.read_text() == text]
    content.unlink()


def test_a_step_whose_artifact_is_gone_runs_again_and_those_that_do_not_need_it_do_not(
    setup: Setup, make: Make, task: Make, tmp_path: Path
) -> None:
    manifest = make(counting(task, tmp_path / "counted", "a", "b", "c") + task("bad", "exit", "1", depends="c"))
    first = run_workflow(manifest, setup)
    forget(setup, "b")
    again = retry(first.run, setup)
    assert (again.phase, count(tmp_path / "counted")) == ("Failed", ["a", "b", "c", "b"])
    assert again.state.notes == ["artifacts are gone that had been made; what made them runs again: b"]
    assert DirectoryStore(setup.home / "store").intact(f"{first.run}/{node_id(again, 'b')}/port", "")


def node_id(result: Result, name: str) -> str:
    return next(node.id for node in result.state.nodes.values() if node.display_name == name)


def test_a_run_that_succeeded_is_left_alone_unless_something_of_it_is_gone(
    setup: Setup, make: Make, task: Make, tmp_path: Path
) -> None:
    first = run_workflow(make(counting(task, tmp_path / "counted", "a", "b")), setup)
    same = retry(first.run, setup)
    assert (same.phase, same.message, same.state.sessions) == ("Succeeded", NOTHING_TO_DO, 1)
    forget(setup, "a")
    mended = retry(first.run, setup)
    assert (mended.phase, mended.message, mended.state.sessions) == ("Succeeded", "", 2)
    assert count(tmp_path / "counted") == ["a", "b", "a"]


MEMO = """
  - name: remembered
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
    memoize: {key: key, cache: {configMap: {name: c}}}
    outputs: {artifacts: [{name: port, path: /data/out/port}]}
    container: {image: toy, command: [component], args: [run, count, "%s", m]}
"""


def memo_manifest(make: Make, task: Make, path: Path) -> str:
    return make("      - {name: m, template: remembered}\n" + task("n", "join", takes="m"), template=MEMO % path)


def test_a_step_that_is_named_runs_again_though_it_is_remembered(
    setup: Setup, make: Make, task: Make, tmp_path: Path
) -> None:
    first = run_workflow(memo_manifest(make, task, tmp_path / "counted"), setup)
    again = retry(first.run, setup, step="m")
    assert (again.phase, count(tmp_path / "counted")) == ("Succeeded", ["m", "m"])
    assert not next(node for node in again.state.nodes.values() if node.display_name == "m").memo_hit


def test_a_step_that_waits_for_another_run_to_compute_it_ends_when_the_run_is_stopped(
    setup: Setup, make: Make, task: Make, tmp_path: Path
) -> None:
    other = DirectoryMemo(setup.home / "cache").try_lock("c", "key")
    assert other is not None

    def stop_when_it_waits(entry: Entry, _: RunState) -> None:
        if isinstance(entry.event, NodeChanged) and entry.event.node.get("memoKey"):
            os.kill(os.getpid(), signal.SIGTERM)

    stopping = replace(setup, handle_signals=True, observers=[stop_when_it_waits])
    result = run_workflow(memo_manifest(make, task, tmp_path / "counted"), stopping)
    other.release()
    assert (result.phase, result.message) == ("Failed", "Stopped with strategy 'Stop'")
    assert (count(tmp_path / "counted"), retry(result.run, setup).phase) == ([], "Succeeded")


def on_event(kind: type, act: Callable[[], None]) -> Observer:
    """An observer that acts once, at the first event of a kind."""
    done: list[int] = []

    def observe(entry: Entry, _: RunState) -> None:
        if isinstance(entry.event, kind) and not done:
            done.append(1)
            act()

    return observe


def test_a_signal_before_the_first_step_stops_the_run_before_it_starts(
    setup: Setup, make: Make, task: Make, tmp_path: Path
) -> None:
    early = on_event(SessionStarted, lambda: os.kill(os.getpid(), signal.SIGINT))
    manifest = make(counting(task, tmp_path / "counted", "a"))
    result = run_workflow(manifest, replace(setup, handle_signals=True, observers=[early]))
    assert (result.phase, count(tmp_path / "counted")) == ("Failed", [])
    assert (retry(result.run, setup).phase, count(tmp_path / "counted")) == ("Succeeded", ["a"])


def fail() -> None:
    raise RuntimeError("the screen is gone")


def is_running(folder: RunFolder) -> bool:
    """Whether the program that was launched last still runs."""
    launched = [entry.event for entry in read_log(folder.events).entries if isinstance(entry.event, PodLaunched)]
    state = Path(f"/proc/{launched[-1].handle['pid']}/stat")
    return state.exists() and state.read_text().split()[2] != "Z"


def test_when_the_engine_fails_programs_are_ended_and_the_run_can_be_continued(
    setup: Setup, make: Make, task: Make
) -> None:
    folder = prepare_run(make(task("a", "sleep", "1") + task("b", "write", "x")), setup)
    with pytest.raises(RuntimeError, match="the screen is gone"):
        execute(folder, replace(setup, observers=[on_event(PodLaunched, fail)]))
    assert not is_running(folder)
    assert folder.holder() is None
    assert retry(folder.name, setup).phase == "Succeeded"


def test_a_success_of_an_earlier_session_counts_while_its_step_waits_for_its_turn(
    setup: Setup, make: Make, task: Make, tmp_path: Path
) -> None:
    tasks = task("bad", "exit", "1") + task("good", "count", str(tmp_path / "counted"), "good")
    manifest = make(tasks).replace("    outputs:\n", "    synchronization: {mutex: {name: one}}\n    outputs:\n", 1)
    first = run_workflow(manifest, setup)
    with pytest.raises(RuntimeError):  # while `bad` holds the lock, and `good` waits for it to be known again
        execute(open_run(setup.home, first.run), replace(setup, observers=[on_event(PodLaunched, fail)]))
    retry(first.run, setup)
    assert count(tmp_path / "counted") == ["good"]


def test_a_run_whose_folder_is_deleted_ends_with_an_error_and_its_programs_with_it(
    setup: Setup, make: Make, task: Make, tmp_path: Path
) -> None:
    folder = prepare_run(make(task("a", "write", "x") + task("b", "count", str(tmp_path / "c"), "b", takes="a")), setup)
    delete = on_event(PodLaunched, lambda: shutil.rmtree(folder.path))
    with pytest.raises(OutputError, match="was deleted while the run worked in it") as error:
        execute(folder, replace(setup, observers=[delete]))
    assert "Start it again" in error.value.remedy
    assert count(tmp_path / "c") == []


def test_a_run_is_there_when_all_of_it_is(setup: Setup, make: Make, task: Make) -> None:
    with pytest.raises(ZeroDivisionError):
        create_run(setup.home, "toy", make(task("a", "write", "x")), {}, lambda _: 1 / 0)  # type: ignore[arg-type,return-value]
    assert list((setup.home / "runs").iterdir()) == []


def test_a_run_that_was_never_begun_says_what_to_do(setup: Setup) -> None:
    half = setup.home / "runs" / "half-made"
    half.mkdir(parents=True)
    (half / "manifest.yaml").touch()
    (setup.home / "runs" / ".toy-abc-7").mkdir()
    with pytest.raises(NotFoundError, match="half-made was never begun") as error:
        retry("half", setup)
    assert error.value.remedy == "Start it again: machiya run"
    with pytest.raises(NotFoundError, match="no such run"):
        open_run(setup.home, ".toy-abc-7")


def test_looking_whether_a_run_is_held_keeps_no_engine_from_it(setup: Setup, make: Make, task: Make) -> None:
    folder = prepare_run(make(task("a", "write", "x")), setup)
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            folder.holder()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        assert execute(folder, setup).phase == "Succeeded"
        with folder.lock():
            assert folder.holder() == os.getpid()
    finally:
        done.set()
        watcher.join()
    assert folder.holder() is None
