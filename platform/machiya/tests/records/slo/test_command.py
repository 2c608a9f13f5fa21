"""`machiya slo` and `machiya status` on runs that are recorded here, and what is published in their store."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from machiya.cli.slo import slo
from machiya.engines.local.events import EventLog, RunCreated, RunEnded, SessionStarted
from machiya.engines.local.store import DirectoryStore
from machiya.errors import NotFoundError
from machiya.records.slo import LocalHistory
from machiya.records.slo.history import read_pointer
from machiya.release.stages.status import status

AT = "2026-11-25T12:00"


def moment(text: str) -> float:
    """By the clock in Tokyo, which has no summer time."""
    return datetime.fromisoformat(f"{text}+09:00").timestamp()


class Home:
    """Runs and pointers as an engine leaves them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = DirectoryStore(path / "store")

    def run(
        self, name: str, started: str, minutes: float | None = 60, phase: str = "Succeeded", **options: str
    ) -> None:
        """A run; without `minutes` its engine was killed."""
        folder = self.path / "runs" / name
        folder.mkdir(parents=True)
        begun = moment(started)
        given = {"workflow": "shopping", "stage": "production", **options}
        facts = {"name": name, "uid": name, "namespace": "", "created": begun, "parameters": {}}
        with EventLog(folder / "events.jsonl") as log:
            log.append(RunCreated(facts, given), begun)
            log.append(SessionStarted(1, "here"), begun)
            if minutes is not None:
                log.append(RunEnded(phase), begun + minutes * 60)

    def publish(self, result: str, text: str, stage: str = "production") -> None:
        file = self.path / result
        file.write_text(text)
        self.store.put(file, f"published/shopping/{stage}/{result}.json")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def pointer(started: str, **more: object) -> str:
    return json.dumps({"apiVersion": "machiya/v1", "kind": "Published", "run": "r", "started": started, **more})


def call(home: Home, *arguments: str) -> Result:
    return CliRunner().invoke(slo, [*arguments, "--home", str(home.path)], standalone_mode=False)


def states(result: Result) -> dict[str, str]:
    (report,) = json.loads(result.output)
    return {one["objective"]: one["state"] for one in report["objectives"]}


def test_what_is_kept_ends_with_0_and_is_shown(folder: Path, home: Home) -> None:
    home.run("monday", "2026-11-23T03:00")
    home.run("tuesday", "2026-11-24T03:00")
    home.run("today", "2026-11-25T03:00", 90)
    home.publish("lists", pointer("2026-11-24T18:00:00Z", coverage=0.97))
    result = call(home, str(folder), "--at", AT)

    assert result.return_value == 0
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert lines == [
        "WORKFLOW STAGE OBJECTIVE TARGET IS STATE BUDGET LEFT",
        "shopping production finishedBy by 06:00 (Asia/Tokyo) 2026-11-25 04:30 ok",
        "shopping production successRate 0.95 over 30 d 1 (3 of 3 runs) ok 100%",
        "shopping production freshness at most 26 h old 9 h old (r) ok",
        "shopping production coverage at least 0.9 of the users 0.97 ok",
        "shopping production duration at most 2 h 1 h 30 min (today) ok",
    ]


def test_what_is_broken_ends_with_1_and_what_is_not_known_with_3(folder: Path, home: Home) -> None:
    home.run("today", "2026-11-25T03:00", 90)
    unknown = call(home, str(folder), "--at", AT, "--json")
    home.run("again", "2026-11-25T08:00", 10, "Failed")
    broken = call(home, str(folder), "--at", AT, "--json")

    assert (unknown.return_value, states(unknown)["coverage"]) == (3, "unknown")
    assert (broken.return_value, states(broken)["successRate"]) == (1, "breached")


def test_an_earlier_time_is_judged_by_what_was_known_then(folder: Path, home: Home) -> None:
    home.run("tuesday", "2026-11-24T03:00")
    home.run("today", "2026-11-25T03:00", 600)

    assert states(call(home, str(folder), "--at", "2026-11-24T12:00", "--json"))["finishedBy"] == "ok"
    assert states(call(home, str(folder), "--at", "2026-11-25T12:00", "--json"))["finishedBy"] == "breached"
    told = json.loads(call(home, str(folder), "--at", "2026-11-25T12:00", "--json").output)
    assert (told[0]["at"], told[0]["state"]) == ("2026-11-25T03:00:00Z", "breached")


