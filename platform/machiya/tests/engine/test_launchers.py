"""The launcher of processes: working copies, limits of memory, logs; and its check before anything starts."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from machiya.engines.local.api import Result, Setup, run_workflow
from machiya.engines.local.argo.parse.manifest import ManifestError
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.launchers.logs import StepLog
from machiya.engines.local.launchers.memory_watch import MemoryWatch
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.launchers.processes import end_group, own_memory, processes
from machiya.engines.local.launchers.protocol import LaunchError
from machiya.engines.local.launchers.working_copy import read_working_copy
from machiya.engines.local.store import DirectoryStore

Make = Callable[..., str]
FRAIL = Path(__file__).with_name("frail")


def frail_manifest(how: str = "none", *, component: str = "frail", version: str = "1.0.0", more: str = "") -> str:
    return f"""
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{generateName: frail-}}
spec:
  entrypoint: main
  templates:
  - name: main
    metadata: {{labels: {{machiya/component: {component}, machiya/version: {version}}}}}
    outputs: {{artifacts: [{{name: port, path: /data/out/port}}]}}
    container:
      image: machiya/frail:1.0.0
      args: [run, fail, --how, {how}]
{more}
"""


def only(result: Result) -> tuple[str, str]:
    """Phase and message of the one step."""
    (node,) = result.state.nodes.values()
    return str(node.phase), node.message


def log_of(setup: Setup, result: Result) -> str:
    return next((setup.home / "runs" / result.run / "steps").glob("*/log.txt")).read_text()


def setup_for(setup: Setup, name: str = "frail", folder: Path = FRAIL) -> Setup:
    return replace(setup, launcher=ProcessLauncher({name: folder}))


# Working copies


def test_a_working_copy_runs_though_nothing_is_installed_and_whatever_its_version(setup: Setup) -> None:
    result = run_workflow(frail_manifest(version="3.1.4"), setup_for(setup))
    assert result.phase == "Succeeded", log_of(setup, result)
    (node,) = result.state.nodes.values()
    DirectoryStore(setup.home / "store").link(node.outputs.artifacts["port"].key, setup.home / "look")
    assert (setup.home / "look" / "second.txt").read_text() == "the second half"


def test_a_working_copy_comes_before_what_is_installed_under_its_name(setup: Setup, tmp_path: Path) -> None:
    """`evaluation` is installed; the folder has another distribution of it, whose contract has other operations."""
    copy = tmp_path / "copy"
    package = copy / "src" / "acme_evaluation"
    package.mkdir(parents=True)
    for name in ("__init__.py", "component.py"):
        (package / name).write_text((FRAIL / "machiya_frail" / name).read_text())
    (copy / "pyproject.toml").write_text(
        '[project]\nname = "acme-evaluation"\n[project.entry-points."machiya.components"]\n'
        'evaluation = "acme_evaluation.component:component"\n'
    )
    (package / "component.yaml").write_text((FRAIL / "component.yaml").read_text())
    manifest = frail_manifest(component="evaluation")
    result = run_workflow(manifest, setup_for(setup, "evaluation", copy))
    assert result.phase == "Succeeded", log_of(setup, result)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "it has no pyproject.toml"),
        ("[project", "cannot be read"),
        ("[project]\nname = 'x'\n", "has no component 'frail'"),
    ],
)
def test_a_folder_that_is_no_working_copy_is_told_before_anything_starts(
    setup: Setup, tmp_path: Path, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ManifestError, match=said) as error:
        run_workflow(frail_manifest(), setup_for(setup, folder=tmp_path))
    assert error.value.remedy
    assert not setup.home.exists()


def test_the_folder_of_a_working_copy_stays_as_it_is(tmp_path: Path) -> None:
    before = sorted(FRAIL.rglob("*"))
    path = read_working_copy("frail", FRAIL).python_path(tmp_path / "scratch")
    assert path.split(os.pathsep) == [str(tmp_path / "scratch"), str(FRAIL)]
    assert sorted(FRAIL.rglob("*")) == before


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="is no working copy"):
        read_working_copy("frail", tmp_path / "absent")


# What is checked before the start


def test_files_outside_of_data_are_found_before_anything_starts(setup: Setup) -> None:
    manifest = frail_manifest().replace("path: /data/out/port", "path: /tmp/port")
    with pytest.raises(ManifestError, match="has no place for /tmp/port") as error:
        run_workflow(manifest, setup_for(setup), file="w.yaml")
    assert str(error.value).startswith("w.yaml:8: ")


# Memory


@pytest.fixture
def hog() -> Iterator[subprocess.Popen[str]]:
    """A process that leads a session, and whose child holds 64 MiB."""
    child = "import sys; held = bytearray(b'x') * (64 << 20); print('ready', flush=True); sys.stdin.read()"
    parent = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {child!r}]))"
    with subprocess.Popen(
        [sys.executable, "-c", parent],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        end_group(process.pid, signal.SIGKILL)


def test_the_memory_of_a_session_is_that_of_all_its_processes(hog: subprocess.Popen[str]) -> None:
    session = [process for process in processes() if process.session == hog.pid]
    assert len(session) == 2
    assert 64 << 20 < sum(own_memory(process) for process in session) < 128 << 20


def test_a_session_above_its_limit_is_ended_with_all_its_processes(hog: subprocess.Popen[str]) -> None:
    watch = MemoryWatch()
    watched = watch.add(hog.pid, 32 << 20)
    assert hog.wait(timeout=30) == -signal.SIGKILL
    assert watched.exceeded > 64 << 20
    watch.close()


def test_a_session_below_its_limit_is_left_alone(hog: subprocess.Popen[str]) -> None:
    watch = MemoryWatch()
    watched, other = watch.add(hog.pid, 1 << 30), watch.add(os.getpid(), 1 << 40)
    other.forget()
    watch.close()
    assert (watched.exceeded, hog.poll()) == (0, None)


def test_mapped_files_do_not_count(tmp_path: Path) -> None:
    """A cluster takes their memory back when it is needed; a table that is mapped may be larger than the limit."""
    (tmp_path / "large").write_bytes(bytes(64 << 20))
    program = (
        "import mmap, sys; file = open(sys.argv[1], 'rb'); data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ); "
        "sum(data[i] for i in range(0, len(data), 4096)); print('ready', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "large")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mapper:
        assert mapper.stdout is not None
        assert mapper.stdout.readline() == "ready\n"
        (process,) = [one for one in processes() if one.pid == mapper.pid]
        assert process.resident > 64 << 20 > own_memory(process)
        mapper.communicate("")


def test_a_step_above_its_limit_of_memory_is_reported_as_a_cluster_would(setup: Setup) -> None:
    limited = frail_manifest("hog", more="      resources: {limits: {memory: 256Mi}}")
    result = run_workflow(limited, replace(setup_for(setup), capacity=Capacity(4, 8 << 30)))
    assert (result.phase, only(result)) == ("Failed", ("Failed", "OOMKilled (exit code 137)"))
    assert log_of(setup, result).endswith("MiB of memory, and its limit is 256 MiB.\n")


# Logs


def test_a_log_that_finds_no_room_loses_nothing_but_its_middle(tmp_path: Path) -> None:
    """/dev/full refuses every byte: what was written last waits in memory until there is room."""
    log = StepLog(tmp_path / "log.txt")
    log._file.close()
    log._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 - the log closes it
    for number in range(100_000):
        log.write(f"line {number}\n".encode(), stdout=False)
    log._file.close()
    log._file = (tmp_path / "log.txt").open("wb", buffering=0)
    log.close()
    text = (tmp_path / "log.txt").read_text()
    assert "bytes could not be written: No space left on device" in text
    assert text.endswith("line 99999\n")
    assert len(text) < 70_000


def test_short_writes_are_completed_and_the_size_is_bounded(tmp_path: Path) -> None:
    log = StepLog(tmp_path / "log.txt", head=10, tail=4)
    for letter in b"abcdefghijklmnopqrstuvwxyz":
        log.write(bytes([letter]), stdout=True)
    log.close()
    log.close()
    text = (tmp_path / "log.txt").read_text()
    assert text.startswith("abcdefghij\n[... 8 bytes are left out here ...]\n")
    assert text.endswith("stuvwxyz")
    assert log.result == "abcdefghijklmnopqrstuvwxyz"
    assert [path.name for path in tmp_path.iterdir()] == ["log.txt"]
