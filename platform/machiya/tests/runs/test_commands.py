"""`machiya run`, `retry`, `resubmit`, `stop`, `resume` as they are typed: what they print, and how they end."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from machiya_component.contract import raw_contract_json

from .conftest import MACHIYA, Machiya
from .terminal import terminal

RUN = ("run", "letters", "--with", "toy=toy", "--launcher", "process")

SUSPENDED = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: approval-}
spec:
  entrypoint: main
  templates:
    - name: main
      steps:
        - - {name: approve, template: approve}
    - name: approve
      suspend: {}
"""


def name_of(printed: str) -> str:
    """The run that a command speaks of first."""
    found = re.search(r"\b(letters-development|approval)-[0-9a-f]{6}\b", printed)
    assert found is not None, printed
    return found[0]


def test_a_run_tells_what_begins_and_ends_and_where_the_results_are(machiya: Machiya, project: Path) -> None:
    printed = machiya(*RUN)
    name = name_of(printed)
    lines = [line.partition("  ")[2] for line in printed.splitlines() if line[2:3] == ":"]
    assert [line.partition(" in ")[0] for line in lines] == [
        "reading log: data/log.txt",
        "more: none is given",
        f"{name}: begins",
        "read: started",
        "read: done",
        "count: started",
        "count: done",
    ]
    assert f"{name}: Succeeded in " in printed
    assert f"count/number: .machiya/runs/{name}/results/count/number" in printed
    assert (project / ".machiya" / "runs" / name / "results" / "count" / "number" / "number").read_text() == "5"
    again = machiya(*RUN)
    assert "read: from the cache" in again
    assert "2 steps, 2 from the cache" in again


def test_a_fan_out_that_comes_from_the_cache_as_a_whole_is_told_too(machiya: Machiya, project: Path) -> None:
    contract = project / "toy" / "component.yaml"
    number = "{type: integer, default: 1, description: Which of how many}"
    shards = f"      shard: {number}\n      shards: {number}\n"
    contract.write_text(contract.read_text().replace("      until:", f"{shards}      until:"))
    (project / "workflows" / "letters" / "contracts" / "toy-1.0.0.json").write_text(raw_contract_json(contract))
    code = project / "toy" / "machiya_toy" / "component.py"
    code.write_text(code.read_text().replace("factor: int, until", "factor: int, shard: int, shards: int, until"))
    workflow = project / "workflows" / "letters" / "workflow.py"
    fan_out = '.fan_out("shard", over="shards", count=2)'
    workflow.write_text(workflow.read_text().replace("until=until)", f"until=until){fan_out}"))
    assert "count(1:00001): done" in machiya(*RUN)
    again = machiya(*RUN)
    assert "count: from the cache" in again
    assert "count(" not in again


def test_what_can_be_given_is_listed(machiya: Machiya) -> None:
    listed = machiya("run", "letters", "--list")
    assert listed.startswith("log=data/log.txt  (data)\n    The raw log\nmore=  (optional data)\n    More of it\n")
    assert "factor=1  (integer)\n    By what the number is multiplied\n" in listed
    names = [one["name"] for one in json.loads(machiya("run", "letters", "--list", "--json"))]
    assert names == ["log", "more", "factor", "until"]
    assert "goes with a workflow" in machiya("run", "x.yaml", "--list", code=64)