def test_other_stages_workflows_and_purposes_do_not_count(folder: Path, home: Home) -> None:
    home.run("kept", "2026-11-25T03:00")
    home.run("one", "2026-11-25T04:00", 10, "Failed", stage="development")
    home.run("two", "2026-11-25T04:00", 10, "Failed", workflow="other")
    home.run("three", "2026-11-25T04:00", 10, "Failed", purpose="diff")
    home.publish("lists", pointer("2026-11-20T18:00:00Z", coverage=0.1), stage="development")
    found = states(call(home, str(folder), "--at", AT, "--json"))

    assert (found["successRate"], found["coverage"]) == ("ok", "unknown")


def test_a_killed_run_is_no_success(folder: Path, home: Home) -> None:
    home.run("killed", "2026-11-25T03:00", None)
    found = states(call(home, str(folder), "--at", AT, "--json"))

    assert (found["finishedBy"], found["successRate"]) == ("breached", "breached")


def test_where_no_run_is_known_nothing_is(folder: Path, home: Home) -> None:
    result = call(home, str(folder), "--at", AT, "--json")

    assert (result.return_value, set(states(result).values())) == (3, {"unknown"})


def test_all_workflows_that_promise_something(
    folder: Path, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [one["workflow"] for one in json.loads(call(home, "--json").output)] == ["shopping"]
    (folder / "slo.yaml").unlink()
    with pytest.raises(NotFoundError, match=r"No slo.yaml below workflows/ promises nothing"):
        CliRunner().invoke(slo, [], standalone_mode=False, catch_exceptions=False)


def test_a_stage_that_promises_nothing_is_said(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="promises nothing for the stage development"):
        CliRunner().invoke(slo, [str(folder), "--stage", "development"], standalone_mode=False, catch_exceptions=False)


def test_the_rules_are_those_of_the_same_file(folder: Path, home: Home) -> None:
    made = yaml.safe_load(call(home, str(folder), "--rules").output)

    assert (made["kind"], made["metadata"]["name"]) == ("PrometheusRule", "shopping-production-slo")
    objectives = [one["labels"]["objective"] for one in made["spec"]["groups"][0]["rules"]]
    assert objectives == ["finishedBy", "successRate", "freshness", "coverage", "duration"]


def test_of_several_pointers_each_is_read_and_what_is_none_counts_as_none(home: Home) -> None:
    home.run("today", "2026-11-25T03:00")
    earlier = {"run": "before", "key": "k", "digest": "d", "started": "2026-11-23T18:00:00+00:00"}
    home.publish("lists", pointer("2026-11-24T18:00:00Z", coverage=None, earlier=earlier))
    home.publish("other", pointer("2026-11-24T17:00:00Z", coverage=0.5, earlier=None))
    home.publish("broken", "{")
    found = LocalHistory(home.path).published("shopping", "production")

    assert [(one.result, one.run, one.coverage) for one in found] == [
        ("lists", "r", None),
        ("lists", "before", None),
        ("other", "r", 0.5),
    ]


@pytest.mark.parametrize("text", ["", "[]", "3", '{"started": 3}', '{"started": "yesterday"}', '{"earlier": []}'])
def test_what_is_no_pointer(text: str) -> None:
    assert list(read_pointer("lists", text)) == []


def test_status_tells_each_stage_that_promises_something(folder: Path, home: Home) -> None:
    home.run("today", "2026-11-25T03:00", 90)
    found = status(folder, home.path, offline=True, at=datetime(2026, 11, 25, 3, tzinfo=UTC))
    development, production = found.stages

    assert development.levels is None
    assert production.levels is not None
    assert {one.objective: str(one.state) for one in production.levels.verdicts}["coverage"] == "unknown"
    assert found.to_json()["stages"][1]["serviceLevels"]["state"] == "unknown"


def test_status_survives_promises_that_cannot_be_read(folder: Path, home: Home) -> None:
    (folder / "slo.yaml").write_text("apiVersion: machiya/v2\n")
    found = status(folder, home.path, offline=True)

    assert "has 1 mistake" in found.levels_error
    assert [stage.levels for stage in found.stages] == [None, None]
