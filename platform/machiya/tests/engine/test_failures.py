"""What goes wrong, and what then: one clear message, a documented code, nothing lost and nothing half written.

The programs are real: the component `frail` (a working copy) and shell scripts. Beside this: what runs out
(test_exhaustion), what breaks a run off (test_interruptions), what leads out of a step's folders (test_boundaries), and
what a store, a log or a memory does when it breaks (test_store*, test_events, test_memo*).
"""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from machiya.engines.local.api import Setup, retry, run_workflow
from machiya.engines.local.store import DirectoryStore, Reference, StoreError

from .steps import PORT, SHARED, TAKES, alive, ending, fails, kept, left_over, log_of, manifest, node, script

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


@pytest.mark.parametrize("hang", ["BEGUN; sleep 600", "trap '' TERM; BEGUN; sleep 600 & wait; sleep 600"])
def test_a_step_that_hangs_is_ended_with_all_its_processes(shell: Setup, hang: str, tmp_path: Path) -> None:
    """However long the machine takes to begin it: until then, the clock stands still."""
    pid, now = tmp_path / "pid", time.time()
    text = hang.replace("BEGUN", f"echo $$ > {pid}.new; mv {pid}.new {pid}")
    setup = replace(shell, grace=0.2, clock=lambda: time.time() if pid.exists() else now)
    result = run_workflow(manifest(script(text, "activeDeadlineSeconds: 1")), setup)
    assert ending(result) == ("Failed", "Pod was active on the node longer than the specified deadline")
    assert alive(int(pid.read_text())) == []


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
