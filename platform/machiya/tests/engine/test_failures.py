"""What goes wrong, and what then: one clear message, a documented code, nothing lost and nothing half written.

The programs are real: the component `frail` (a working copy) and shell scripts. What a store, a log or a memory does
when it breaks is in the tests beside this one: test_store*, test_events, test_memo*.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from machiya.engines.local.api import Result, Setup, execute, prepare_run, retry, run_workflow
from machiya.engines.local.argo.interpreter.nodes import Node
from machiya.engines.local.argo.parse.manifest import ManifestError
from machiya.engines.local.events import PodLaunched, RunCreated, read_log
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.launchers.processes import processes
from machiya.engines.local.runs import RunBusyError, RunFolder, open_run
from machiya.engines.local.store import DirectoryStore, Reference, StoreError
from machiya.errors import OutputError
from machiya.manifest.policy import more_memory_patch, retry_strategy

FRAIL = Path(__file__).with_name("frail")
DRIVER = Path(__file__).with_name("run_shell.py")


@pytest.fixture
def shell(setup: Setup) -> Setup:
    """An engine whose steps are shell scripts, which begin in their folder of outputs; the same as in run_shell.py."""
    program = ("sh", "-c", 'cd "$MACHIYA_DATA/out" && eval "$3"', "step")
    return replace(setup, launcher=ProcessLauncher(program=program, version_of=lambda _: "1.0.0"))


@pytest.fixture
def frail(setup: Setup) -> Setup:
    """An engine that runs the component `frail`."""
    return replace(setup, launcher=ProcessLauncher({"frail": FRAIL}))


def manifest(*steps: str, specification: str = "") -> str:
    """A chain of steps, each with what it adds to the template of a step: at least `args`."""
    templates = "".join(
        f"""
  - name: step{number}
    metadata: {{labels: {{machiya/component: frail, machiya/version: 1.0.0}}}}
    {step}
