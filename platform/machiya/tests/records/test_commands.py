"""The commands that show runs, as a shell sees them."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya.cli.main import machiya
from machiya.cli.shell import run
from machiya.records import RunRecord

from .conftest import Home

Say = Callable[..., str]


@pytest.fixture
def say(home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """What a command prints; it must end with the code that is given."""
    monkeypatch.setenv("MACHIYA_HOME", str(home.path))

    def call(*words: str, code: int = 0) -> str:
        assert run(machiya, list(words)) == code
        captured = capsys.readouterr()
        return captured.out if code == 0 else captured.err

    return call


def test_runs_are_listed_newest_first(home: Home, say: Say) -> None:
    first, second = home.run(), home.run(code="65")
    lines = say("runs").splitlines()
    assert lines[0].split() == ["run", "workflow", "stage", "phase", "started", "took", "done", "cached", "failed"]
    assert [line.split()[0] for line in lines[1:]] == [second.name, first.name]
    assert lines[1].split()[1:4] == ["demo", "development", "Failed"]
    assert lines[1].split()[-3:] == ["0", "4", "1"]
    assert [line.rstrip() for line in lines] == lines


def test_runs_are_chosen_by_workflow_phase_and_number(home: Home, say: Say) -> None:
    first, second = home.run(), home.run(code="65")

    def listed(*words: str) -> list[str]:
        return [one["id"] for one in json.loads(say("runs", "--json", *words))]

    assert listed("--limit", "1") == [second.name]
    assert listed("--phase", "succeeded") == [first.name]
    assert listed("demo") == [second.name, first.name]
    assert listed("other") == []
    assert say("runs", "other") == "no such runs\n"


@pytest.mark.parametrize(("columns", "shown"), [(160, True), (70, False)])
def test_a_narrow_terminal_shows_whole_names_and_fewer_columns(
    home: Home, say: Say, monkeypatch: pytest.MonkeyPatch, columns: int, shown: bool
) -> None:
    record = home.run()
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": str(columns), "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    lines = say("runs").splitlines()
    assert len(lines) == 2
    assert record.name in lines[1]
    assert ("development" in lines[1].replace(record.name, "")) is shown


def test_show_names_the_parameters_that_are_not_the_manifests(home: Home, say: Say) -> None:
    home.run(word="two")
    text = say("show")
    assert "parameters  word=two\n              2 others as the manifest has them\n" in text
    assert "code=0" not in text
    assert "code=0" in say("show", "--all")


def test_an_empty_home_has_no_runs(say: Say) -> None:
    assert say("runs") == "no runs\n"
    assert say("runs", "--json") == "[]\n"
    assert "there are no runs in" in say("show", code=66)


def clean_size(record: RunRecord) -> int | None:
    (step,) = record.find_steps("clean")
    return step.usage.output_size if step.usage is not None else None


def test_show_tells_what_became_of_each_step(home: Home, say: Say) -> None:
    first, second = home.run(), home.run()
    text = say("show")
    assert text.startswith(f"{second.name}  Succeeded in ")
    clean = next(line for line in text.splitlines() if line.startswith("├── clean  Succeeded  took "))
    assert clean.endswith(f", wrote {clean_size(first)} B  cached from {first.name}")
    assert "├── shard  Succeeded" in text
    assert "2 turns: 2 cached" in text
    assert "log: raw.csv (sha256:" in text
    assert "machiya retry" not in text


def test_show_tells_how_a_step_failed_and_what_to_do(home: Home, say: Say) -> None:
    record = home.run(code="75")
    lines = [line.strip("│├└─ ") for line in say("show", record.name[:-1]).splitlines()]
    failed = next(line for line in lines if line.startswith("check "))
    assert failed.startswith("check  Failed")
    assert failed.endswith("2 attempts  No more retries left: Error (exit code 75): temporary, try again")
    assert [line.split()[0] for line in lines if line.startswith("check(")] == ["check(0)", "check(1)"]
    assert "log: the input is empty: look at the log" in lines
    assert f"its log:      machiya logs {record.name} check" in lines
    assert f"to continue:  machiya retry {record.name}" in lines


def test_commands_to_paste_name_a_home_that_is_not_the_usual_one(
    home: Home, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = home.run(code="65")
    monkeypatch.delenv("MACHIYA_HOME")
    text = say("show", "--home", str(home.path))
    assert f"mended, anew:  machiya resubmit {record.name} --home {home.path}\n" in text


def test_a_run_that_was_never_begun_is_shown_with_what_to_do(home: Home, say: Say) -> None:
    (home.path / "runs" / "half-000000").mkdir(parents=True)
    assert "run it again, and remove the folder" in say("show")
    assert json.loads(say("show", "--json"))["phase"] == "Unreadable"
    assert say("logs") == ""
    assert say("artifacts") == "no artifacts\n"


def test_long_loops_are_folded_but_for_what_failed(home: Home, say: Say) -> None:
    home.run(turns="11")
    assert "11 turns: 11 done" in say("show")
    assert "shard(3:00003)" not in say("show")
    assert "shard(3:00003)" in say("show", "--all")


def test_show_as_json_holds_the_whole_tree(home: Home, say: Say) -> None:
    first, record = home.run(), home.run(code="65")
    shown = json.loads(say("show", "--json"))
    (root,) = shown["tree"]
    steps = {step["name"]: step for step in root["steps"]}
    assert (shown["id"], shown["phase"], shown["parameters"]["code"]) == (record.name, "Failed", "65")
    assert steps["clean"]["cachedFrom"] == first.name
    check = steps["check"]
    assert (check["exitCode"], check["exitMeaning"]) == (65, "data breaks the contract")
    assert check["lastLine"] == "the input is empty: look at the log"
    assert [attempt["name"] for attempt in check["attempts"]] == ["check(0)"]


def test_logs_of_one_step_are_its_own_text(home: Home, say: Say) -> None:
    home.run()
    assert say("logs", "latest", "clean") == "clean begins\n"


def test_logs_of_all_steps_have_headings(home: Home, say: Say) -> None:
    home.run()
    second = home.run(code="65")
    text = say("logs", second.name, "--tail", "1")
    assert "==> clean: its outputs were taken from the cache <==\n" in text
    assert "==> check: Failed <==\n\n" in text
    assert "==> check: Failed <==\ncheck begins\nthe input is empty: look at the log\n" in say("logs")


def test_the_log_of_a_cached_step_is_said_to_be_elsewhere(home: Home, say: Say) -> None:
    first = home.run()
    home.run()
    assert f"See machiya logs {first.name} clean" in say("logs", "latest", "clean", code=66)


def test_logs_for_programs_are_one_object_a_line(home: Home, say: Say) -> None:
    home.run()
    one = [json.loads(line) for line in say("logs", "latest", "clean", "--json").splitlines()]
    assert one == [{"step": "clean", "attempt": 1, "line": "clean begins"}]
    followed = [json.loads(line) for line in say("logs", "-f", "--json").splitlines()]
    assert {"step": "join", "attempt": None, "line": "join begins"} in followed


def test_logs_of_earlier_attempts_are_there(home: Home, say: Say) -> None:
    home.again(home.run(code="75"))
    assert say("logs", "latest", "check", "--attempt", "1").startswith("check begins\n")
    assert "check has 4 attempts, and no attempt 5" in say("logs", "latest", "check", "--attempt", "5", code=66)
    assert "goes with one STEP" in say("logs", "latest", "--attempt", "1", code=64)


def test_following_a_run_that_has_ended_prints_all_and_ends(home: Home, say: Say) -> None:
    home.run()
    lines = say("logs", "-f").splitlines()
    assert lines == [
        "clean: clean begins",
        "shard(0:00000): shard begins",
        "shard(1:00001): shard begins",
        "join: join begins",
        "check: check begins",
    ]
    assert say("logs", "latest", "join", "--follow") == "join begins\n"


def test_a_log_does_no_harm_to_a_terminal_and_stays_as_it_is_elsewhere(home: Home, say: Say) -> None:
    record = home.run()
    step = record.find_steps("clean")[0].attempts[0]
    record.folder.log(step.node.id).write_text("a\x1b[2Jb\n")
    words = [sys.executable, "-m", "machiya", "logs", record.name, "clean"]
    main, other = pty.openpty()
    subprocess.run(words, stdout=other, check=True, env=os.environ | {"MACHIYA_HOME": str(home.path)})
    os.close(other)
    assert os.read(main, 1000).decode() == "a␛[2Jb\r\n"
    os.close(main)
    assert say("logs", record.name, "clean") == "a\x1b[2Jb\n"


def test_artifacts_are_listed_and_copied(home: Home, say: Say, tmp_path: Path) -> None:
    home.run()
    lines = say("artifacts").splitlines()
    assert lines[0].split() == ["step", "port", "type", "rows", "files", "size", "digest", "key"]
    assert [line.split()[:3] for line in lines[1:3]] == [["clean", "data", "files"], ["shard", "data", "files"]]
    copied = say("artifacts", "latest", "join/data", "--to", str(tmp_path / "copy"))
    assert copied == f"{tmp_path}/copy/join/data\n"
    assert (tmp_path / "copy" / "join" / "data" / "part.txt").is_file()
    (shard,) = json.loads(say("artifacts", "latest", "shard", "--json"))
    assert (shard["parts"], shard["files"], shard["stored"]) == (2, 2, True)


def test_provenance_is_a_tree_back_to_what_came_from_outside(home: Home, say: Say) -> None:
    record = home.run()
    lines = say("provenance", "latest/check/data").splitlines()
    assert lines[0] == f"{record.name}/check/data"
    assert lines[1].strip("│ ") == "toy 1.0.0 check, machiya/toy:1.0.0"
    assert lines[-1].strip("└─ ").startswith("log: raw.csv (from outside, sha256:")


def test_provenance_as_json_is_a_graph(home: Home, say: Say) -> None:
    home.run()
    graph = json.loads(say("provenance", "latest/check/data", "--json"))
    artifacts = {one["id"]: one for one in graph["artifacts"]}
    walked: list[Any] = [graph["artifact"]]
    while artifacts[walked[-1]]["inputs"]:
        walked += artifacts[walked[-1]]["inputs"].values()
    assert artifacts[walked[-1]]["kind"] == "source"
    assert len(walked) == len(artifacts)


def test_the_cache_explains_itself(home: Home, say: Say) -> None:
    first = home.run()
    second = home.run(word="two")
    assert "clean: computed: for the first time (no earlier run" in say("cache", "explain", first.name, "clean")
    text = say("cache", "explain", "latest", "clean")
    assert text == (
        f"clean: computed: the nearest earlier run, {first.name}, had another\n  parameter text: one -> two\n"
    )
    explained = json.loads(say("cache", "explain", "latest", "clean", "--json"))
    assert (explained["run"], explained["earlierRun"]) == (second.name, first.name)
    assert explained["differences"] == [{"part": "parameter text", "before": "one", "now": "two", "why": ""}]
    assert "2 parts -> 2 parts, 2 of them with other contents" in say("cache", "explain", "latest", "join")


def test_the_cache_is_cleared_of_what_nothing_needs(home: Home, say: Say) -> None:
    home.run()
    entries = sorted((home.path / "cache").rglob("*.json"))
    would = say("cache", "gc", "--older-than", "0m", "--dry-run")
    assert would.splitlines()[:3] == ["would remove", "       0 runs", "       4 remembered results"]
    assert sorted((home.path / "cache").rglob("*.json")) == entries
    done = json.loads(say("cache", "gc", "--older-than", "0m", "--json"))
    assert (done["dryRun"], done["runs"], done["entries"]) == (False, 0, 4)
    assert home.run().counts.cached == 0
    assert json.loads(say("cache", "gc", "--runs-older-than", "0m", "--json"))["runs"] == 2
    assert say("runs") == "no runs\n"


@pytest.mark.parametrize("age", ["20", "d", "1y", "-1d"])
def test_an_age_has_a_unit(home: Home, say: Say, age: str) -> None:
    home.run()
    assert "write one like 20d" in say("cache", "gc", f"--older-than={age}", code=64)


def test_a_home_that_is_not_there_is_not_made(say: Say, tmp_path: Path) -> None:
    assert "there is no folder" in say("cache", "gc", "--home", str(tmp_path / "nope"), code=66)
    assert not (tmp_path / "nope").exists()
