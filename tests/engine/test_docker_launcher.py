"""What the docker launcher does with programs that misbehave, volumes, users, outputs."""

import subprocess
from pathlib import Path

import pytest

from machiya.containers import ContainerEngine
from machiya.engines.local.api import Result, Setup, prepare_run, retry, run_workflow
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.launchers.docker import RUN_LABEL, DockerLauncher
from machiya.engines.local.store import DirectoryStore

pytestmark = pytest.mark.engine


@pytest.fixture
def setup(tmp_path: Path, docker_launcher: DockerLauncher) -> Setup:
    return Setup(tmp_path / "home", docker_launcher, capacity=Capacity(4, 4 << 30), grace=2, handle_signals=False)


def manifest(script: str, more: str = "", template: str = "", specification: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in script.splitlines())
    return f"""
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{generateName: docker-}}
spec:
  entrypoint: main
{specification}
  templates:
  - name: main
{template}
    script:
      image: busybox
      command: [sh]
{more}
      source: |
{lines}"""


def message(result: Result) -> str:
    return next(iter(result.state.nodes.values())).message


def test_a_program_that_needs_too_much_memory_is_named(setup: Setup) -> None:
    limit = "      resources: {limits: {memory: 16Mi}}"
    result = run_workflow(manifest("tail /dev/zero", limit), setup)
    assert (result.phase, message(result)) == ("Failed", "OOMKilled (exit code 137)")


def test_the_exit_code_is_that_of_the_program(setup: Setup) -> None:
    result = run_workflow(manifest("exit 65"), setup)
    assert (result.phase, message(result)) == ("Failed", "Error (exit code 65)")


def test_outputs_come_from_volumes_and_from_the_container_itself(setup: Setup) -> None:
    outputs = """
    volumes: [{name: out, emptyDir: {}}]
    outputs:
      parameters: [{name: p, valueFrom: {path: /data/out/p}}, {name: q, valueFrom: {path: /q}}]
      artifacts: [{name: volume, path: /data/out/folder}, {name: own, path: /own}]
"""
    script = (
        "mkdir /data/out/folder /own\necho 1 > /data/out/p\necho 2 > /q\necho 3 > /data/out/folder/a\necho 4 > /own/b"
    )
    result = run_workflow(manifest(script, "      volumeMounts: [{name: out, mountPath: /data/out}]", outputs), setup)
    assert result.phase == "Succeeded", message(result)
    node = next(iter(result.state.nodes.values()))
    assert node.outputs.parameters == {"p": "1", "q": "2"}
    store = DirectoryStore(setup.home / "store")
    for name, file, content in (("volume", "a", "3\n"), ("own", "b", "4\n")):
        store.link(node.outputs.artifacts[name].key, setup.home / name)
        assert (setup.home / name / file).read_text() == content


def test_a_program_runs_as_the_user_and_with_the_root_that_the_manifest_says(setup: Setup) -> None:
    context = "      securityContext: {runAsUser: 10001, runAsGroup: 10002, readOnlyRootFilesystem: true}"
    result = run_workflow(manifest("id -u; id -g; touch /x 2>/dev/null || echo read-only", context), setup)
    assert [node.outputs.result for node in result.state.nodes.values()] == ["10001\n10002\nread-only"]


def test_a_container_that_an_engine_left_behind_is_removed_before_its_run_continues(
    setup: Setup, stand_ins: dict[str, str], container_engine: ContainerEngine
) -> None:
    folder = prepare_run(manifest("echo done"), setup)
    facts = folder.state().facts
    assert facts is not None
    label = f"{RUN_LABEL}={facts.uid}"
    subprocess.run(
        ["docker", "run", "-d", "--label", label, stand_ins["busybox"], "sleep", "600"], check=True, capture_output=True
    )
    result = retry(folder.name, setup)
    assert result.phase == "Succeeded"
    assert result.state.notes == ["1 programs of an earlier session were still running; they were ended"]
    assert container_engine.remove_labelled(RUN_LABEL, facts.uid) == 0


def test_a_step_that_takes_too_long_is_stopped(setup: Setup) -> None:
    result = run_workflow(manifest("sleep 600", template="    activeDeadlineSeconds: 1"), setup)
    assert (result.phase, message(result)) == (
        "Failed",
        "Pod was active on the node longer than the specified deadline",
    )


def test_a_secret_reaches_the_container_from_the_environment(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "rosebud")
    reference = "      env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: door, key: token}}}]"
    result = run_workflow(manifest('test "$TOKEN" = rosebud', reference), setup)
    assert (result.phase, message(result)) == ("Succeeded", "")


def test_a_secret_that_is_not_there_says_what_to_set(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN", raising=False)
    reference = "      env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: door, key: token}}}]"
    result = run_workflow(manifest("true", reference), setup)
    assert result.phase == "Error"
    assert "export TOKEN=..." in message(result)