"""
        for number, step in enumerate(steps)
    )
    tasks = "".join(
        f"      - {{name: step{number}, template: step{number}, depends: '{f'step{number - 1}' if number else ''}'}}\n"
        for number in range(len(steps))
    )
    return f"""
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{generateName: failing-}}
spec:
  entrypoint: main
{specification}
  templates:
  - name: main
    dag:
      tasks:
{tasks}{templates}"""


def script(text: str, more: str = "", outputs: str = "") -> str:
    """A step that is a shell script; `outputs` are those of the template."""
    found = f"outputs: {outputs}\n    " if outputs else ""
    return f"{found}container: {{image: none, args: [run, {json.dumps(text)}]}}\n    {more}"


def fails(how: str, more: str = "") -> str:
    """A step that is the component `frail`."""
    outputs = "outputs: {artifacts: [{name: port, path: /data/out/port}]}"
    return f"{outputs}\n    container: {{image: none, args: [run, fail, --how, {how}]}}\n    {more}"


PORT = "{artifacts: [{name: port, path: /data/out/port}]}"
SHARED = "{artifacts: [{name: port, path: /data/out/port, s3: {key: shared/port}}]}"


def node(result: Result, step: str = "step0") -> Node:
    return next(one for one in result.state.nodes.values() if one.display_name == step)


def ending(result: Result, step: str = "step0") -> tuple[str, str]:
    return str(node(result, step).phase), node(result, step).message


def log_of(setup: Setup, result: Result, step: str = "step0") -> str:
    return RunFolder(setup.home, result.run).log(node(result, step).id).read_text()


def kept(setup: Setup) -> list[str]:
    """The keys of the store."""
    keys = setup.home / "store" / "keys"
    return sorted(path.relative_to(keys).as_posix().removesuffix(".json") for path in keys.rglob("*.json"))


def left_over(setup: Setup, result: Result) -> list[str]:
    """What steps left beside their logs."""
    steps = setup.home / "runs" / result.run / "steps"
    return sorted(path.name for path in steps.glob("*/*") if path.name != "log.txt")


# A component that crashes, refuses its data, dies in the middle


@pytest.mark.parametrize(
    ("how", "message", "last"),
    [
        ("crash", "Error (exit code 70)", "frail run fail: a bug (70): ZeroDivisionError: a bug on purpose"),
        ("data", "Error (exit code 65)", "frail run fail: data breaks the contract (65): row 7 has no user."),
        ("half", "Error (exit code 137)", ""),
    ],
)
def test_a_component_that_fails_in_the_middle_leaves_its_log_and_nothing_else(
    frail: Setup, how: str, message: str, last: str
) -> None:
    result = run_workflow(manifest(fails(how), fails("none")), frail)
    assert (result.phase, ending(result)) == ("Failed", ("Failed", message))
    assert ending(result, "step1")[0] == "Omitted"
    lines = log_of(frail, result).splitlines() or [""]
    assert lines[-1].startswith(last)
    assert ("Traceback (most recent call last):" in lines) == (how == "crash")
    assert (kept(frail), left_over(frail, result)) == ([], [])


def test_a_failed_step_does_not_replace_what_an_earlier_run_kept_under_the_same_key(shell: Setup) -> None:
    whole = run_workflow(manifest(script("mkdir port && echo whole > port/a", outputs=SHARED)), shell)
    half = run_workflow(manifest(script("mkdir port && echo half > port/a; exit 1", outputs=SHARED)), shell)
    assert (whole.phase, half.phase, kept(shell)) == ("Succeeded", "Failed", ["shared/port"])
    DirectoryStore(shell.home / "store").link("shared/port", shell.home / "look")
    assert (shell.home / "look" / "a").read_text() == "whole\n"
    assert "port" not in node(half).outputs.artifacts


def test_what_a_failed_step_did_write_is_kept_as_argo_keeps_it(shell: Setup) -> None:
    result = run_workflow(manifest(script("mkdir port && echo half > port/a; exit 3", outputs=PORT)), shell)
    assert ending(result) == ("Failed", "Error (exit code 3)")
    assert kept(shell) == [node(result).outputs.artifacts["port"].key]


# A component that hangs


@pytest.mark.parametrize("hang", ["sleep 600", "trap '' TERM; sleep 600 & wait; sleep 600"])
def test_a_step_that_hangs_is_ended_with_all_its_processes(shell: Setup, hang: str, tmp_path: Path) -> None:
    text = f"echo $$ > {tmp_path}/pid; {hang}"
    result = run_workflow(manifest(script(text, "activeDeadlineSeconds: 1")), replace(shell, grace=0.2))
    assert ending(result) == ("Failed", "Pod was active on the node longer than the specified deadline")
    assert alive(int((tmp_path / "pid").read_text())) == []


def alive(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    pids = [one.pid for one in processes() if one.session == session]
    return [pid for pid in pids if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"]


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


# A store that becomes unreachable


class UnreachableStore(DirectoryStore):
    """A store that does one thing no more from the second time on, until it is there again."""

    def __init__(self, root: Path, broken: str) -> None:
        super().__init__(root)
        self.broken = broken
        self._calls = 0

    def _check(self, call: str) -> None:
        self._calls += call == self.broken
        if call == self.broken and self._calls > 1:
            raise StoreError("the store s3://acme cannot be reached: connection refused.", "Look at the network.")

    def put(self, path: Path, key: str) -> Reference:
        self._check("put")
        return super().put(path, key)

    def link(self, key: str, target: Path, sub_path: str = "") -> Reference:
        self._check("link")
        return super().link(key, target, sub_path)


TAKES = "inputs: {artifacts: [{name: port, path: /data/in/port, s3: {key: shared/port}}]}\n    "


@pytest.mark.parametrize(
    ("broken", "begins"),
    [
        ("put", "the output 'port' could not be kept: the store s3://acme cannot be reached"),
        ("link", "the store s3://acme cannot be reached"),
    ],
)
def test_a_store_that_becomes_unreachable_fails_the_step_and_nothing_that_was_done_is_done_again(
    shell: Setup, tmp_path: Path, broken: str, begins: str
) -> None:
    store = UnreachableStore(tmp_path / "store", broken)
    away = replace(shell, store=store)
    first = f"echo x >> {tmp_path}/ran; mkdir port; echo 1 > port/a"
    steps = (
        script(first, outputs=SHARED),
        TAKES + script("test -e ../in/port/a"),
        TAKES + script("cp -r ../in/port port", outputs="{artifacts: [{name: port, path: /data/out/port}]}"),
    )
    result = run_workflow(manifest(*steps), away)
    assert (result.phase, ending(result, "step2")[0]) == ("Error", "Error")
    assert ending(result, "step2")[1].startswith(begins)
    assert ending(result, "step2")[1].endswith("Look at the network.")
    store.broken = ""
    assert retry(result.run, away).phase == "Succeeded"
    assert (tmp_path / "ran").read_text() == "x\n"


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
    text = f"echo > {ready}; while test ! -e {tmp_path}/go; do read x < {ready}; done"
    folder = prepare_run(manifest(script(text)), shell)
    with engine_of(shell, folder) as first:
        wait_for(ready)
        with pytest.raises(RunBusyError, match=f"process {first.pid}") as error:
            execute(folder, shell)
        assert (error.value.exit_code, "machiya stop" in error.value.remedy) == (75, True)
        (tmp_path / "go").touch()
        ready.write_text("go\n")
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


# Paths that climb out


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("outputs: {artifacts: [{name: a, path: /data/out/../../x}]}", "the path '/data/out/../../x' climbs out"),
        ("outputs: {parameters: [{name: a, valueFrom: {path: /data/../x}}]}", "the path '/data/../x' climbs out"),
        ("inputs: {artifacts: [{name: a, path: /data/in/../../x, raw: {data: x}}]}", "climbs out of its folder"),
        ("inputs: {artifacts: [{name: a, path: /data/in/a, s3: {key: ../x}}]}", "climbs out of the artifact store"),
        (
            "inputs: {artifacts: [{name: a, path: /data/in/a, subPath: ../x, s3: {key: x}}]}",
            "the subPath '../x' climbs",
        ),
    ],
)
def test_a_path_that_climbs_out_is_found_before_anything_starts(shell: Setup, what: str, said: str) -> None:
    text = manifest(f"{what}\n    {script('true')}")
    with pytest.raises(ManifestError, match=said.replace("/", "/").replace("..", r"\.\.")) as error:
        run_workflow(text, shell, file="w.yaml")
    line = next(number for number, one in enumerate(text.splitlines(), 1) if one.strip() == what)
    assert str(error.value).startswith(f"w.yaml:{line}: ")
    assert (error.value.exit_code, shell.home.exists()) == (65, False)


@pytest.mark.parametrize(
    "mount", ["mountPath: /a/../b", "mountPath: /a, subPath: ../b", "mountPath: /a, subPath: /etc"]
)
def test_a_mount_that_climbs_out_is_found_before_anything_starts(shell: Setup, mount: str) -> None:
    step = (
        f"container: {{image: none, volumeMounts: [{{name: v, {mount}}}]}}\n    volumes: [{{name: v, emptyDir: {{}}}}]"
    )
    with pytest.raises(ManifestError, match="climbs out of its folder"):
        run_workflow(manifest(step), shell)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("outputs: {artifacts: [{name: a, path: '/data/out/%s'}]}", "the path '/data/out/../../../x' climbs out"),
        ("outputs: {parameters: [{name: a, valueFrom: {path: '/data/out/%s'}}]}", "climbs out of its folder"),
        ("outputs: {artifacts: [{name: a, path: /data/out, s3: {key: '%s'}}]}", "the key '../../../x' climbs out"),
        ("inputs: {artifacts: [{name: a, path: '/data/in/%s', raw: {data: x}}]}", "climbs out of its folder"),
        ("inputs: {artifacts: [{name: a, path: /data/in/a, s3: {key: '%s'}}]}", "climbs out of its folder"),
    ],
)
def test_a_path_that_climbs_out_by_a_parameter_is_refused_before_the_program_starts(
    shell: Setup, tmp_path: Path, what: str, said: str
) -> None:
    step = f"{what % '{{workflow.parameters.p}}'}\n    {script(f'touch {tmp_path}/ran')}"
    arguments = "  arguments: {parameters: [{name: p, value: ../../../x}]}"
    result = run_workflow(manifest(step, specification=arguments), shell)
    assert ending(result)[0] == "Error"
    assert said in ending(result)[1]
    assert not (tmp_path / "ran").exists()


# What a program may write


LINKS = {
    "an absolute link": "ln -s /etc port",
    "a link that climbs": "ln -s ../../../../../etc port",
    "a link on the way": "mkdir -p port; ln -s /etc port/deeper",
    "a link inside": "mkdir port; ln -s /etc/passwd port/a",
    "a pipe": "mkfifo port",
}


@pytest.mark.parametrize("text", LINKS.values(), ids=LINKS)
def test_an_output_that_leads_out_or_is_no_file_is_refused(shell: Setup, text: str) -> None:
    path = "/data/out/port/deeper/passwd" if "deeper" in text else "/data/out/port"
    outputs = f"{{artifacts: [{{name: port, path: {path}}}]}}"
    result = run_workflow(manifest(script(text, outputs=outputs)), shell)
    assert (ending(result)[0], kept(shell)) == ("Error", [])
    assert ending(result)[1].startswith("the output 'port' could not be kept: ")


@pytest.mark.parametrize("text", ["ln -s /etc/passwd p", "ln -s ../../../../../etc/passwd p", "mkfifo p"])
def test_an_output_parameter_that_leads_out_or_is_no_file_is_refused(shell: Setup, text: str) -> None:
    outputs = "{parameters: [{name: p, valueFrom: {path: /data/out/p}}]}"
    result = run_workflow(manifest(script(text, outputs=outputs)), shell)
    assert ending(result)[0] == "Error"
    assert ending(result)[1].startswith("the output parameter 'p' cannot be read: ")
    assert node(result).outputs.parameters == {}


def test_a_link_that_stays_inside_is_followed(shell: Setup) -> None:
    text = "mkdir v2 && echo 2 > v2/a && ln -s v2 port && ln -s v2/a p"
    outputs = (
        "{parameters: [{name: p, valueFrom: {path: /data/out/p}}], artifacts: [{name: port, path: /data/out/port}]}"
    )
    result = run_workflow(manifest(script(text, outputs=outputs)), shell)
    assert (result.phase, node(result).outputs.parameters) == ("Succeeded", {"p": "2"})
    DirectoryStore(shell.home / "store").link(kept(shell)[0], shell.home / "look")
    assert (shell.home / "look" / "a").read_text() == "2\n"


# An input that a step wrote into


def test_a_stored_artifact_that_a_step_wrote_into_does_not_stay_in_the_store(shell: Setup, tmp_path: Path) -> None:
    """Other runs that are linked to it see at once that it is gone; who needs it makes it again."""
    makes = script(f"echo x >> {tmp_path}/made; mkdir port; echo whole > port/a", outputs=SHARED)
    harms = TAKES + script(f"test -e {tmp_path}/again || {{ chmod u+w ../in/port/a; echo harm > ../in/port/a; }}")
    result = run_workflow(manifest(makes, harms), shell)
    assert ending(result, "step1") == (
        "Error",
        "the step wrote into its input a, and so harmed the stored artifact; run what made it again",
    )
    store = DirectoryStore(shell.home / "store")
    assert not store.intact("shared/port", "")
    (tmp_path / "again").touch()
    assert retry(result.run, shell, step="step0").phase == "Succeeded"
    assert (store.intact("shared/port", ""), (tmp_path / "made").read_text()) == (True, "x\nx\n")
