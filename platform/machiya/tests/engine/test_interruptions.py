"""What breaks a run off, or comes between: a damaged event log, a second engine, Ctrl-C. It can go on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from machiya.engines.local.api import Setup, execute, prepare_run, retry, run_workflow
from machiya.engines.local.events import PodLaunched, RunCreated, read_log
from machiya.engines.local.runs import RunBusyError, RunFolder, open_run

from .steps import DRIVER, manifest, node, script

# A damaged event log


@pytest.mark.parametrize("harm", ["tail", "middle"])
def test_a_damaged_event_log_costs_no_more_than_what_comes_after_the_damage(
    shell: Setup, tmp_path: Path, harm: str
) -> None:
    steps = [script(f"echo {number} >> {tmp_path}/ran") for number in range(3)]
    first = run_workflow(manifest(*steps), shell)
    folder = open_run(shell.home, first.run)
    content = folder.events.read_bytes()
    done = next(
        position
        for position, entry in enumerate(read_log(folder.events).entries)
        if isinstance(entry.event, PodLaunched) and entry.event.node == node(first, "step1").id
    )
    lines = content.splitlines(keepends=True)
    if harm == "tail":
        folder.events.write_bytes(content + b"\x00\xff garbage\n{}\n" + lines[0])
    else:
        folder.events.write_bytes(b"".join((*lines[:done], b"\x00\xff garbage", lines[done][16:], *lines[done + 1 :])))
    again = retry(first.run, shell)
    assert again.phase == "Succeeded"
    assert sorted((tmp_path / "ran").read_text().split()) == (["0", "1", "2"] if harm == "tail" else list("01122"))
    aside = folder.path / "events.jsonl.cut-1"
    assert read_log(folder.events).entries[-1].number == len(read_log(folder.events).entries)
    assert b"garbage" in aside.read_bytes()
    if harm == "middle":
        assert any(note.startswith("the event log was cut: ") for note in again.state.notes)


def test_an_event_log_that_is_damaged_from_its_beginning_says_what_is_left(shell: Setup) -> None:
    folder = prepare_run(manifest(script("true")), shell)
    assert isinstance(read_log(folder.events).entries[0].event, RunCreated)
    folder.events.write_bytes(b"garbage\n")
    with pytest.raises(Exception, match="was never begun") as error:
        execute(folder, shell)
    assert error.value.exit_code == 66  # type: ignore[attr-defined]
    assert (folder.path / "events.jsonl.cut-1").read_bytes() == b"garbage\n"


# Two engines, and Ctrl-C


@contextmanager
def engine_of(setup: Setup, folder: RunFolder) -> Iterator[subprocess.Popen[bytes]]:
    """An engine in a process group of its own, as a terminal starts it."""
    command = [sys.executable, str(DRIVER), str(setup.home), folder.name]
    with subprocess.Popen(command, process_group=0, stdout=subprocess.DEVNULL) as engine:
        try:
            yield engine
        finally:
            engine.kill()


def wait_for(fifo: Path) -> None:
    """Returns when somebody writes to it: no time is waited for."""
    fifo.read_bytes()


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """Where steps tell that they run."""
    fifo = tmp_path / "ready"
    os.mkfifo(fifo)
    return fifo


def test_a_second_engine_on_a_run_is_refused_and_does_no_harm(shell: Setup, ready: Path, tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    folder = prepare_run(manifest(script(f"echo > {ready}; read x < {go}")), shell)
    with engine_of(shell, folder) as first:
        wait_for(ready)
        with pytest.raises(RunBusyError, match=f"process {first.pid}") as error:
            execute(folder, shell)
        assert (error.value.exit_code, "machiya stop" in error.value.remedy) == (75, True)
        go.write_text("go\n")
        assert first.wait(timeout=60) == 0
    assert folder.state().phase == "Succeeded"


@pytest.mark.parametrize(("times", "strategy"), [(1, "Stop"), (2, "Terminate")])
def test_ctrl_c_ends_a_run_cleanly_and_it_can_go_on(
    shell: Setup, ready: Path, tmp_path: Path, times: int, strategy: str
) -> None:
    """Once, what listens to SIGTERM ends by it; twice, what does not listen ends as well. Its handler tells us."""
    trap = "trap 'exit 143' TERM" if times == 1 else f"trap 'echo > {ready}' TERM"
    text = f"test -e {tmp_path}/again || {{ {trap}; echo > {ready}; while true; do sleep 0.1; done; }}"
    folder = prepare_run(manifest(script(text), script("true")), shell)
    with engine_of(shell, folder) as engine:
        wait_for(ready)
        os.killpg(engine.pid, signal.SIGINT)
        if times == 2:
            wait_for(ready)
            os.killpg(engine.pid, signal.SIGINT)
        assert engine.wait(timeout=60) == 1
    state = folder.state()
    assert (state.phase, state.message) == ("Failed", f"Stopped with strategy '{strategy}'")
    assert {str(one.phase) for one in state.nodes.values() if one.type == "Pod"} == {"Failed"}
    (tmp_path / "again").touch()
    assert execute(folder, shell).phase == "Succeeded"
