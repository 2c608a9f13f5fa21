"""Secrets reach the programs that ask for them, from the engine's environment, and are written nowhere."""

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from machiya.engines.local.api import Result, Setup, retry, run_workflow
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.store import DirectoryStore

Make = Callable[..., str]
SECRET = "correct-horse-battery-staple"
TELL = """
import hashlib, os, pathlib
out = pathlib.Path(os.environ["MACHIYA_DATA"], "out")
(out / "port").mkdir()
(out / "digest").write_text("told")
found = {name: value for name, value in os.environ.items() if "SECRET" in name}
lines = [name + " " + hashlib.sha256(value.encode()).hexdigest()[:8] for name, value in sorted(found.items())]
(out / "port" / "text.txt").write_text("\\n".join(lines))
"""
SHORT = "87cbebfe"
"""The first digits of the sha256 of SECRET."""

UNRESOLVED = """  - name: nothing
    inputs: {parameters: [{name: operation}]}
    container: {image: toy, command: [component], args: ["{{inputs.parameters.unknown}}"]}
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
  - name: main
"""
"""A template that cannot be run, before the next one."""


@pytest.fixture
def telling(setup: Setup) -> Setup:
    """An engine whose programs tell which secrets they see, as digests."""
    launcher = ProcessLauncher(program=(sys.executable, "-c", TELL), version_of=lambda _: "1.0.0")
    return replace(setup, launcher=launcher)


def with_env(manifest: str, optional: str = "true") -> str:
    reference = f"{{name: machiya-toy, key: token, optional: {optional}}}"
    variable = f"{{name: MACHIYA_SECRET_TOKEN, valueFrom: {{secretKeyRef: {reference}}}}}"
    return manifest.replace("      command: [component]", f"      command: [component]\n      env: [{variable}]")


def told(setup: Setup, result: Result) -> list[str]:
    (node,) = [node for node in result.state.nodes.values() if node.display_name == "only"]
    DirectoryStore(setup.home / "store").link(node.outputs.artifacts["port"].key, setup.home / "look")
    return (setup.home / "look" / "text.txt").read_text().splitlines()


def test_a_step_is_told_its_secret_and_no_other(
    telling: Setup, make: Make, task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MACHIYA_SECRET_TOKEN", SECRET)
    monkeypatch.setenv("MACHIYA_SECRET_OF_ANOTHER", "other")

    result = run_workflow(with_env(make(task("only", "tell"))), telling)

    assert told(telling, result) == [f"MACHIYA_SECRET_TOKEN {SHORT}"]


def test_a_step_that_asks_for_no_secret_is_told_none(
    telling: Setup, make: Make, task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MACHIYA_SECRET_TOKEN", SECRET)

    assert told(telling, run_workflow(make(task("only", "tell")), telling)) == []


def test_an_optional_secret_may_be_absent(
    telling: Setup, make: Make, task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MACHIYA_SECRET_TOKEN", raising=False)

    assert told(telling, run_workflow(with_env(make(task("only", "tell"))), telling)) == []


def test_a_required_secret_that_is_absent_says_what_to_set_and_the_retry_takes_it(
    telling: Setup, make: Make, task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MACHIYA_SECRET_TOKEN", raising=False)
    result = run_workflow(with_env(make(task("only", "tell")), optional="false"), telling)
    (node,) = [node for node in result.state.nodes.values() if node.display_name == "only"]

    assert result.phase == "Error"
    assert "the key 'token' of the Secret 'machiya-toy' as MACHIYA_SECRET_TOKEN, which is not set" in node.message
    assert "export MACHIYA_SECRET_TOKEN=..." in node.message

    monkeypatch.setenv("MACHIYA_SECRET_TOKEN", SECRET)
    assert told(telling, retry(result.run, telling)) == [f"MACHIYA_SECRET_TOKEN {SHORT}"]


def test_no_file_of_the_engine_holds_a_secret_and_another_value_is_no_other_step(
    telling: Setup, make: Make, task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MACHIYA_SECRET_TOKEN", SECRET)
    tasks = task("only", "tell") + task("bad", "tell", depends="only")
    manifest = with_env(make(tasks)).replace("name: bad, template: toy", "name: bad, template: nothing")
    result = run_workflow(manifest.replace("  - name: main\n", UNRESOLVED), telling)
    before = fingerprint(result)

    monkeypatch.setenv("MACHIYA_SECRET_TOKEN", "rotated")
    again = retry(result.run, telling)

    assert fingerprint(again) == before
    assert told(telling, again) == [f"MACHIYA_SECRET_TOKEN {SHORT}"]
    files = [path for path in telling.home.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def fingerprint(result: Result) -> str:
    return next(node.fingerprint for node in result.state.nodes.values() if node.display_name == "only")


def test_a_secret_of_a_container_is_read_with_the_others(make: Make, task: Make) -> None:
    from machiya.engines.local.argo.model import Environment, KeyReference
    from machiya.engines.local.argo.parse import load_manifest

    container = load_manifest(with_env(make(task("only", "tell")))).workflow.specification.templates["toy"].container

    assert container is not None
    secret = KeyReference("machiya-toy", "token", optional=True)
    assert container.environment == (Environment("MACHIYA_SECRET_TOKEN", secret=secret),)
