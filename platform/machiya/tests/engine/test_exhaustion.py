"""What there is no more of, memory or room on the disk, and what then; and a gigabyte of logs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from machiya.engines.local.api import Setup, execute, prepare_run, retry, run_workflow
from machiya.engines.local.store import DirectoryStore
from machiya.errors import OutputError
from machiya.manifest.policy import more_memory_patch, retry_strategy

from .steps import DRIVER, PORT, alive, ending, fails, kept, left_over, log_of, manifest, node, script

# Want of memory


@contextmanager
def memory_group(limit: int) -> Iterator[Path]:
    """A control group with a limit of memory; skips where none can be made."""
    root = Path("/sys/fs/cgroup")
    first = (root / "memory").is_dir()
    group = root / ("memory" if first else "") / f"machiya-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(limit))
    except OSError as error:
        pytest.skip(f"no control group with a limit of memory can be made here: {error}")
    try:
        yield group
    finally:
        group.rmdir()


def test_a_step_that_the_kernel_killed_for_want_of_memory_is_named(shell: Setup) -> None:
    """The engine and its steps are in a container whose memory is not enough; no step has a limit of its own."""
    hog = f"exec {sys.executable} -I -S -c 'x = bytearray(b\"x\") * (1 << 30)'"
    folder = prepare_run(manifest(script(hog)), shell)
    with memory_group(256 << 20) as group:
        command = [sys.executable, str(DRIVER), str(shell.home), folder.name, str(group)]
        assert subprocess.run(command, check=False, timeout=120, stdout=subprocess.DEVNULL).returncode == 1
    (step,) = [one for one in folder.state().nodes.values() if one.type == "Pod"]
    assert step.message == "OOMKilled (exit code 137)"
    assert folder.log(step.id).read_text() == "machiya: killed by the kernel: there was no memory left.\n"


def test_a_step_that_ran_out_of_memory_is_tried_again_with_more_where_there_is_more(shell: Setup) -> None:
    """The manifest's own patch and strategy; the first attempt would hold its memory until it is ended."""
    hold = "import sys, time; x = bytearray(b'x') * (200 << 20); time.sleep(600 * (sys.argv[1] == '0'))"
    strategy = retry_strategy(more_memory=True)
    again = f'retryStrategy: {{limit: 3, retryPolicy: Always, expression: "{strategy.expression}"}}'
    patch = f"podSpecPatch: {json.dumps(more_memory_patch('100Mi', '400Mi'))}"
    step = script(f'exec {sys.executable} -I -S -c "{hold}" {{{{retries}}}}', f"{again}\n    {patch}")
    result = run_workflow(manifest(step), shell)
    assert ending(result) == ("Succeeded", "")
    assert ending(result, "step0(0)") == ("Failed", "OOMKilled (exit code 137)")
    usage = node(result, "step0(1)").usage
    assert usage is not None
    assert usage.peak_memory is not None
    assert usage.peak_memory > 200 << 20


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system can be mounted by root alone")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_component_that_fills_the_disk_says_so_and_its_run_can_go_on(frail: Setup, small_disk: Path) -> None:
    full = replace(frail, home=small_disk / "home")
    result = run_workflow(manifest(fails("fill")), full)
    assert ending(result) == ("Failed", "Error (exit code 75)")
    last = log_of(full, result).splitlines()[-1]
    assert last.startswith("frail run fail: temporary, try again (75): [Errno 28] No space left on device")
    assert last.endswith("Free space on the disk, then run it again.")
    assert (kept(full), left_over(full, result), retry(result.run, full).phase) == ([], [], "Failed")


def test_a_log_that_fills_the_disk_ends_no_program(shell: Setup, small_disk: Path) -> None:
    """9 MB go to a disk of 8 MiB: the program is not held up."""
    folder = prepare_run(manifest(script("head -c 9000000 /dev/zero; echo the end; exit 9")), shell)
    (small_disk / "steps").mkdir()
    (small_disk / "filler").write_bytes(bytes(1 << 20))
    (folder.path / "steps").symlink_to(small_disk / "steps")
    result = execute(folder, shell)
    assert (result.phase, ending(result)) == ("Failed", ("Failed", "Error (exit code 9)"))
    assert log_of(shell, result).startswith("\0\0\0")


def test_an_event_log_without_room_ends_the_session_and_the_run_can_go_on(shell: Setup, small_disk: Path) -> None:
    """One step sleeps while another fills the disk; the events of a dozen that follow find no room."""
    full = replace(shell, home=small_disk / "home", store=DirectoryStore(shell.home / "store"))
    pid = shell.home / "pid"
    sleeper = script(f"test -e {pid} || {{ echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 600; }}")
    fills = f"while test ! -e {pid}; do sleep 0.05; done; cat /dev/zero > {small_disk}/filler || true"
    tasks = manifest(sleeper, script(fills), *[script("true")] * 12).replace("depends: 'step0'", "depends: ''")
    folder = prepare_run(tasks, full)
    with pytest.raises(OutputError, match="cannot be written: No space left on device") as error:
        execute(folder, full)
    assert (error.value.exit_code, f"machiya retry {folder.name}" in error.value.remedy) == (73, True)
    assert alive(int(pid.read_text())) == []
    (small_disk / "filler").unlink()
    (small_disk / "filler").symlink_to("/dev/null")
    assert execute(folder, full).phase == "Succeeded"


def test_a_store_without_room_keeps_nothing_half_and_the_step_can_run_again(shell: Setup, small_disk: Path) -> None:
    full = replace(shell, store=DirectoryStore(small_disk / "store"))
    large = "mkdir port && head -c 5000000 /dev/urandom > port/a && head -c 5000000 /dev/urandom > port/b"
    result = run_workflow(manifest(script(large, outputs=PORT)), full)
    phase, message = ending(result)
    assert (result.phase, phase) == ("Error", "Error")
    assert message.startswith("the output 'port' could not be kept: ")
    assert "No space left on device" in message
    assert list((small_disk / "store" / "keys").rglob("*.json")) == []
    subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
    assert retry(result.run, full).phase == "Succeeded"


# A gigabyte of logs


def test_a_gigabyte_of_logs_costs_neither_disk_nor_memory(shell: Setup) -> None:
    folder = prepare_run(manifest(script("yes | head -c 1000000000; echo the end")), shell)
    command = [sys.executable, str(DRIVER), str(shell.home), folder.name]
    engine = subprocess.run(command, check=True, timeout=300, capture_output=True, text=True)
    assert int(engine.stdout) < 150 << 20
    log = next(folder.path.glob("steps/*/log.txt"))
    assert log.stat().st_size < 17 << 20
    assert log.read_bytes().startswith(b"y\ny\n")
    assert log.read_bytes().endswith(b"y\nthe end\n")
