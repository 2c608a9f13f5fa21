"""slo.yaml: what is right in it, and that everything that is wrong is told at once, with its line."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from machiya.errors import ArgumentsError, NotFoundError
from machiya.records.slo import SloError
from machiya.records.slo.look import moment, promises


def test_a_promise_is_read_with_the_schedule_of_its_workflow(folder: Path) -> None:
    (promise,) = promises(folder)

    assert (promise.workflow.name, promise.workflow.stage, str(promise.zone)) == (
        "shopping",
        "production",
        "Asia/Tokyo",
    )
    assert promise.objectives.success_rate is not None
    assert (promise.objectives.success_rate.at_least, promise.objectives.freshness) == (0.95, "26h")
    assert promise.schedule is not None
    assert promise.schedule.cron == "0 3 * * *"


def test_without_the_file_nothing_is_promised(folder: Path) -> None:
    (folder / "slo.yaml").unlink()

    assert promises(folder) == []


def test_one_stage_of_several(folder: Path) -> None:
    text = (folder / "slo.yaml").read_text()
    (folder / "slo.yaml").write_text(f"{text}development:\n  freshness: 7d\n")

    assert [one.workflow.stage for one in promises(folder)] == ["production", "development"]
    assert [one.workflow.stage for one in promises(folder, "development")] == ["development"]
    with pytest.raises(NotFoundError, match="no stage 'prod'"):
        promises(folder, "prod")


BROKEN = """\
apiVersion: machiya/v2
production:
  finishedBy: 6:00
  successRate: {atLeast: 95, over: 30d, since: 3d}
  freshnes: 26h
  coverage: 0.9
  duration: {}
prodution:
  freshness: tomorrow
development:
"""


def test_all_mistakes_are_told_at_once_with_their_lines(folder: Path) -> None:
    (folder / "slo.yaml").write_text(BROKEN)
    with pytest.raises(SloError) as caught:
        promises(folder)

    found = [(one.line, one.rule, one.where) for one in caught.value.findings]
    assert found == [
        (1, "slo.version", "apiVersion"),
        (3, "slo.value", "production.finishedBy"),
        (4, "slo.value", "production.successRate.atLeast"),
        (4, "slo.unknown-key", "production.successRate.since"),
        (5, "slo.unknown-key", "production.freshnes"),
        (6, "slo.value", "production.coverage"),
        (7, "slo.value", "production.duration.atMost"),
        (8, "slo.stage", "prodution"),
        (9, "slo.value", "prodution.freshness"),
        (10, "slo.value", "development"),
    ]
    remedies = {one.where: one.remedy for one in caught.value.findings}
    assert "Did you mean freshness?" in remedies["production.freshnes"]
    assert "Did you mean production?" in remedies["prodution"]
    assert 'finishedBy: "06:00"' in remedies["production.finishedBy"]
    assert all(remedies.values())
    assert caught.value.exit_code == 65


@pytest.mark.parametrize(
    ("text", "rule"), [("a: [", "slo.yaml"), ("- 3", "slo.type"), ("apiVersion: 1\napiVersion: 2", "slo.yaml")]
)
def test_what_is_no_mapping(folder: Path, text: str, rule: str) -> None:
    (folder / "slo.yaml").write_text(text)
    with pytest.raises(SloError) as caught:
        promises(folder)

    assert [one.rule for one in caught.value.findings] == [rule]


@pytest.mark.parametrize("schedule", ["", 'schedule="61 3 * * *"'])
def test_a_time_of_day_needs_a_schedule(folder: Path, schedule: str) -> None:
    text = (folder / "workflow.py").read_text()
    (folder / "workflow.py").write_text(text.replace('schedule="0 3 * * *"', schedule).replace(", ,", ","))
    with pytest.raises(SloError) as caught:
        promises(folder)

    assert [(one.line, one.rule) for one in caught.value.findings] == [(3, "slo.schedule")]


def test_times_are_by_the_clock_of_the_workflow_unless_they_say_otherwise() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")

    assert moment("2026-11-25T06:00", tokyo) == datetime(2026, 11, 24, 21, tzinfo=UTC)
    assert moment("2026-11-25T06:00Z", tokyo) == datetime(2026, 11, 25, 6, tzinfo=UTC)
    with pytest.raises(ArgumentsError, match="is no time"):
        moment("yesterday", tokyo)