def test_json_is_all_that_standard_output_gets(machiya: Machiya, project: Path) -> None:
    done = subprocess.run([MACHIYA, *RUN, "--json"], cwd=project, capture_output=True, text=True, check=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    assert summary["phase"] == "Succeeded"
    assert summary["steps"] == {"done": 2, "cached": 0, "failed": 0, "running": 0, "skipped": 0}
    assert [Path(path).name for path in summary["results"]] == ["number"]
    again: dict[str, Any] = json.loads(machiya("resubmit", "--json").rpartition("}\n")[0].partition("{")[2].join("{}"))
    assert (again["run"] != summary["run"], again["steps"]["cached"]) == (True, 2)


def test_a_failure_tells_the_step_its_last_words_and_what_to_type(machiya: Machiya, project: Path) -> None:
    (project / "data" / "log.txt").write_text("bad")
    printed = machiya(*RUN, code=1)
    name = name_of(printed)
    error = printed[printed.index("machiya: error: ") :]
    assert error.startswith(
        f"machiya: error: the run {name} failed at read.\n  read: Error (exit code 65): data breaks"
    )
    assert "the log is bad. Set --factor to another number." in error
    assert f"A retry would fail again. When that is mended, run it anew: machiya resubmit {name}\n" in error
    assert f"What it means, and whom to ask: machiya explain {name}\n" in error
    assert f"When log is mended, read it again: machiya resubmit {name} -p log=data/log.txt\n" in error
    assert f"With other values of factor: machiya resubmit {name} -p NAME=VALUE\n" in error
    assert "failed at read" in machiya("retry", name, code=1)
    (project / "data" / "log.txt").write_text("good")
    assert "Succeeded" in machiya("resubmit", name, "-p", "log=data/log.txt")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("run", "lettres"), 66, "lettres"),
        (("run", "letters", "-p", "factor=0"), 64, "-p factor: 0 is less than the minimum of 1"),
        (("run", "letters", "--stage", "production"), 66, "production"),
        (("run", "letters", "--with", "tony=toy"), 64, "that is the component toy"),
        (("run", "letters", "--with", "toy=./nowhere"), 66, "there is no folder ./nowhere"),
        (("run", "absent.yaml"), 66, "absent.yaml cannot be read"),
        (("run", "letters", "--beside", "x.yaml"), 64, "--beside goes with a manifest FILE"),
        (("run", "letters", "--launcher", "process"), 65, "toy is not installed"),
        (("retry",), 66, "no run"),
        (("resubmit", "letters-development-000000"), 66, "letters-development-000000"),
        (("stop",), 66, "no run"),
        (("view",), 66, "no run"),
    ],
)
def test_what_cannot_be_done_is_an_error_with_its_code(
    machiya: Machiya, project: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    printed = machiya(*words, code=code)
    assert message in printed
    assert "machiya: error: " in printed
    assert not (project / ".machiya" / "runs").exists() or not list((project / ".machiya" / "runs").iterdir())


@contextmanager
def running(project: Path, *words: str, shows: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A run in another process that has come to a line, with its name."""
    with subprocess.Popen([MACHIYA, *words], cwd=project, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        seen = ""
        for line in process.stderr:
            seen += line
            if shows in line:
                break
        try:
            yield name_of(seen), process
        finally:
            process.kill()


def test_a_run_is_stopped_from_elsewhere_and_continued_later(machiya: Machiya, project: Path) -> None:
    with running(project, *RUN, "-p", f"until={project / 'go'}", shows="count: started") as (name, process):
        assert f"{name}: told to stop" in machiya("stop")
        assert process.stderr is not None
        told = process.stderr.read()
        assert process.wait() == 130
    assert f"the run {name} was stopped.\n  Continue it: machiya retry {name}\n" in told
    assert f"{name}: nothing to stop" in machiya("stop")
    (project / "go").touch()
    continued = machiya("retry")
    assert "Succeeded" in continued
    assert "read: started" not in continued


def test_a_run_that_waits_for_what_another_computes_says_so(project: Path) -> None:
    words = (*RUN, "-p", f"until={project / 'go'}")
    with running(project, *words, shows="count: started") as (_, first):
        with running(project, *words, shows="waiting for toy-") as (_, second):
            (project / "go").touch()
            assert second.stderr is not None
            assert "count: from the cache" in second.stderr.read()
            assert second.wait() == 0
        assert first.wait() == 0


def test_a_run_is_killed_from_elsewhere(machiya: Machiya, project: Path) -> None:
    with running(project, *RUN, "-p", "until=go", shows="count: started") as (name, process):
        machiya("stop", "--kill", name)
        assert process.wait() == 130


def test_a_run_that_waits_for_somebody_goes_on_when_it_is_told_to(machiya: Machiya, project: Path) -> None:
    (project / "approval.yaml").write_text(SUSPENDED)
    assert "nothing waits" not in machiya("lint", "approval.yaml")
    with running(project, "run", "approval.yaml", "--launcher", "process", shows="begins") as (name, process):
        while "nothing waits" in machiya("resume", name):
            pass
        assert process.wait() == 0
    assert f"{name}: nothing waits in it" in machiya("resume", name)


def test_a_terminal_shows_what_runs_and_one_interrupt_stops(project: Path) -> None:
    with terminal([MACHIYA, *RUN, "-p", "until=go"], project) as screen:
        screen.until("count: started")
        screen.until("1 steps done, 1 running")
        screen.interrupt()
        screen.until("stopping; once more kills what still runs")
        assert screen.end() == 130
    assert "was stopped" in screen.shown
    assert "machiya retry letters-development-" in screen.shown


def test_a_second_interrupt_kills(project: Path) -> None:
    code = project / "toy" / "machiya_toy" / "component.py"
    deaf = 'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print("counting", flush=True)'
    code.write_text(code.read_text().replace('print("counting", flush=True)', deaf))
    with terminal([MACHIYA, *RUN, "-p", "until=go"], project) as screen:
        screen.until("count: started")
        while "counting" not in "".join(
            path.read_text() for path in project.rglob("log*.txt") if path.parent.parent.name == "steps"
        ):
            screen.until("running")
        screen.interrupt()
        screen.until("stopping; once more kills what still runs")
        screen.interrupt()
        screen.until("killing what still runs")
        assert screen.end() == 130


def test_a_terminal_is_left_as_lines_at_the_end(project: Path) -> None:
    with terminal([MACHIYA, *RUN], project) as screen:
        assert screen.end() == 0
    assert "count: done in " in screen.shown
    assert "Succeeded in " in screen.shown
