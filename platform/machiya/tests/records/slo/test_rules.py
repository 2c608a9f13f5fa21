"""The same objectives as alerts: what they say on series of samples, by Prometheus' own promtool."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from machiya.records.slo import Objectives, Schedule, prometheus_rule, without_rule

ALL = {
    "finishedBy": "06:00",
    "successRate": {"atLeast": 0.95, "over": "30d"},
    "freshness": "26h",
    "coverage": {"atLeast": 0.9},
    "duration": {"atMost": "2h"},
}
BY = {"finishedBy": "06:00"}
TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
HOUR, DAY = 3600, 86400
STEP = HOUR
LABELS = '{workflow="w", stage="s"}'
"""Time 0 of promtool is 1970-01-01T00:00Z, a Thursday: 09:00 in Tokyo."""


def rule(objectives: dict[str, Any], cron: str = "0 3 * * *", zone: ZoneInfo = TOKYO) -> dict[str, Any]:
    return prometheus_rule("w", "s", Objectives.model_validate(objectives), Schedule(cron, zone), 2026)


def alerts(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (group,) = made["spec"]["groups"]
    return {one["labels"]["objective"]: one for one in group["rules"]}


def test_each_objective_has_its_alert_and_no_other() -> None:
    assert list(alerts(rule(ALL))) == list(ALL)
    assert list(alerts(rule({"freshness": "26h"}))) == ["freshness"]


def test_an_alert_says_what_is_broken_and_how_to_look() -> None:
    alert = alerts(rule(ALL))["freshness"]

    assert alert["labels"] == {"severity": "critical", "workflow": "w", "stage": "s", "objective": "freshness"}
    assert alert["annotations"]["summary"] == "w (s): the result is more than 26 h old"
    assert "machiya slo w --stage s" in alert["annotations"]["description"]


@pytest.mark.parametrize("cron", ["0 3 1 * *", "0 3 * 6 *", "* * * * *"])
def test_a_schedule_that_is_none_of_days_of_the_week_is_said_to_have_no_rule(cron: str) -> None:
    schedule = Schedule(cron, TOKYO)

    assert "finishedBy" not in alerts(rule(ALL, cron))
    assert "none of days of the week" in (without_rule(Objectives.model_validate(ALL), schedule) or "")
    assert without_rule(Objectives.model_validate({"freshness": "26h"}), schedule) is None
    assert without_rule(Objectives.model_validate(ALL), Schedule("0 3 * * *", TOKYO)) is None


@dataclass(frozen=True)
class Case:
    """Whether the alert of an objective fires at a moment (seconds) on these series; a sample comes each STEP."""

    series: dict[str, str]
    moment: int
    objective: str
    fires: bool

    def as_test(self, alert: dict[str, Any]) -> dict[str, Any]:
        """As promtool wants it."""
        expected = {"exp_labels": alert["labels"], "exp_annotations": alert["annotations"]}
        told = {
            "eval_time": f"{self.moment}s",
            "alertname": alert["alert"],
            "exp_alerts": [expected] if self.fires else [],
        }
        series = [{"series": name, "values": values} for name, values in self.series.items()]
        return {"interval": f"{STEP}s", "input_series": series, "alert_rule_test": [told]}


def check(folder: Path, made: dict[str, Any], *cases: Case) -> None:
    """Let promtool try all cases at once: it names those that come out differently."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    (folder / "rules.yaml").write_text(yaml.safe_dump(made["spec"]))
    tests = [case.as_test(alerts(made)[case.objective]) for case in cases]
    told = {"rule_files": ["rules.yaml"], "evaluation_interval": f"{STEP}s", "tests": tests}
    (folder / "test.yaml").write_text(yaml.safe_dump(told))
    command = [program, "test", "rules", "test.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def successes(*starts: int, end: int) -> dict[str, str]:
    """The gauge of the last success: it changes an hour after each start; with nothing before the first."""
    values = list[str]()
    for moment in range(0, end + STEP, STEP):
        done = [start for start in starts if start + HOUR <= moment]
        told = str(max(done)) if done else "_"
        values.append(told)
    return {f"argo_workflows_machiya_last_success_seconds{LABELS}": " ".join(values)}


FIRST = DAY - 6 * HOUR
"""03:00 in Tokyo on the second day; the deadline is 3 hours later."""


def due(starts: list[int], moment: int, fires: bool) -> Case:
    return Case(successes(*starts, end=moment), moment, "finishedBy", fires)


def test_a_run_that_did_not_finish(tmp_path: Path) -> None:
    check(
        tmp_path,
        rule(BY),
        due([FIRST, FIRST + DAY], FIRST + DAY + 4 * HOUR, fires=False),
        due([FIRST], FIRST + DAY + 2 * HOUR, fires=False),  # not due yet
        due([FIRST], FIRST + DAY + 4 * HOUR, fires=True),
        due([FIRST], FIRST + DAY + 23 * HOUR, fires=True),  # all day long
        due([FIRST, FIRST + DAY + 5 * HOUR], FIRST + DAY + 7 * HOUR, fires=False),  # made good
        due([FIRST - 60], FIRST + 4 * HOUR, fires=True),  # began before its time
    )


def test_at_the_weekend_nothing_is_due(tmp_path: Path) -> None:
    """The first run would have been that of Friday, the 2nd of January 1970."""
    days = {0: True, 1: False, 2: False, 3: True}  # Friday, the weekend, Monday
    moments = {FIRST + day * DAY + 4 * HOUR: fires for day, fires in days.items()}
    cases = [due([FIRST - DAY - 60, 0], moment, fires) for moment, fires in moments.items()]

    check(tmp_path, rule(BY, "0 3 * * 1-5"), *cases)


def test_where_clocks_change_no_alert_is_wrong(tmp_path: Path) -> None:
    moment = DAY + 7 * HOUR
    winter = due([2 * HOUR + DAY], moment, fires=False)  # 03:00 is 02:00 UTC
    summer = due([HOUR + DAY], moment, fires=False)  # an hour earlier
    missed = due([HOUR], moment, fires=True)

    check(tmp_path, rule(BY, zone=BERLIN), winter, summer, missed)


def test_a_result_that_is_old(tmp_path: Path) -> None:
    name = f"argo_workflows_machiya_last_success_seconds{LABELS}"
    check(
        tmp_path,
        rule(ALL),
        Case({name: "0x30"}, 25 * HOUR, "freshness", fires=False),
        Case({name: "0x30"}, 28 * HOUR, "freshness", fires=True),
        Case({name: "0 _x20"}, 12 * HOUR, "freshness", fires=False),  # a controller that has forgotten
        Case({"other": "1x12"}, 2 * HOUR, "freshness", fires=True),  # one that never knew
    )


def test_too_many_runs_that_failed(tmp_path: Path) -> None:
    """Beside 40 runs that succeeded; and where none ever did."""
    name = 'argo_workflows_machiya_runs_total{{workflow="w", stage="s", status="{}"}}'.format

    def runs(failed: int, fires: bool) -> Case:
        bad = " ".join(str(min(number, failed)) for number in range(41))
        series = {name("Succeeded"): "0+1x40", name("Failed"): bad}
        return Case(series, 40 * STEP, "successRate", fires)

    none = Case({name("Failed"): "0+1x40"}, 40 * STEP, "successRate", fires=True)
    check(tmp_path, rule(ALL), runs(0, fires=False), runs(1, fires=False), runs(3, fires=True), none)


ENDED = 'argo_workflows_machiya_runs_total{{workflow="w", stage="s", status="{}", pod="{}"}}'.format


def test_the_first_run_of_a_status_counts(tmp_path: Path) -> None:
    """A counter comes into being with 1. Of 20 runs one may fail."""

    def runs(succeeded: str, failed: str, fires: bool) -> Case:
        series = {ENDED("Succeeded", "a"): succeeded, ENDED("Failed", "a"): failed}
        return Case(series, 30 * STEP, "successRate", fires)

    check(
        tmp_path,
        rule(ALL),
        runs("_ 1+1x29", "_x5 1x25", fires=False),  # 30 and 1
        runs("_ 1+1x18 19x11", "_x5 1x25", fires=False),  # 19 and 1: what was promised to the dot
        runs("_ 1+1x17 18x12", "_x5 1x25", fires=True),  # 18 and 1
        runs("_x31", "_x28 1x2", fires=True),  # the very first
        runs("_x28 1x2", "_x31", fires=False),
    )


def test_a_controller_that_begins_anew_counts_from_nothing(tmp_path: Path) -> None:
    """Under the name of its pod or that of another: the run that failed after it is one."""
    alert = rule({"successRate": {"atLeast": 0.95, "over": "1d"}})

    def runs(before: tuple[str, str], after: tuple[str, str], fires: bool) -> Case:
        series = {
            ENDED("Succeeded", "a"): before[0],
            ENDED("Failed", "a"): before[1],
            ENDED("Succeeded", "b"): after[0],
            ENDED("Failed", "b"): after[1],
        }
        return Case({name: values for name, values in series.items() if values}, 40 * STEP, "successRate", fires)

    long = "30+1x20 stale _x19"
    check(
        tmp_path,
        alert,
        runs((long, "7x20 stale _x19"), ("_x21 1+1x19", ""), fires=False),  # what failed was long ago
        runs((long, "7x20 stale _x19"), ("_x21 1+1x19", "_x30 1x10"), fires=False),  # 1 of 24
        runs((long, "7x20 stale _x19"), ("_x21 1+1x19", "_x30 1x5 2x4"), fires=True),  # 2 of 25
        runs(("30+1x20 stale _x1 1+1x17", "7x20 stale _x9 1x9"), ("", ""), fires=False),  # the same pod: 1 of 23
        runs(("30+1x20 stale _x1 1+1x17", "7x20 stale _x9 1x4 2x4"), ("", ""), fires=True),  # 2 of 24
    )


def test_what_prometheus_did_not_see_is_not_counted(tmp_path: Path) -> None:
    """It looks since yesterday at a controller that has counted for a year: 2 of the 5 runs that it saw failed."""
    series = {ENDED("Succeeded", "a"): "900 900 901 902 903 903 903", ENDED("Failed", "a"): "3 3 3 3 3 4 5"}

    check(tmp_path, rule(ALL), Case(series, 6 * STEP, "successRate", fires=True))


def test_an_older_run_that_is_retried_does_not_make_the_result_older(tmp_path: Path) -> None:
    name = f"argo_workflows_machiya_last_success_seconds{LABELS}"
    missed = due([FIRST - DAY, FIRST], FIRST + 4 * HOUR, fires=False)
    (values,) = missed.series.values()
    retried = Case({name: f"{values} {FIRST - DAY}"}, FIRST + 5 * HOUR, "finishedBy", fires=False)
    old = Case({name: f"_x23 {22 * HOUR} 0x24"}, 45 * HOUR, "freshness", fires=False)

    check(tmp_path, rule(ALL), retried, old)


def test_coverage_is_what_was_told_last(tmp_path: Path) -> None:
    """Not what a pod of the controller told that is gone, where a later one told another; of two steps the smaller."""
    metric = 'argo_workflows_machiya_step_value{{workflow="w", stage="s", step="{}", name="coverage", pod="{}"}}'.format

    def one(fires: bool, **values: str) -> Case:
        series = {metric(*name.split("_")): text for name, text in values.items()}
        return Case(series, 10 * STEP, "coverage", fires)

    check(
        tmp_path,
        rule(ALL),
        one(fires=False, publish_a="0.8x3 stale", publish_b="_x5 0.95x5"),
        one(fires=True, publish_a="0.95x3 stale", publish_b="_x5 0.8x5"),
        one(fires=True, publish_a="0.8x3 stale"),  # the one that came after has told nothing yet
        one(fires=True, publish_a="0.95x10", other_a="0.8x10"),
    )


def test_coverage_and_duration(tmp_path: Path) -> None:
    def one(objective: str, metric: str, value: float, fires: bool, **labels: str) -> Case:
        given = {"workflow": "w", "stage": "s", **labels}
        text = ", ".join(f'{name}="{label}"' for name, label in given.items())
        return Case({f"argo_workflows_machiya_{metric}{{{text}}}": f"{value}x12"}, 3 * HOUR, objective, fires)

    share = {"step": "publish", "name": "coverage"}
    check(
        tmp_path,
        rule(ALL),
        one("coverage", "step_value", 0.9, fires=False, **share),
        one("coverage", "step_value", 0.89, fires=True, **share),
        one("coverage", "step_value", 0.1, fires=False, **(share | {"stage": "other"})),
        one("duration", "run_duration_seconds", 7200, fires=False, status="Succeeded"),
        one("duration", "run_duration_seconds", 7201, fires=True, status="Succeeded"),
        one("duration", "run_duration_seconds", 9000, fires=False, status="Failed"),
    )
