"""The same objectives as alerts for Prometheus, by the metrics that Argo's controller tells (`manifest.metrics`).

What one has to know of Prometheus to change anything here:

- The controller forgets its metrics when it restarts, and then tells them from another pod: as other series. So what
  lasts is looked for in all series of RANGE, and a metric that has not been there for so long is an alert of its own
  kind: nothing is known any more.
- A gauge is what was told last, and an older run that is retried tells last. The newest success is the greatest value.
- ``increase`` does not see the first run of a status, in each series: it goes from nothing to 1. Where a series begins,
  that run is added. What begins higher was there before Prometheus looked, or kept samples: it is not counted.
- ``increase`` extrapolates; runs are whole numbers.
- PromQL knows no time zones. A deadline is rendered for the least offset of the zone within a year, and the start that
  it is about for the greatest: where clocks change, an alert comes an hour late in summer, and never wrongly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from machiya.records.slo.model import Coverage, Duration, Objectives, SuccessRate, age, clock, spoken
from machiya.records.slo.schedule import Schedule

PREFIX = "argo_workflows_machiya_"
RANGE = "14d"
"""How long what a controller told counts when it tells nothing: longer than any schedule waits that has a rule."""

_DAY, _WEEK = 86400, timedelta(days=7)
_MONDAY = datetime(2026, 1, 5)
_CRITICAL, _WARNING = "critical", "warning"


@dataclass(frozen=True)
class _Alert:
    """The alert of one objective: when it fires, and what it says then."""

    name: str
    objective: str
    severity: str
    expression: str
    says: str


def prometheus_rule(
    workflow: str, stage: str, objectives: Objectives, schedule: Schedule | None, year: int
) -> dict[str, Any]:
    """A PrometheusRule with an alert for each objective that the metrics can tell of.

    Args:
        workflow: its name.
        stage: the stage that the objectives are of.
        objectives: what is promised.
        schedule: of the workflow; for `finishedBy`.
        year: of which the changes of the clocks are taken.
    """
    name = f"{workflow}-{stage}"
    labels = {"app.kubernetes.io/part-of": "machiya", "machiya/workflow": workflow, "machiya/stage": stage}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": f"{name}-slo", "labels": labels},
        "spec": {
            "groups": [
                {
                    "name": f"machiya.slo.{name}",
                    "rules": [
                        _rule(alert, workflow, stage) for alert in _alerts(workflow, stage, objectives, schedule, year)
                    ],
                }
            ]
        },
    }


def without_rule(objectives: Objectives, schedule: Schedule | None) -> str | None:
    """Why an objective has no rule; None where all have one."""
    if objectives.finished_by is None or (schedule is not None and _is_weekly(schedule)):
        return None
    return "finishedBy has no rule: the schedule is none of days of the week. `machiya slo` judges it."


def _alerts(
    workflow: str, stage: str, objectives: Objectives, schedule: Schedule | None, year: int
) -> Iterator[_Alert]:
    of = f'workflow="{workflow}", stage="{stage}"'
    if objectives.finished_by is not None and schedule is not None and _is_weekly(schedule):
        yield _finished_by(of, objectives.finished_by, schedule, year)
    if objectives.success_rate is not None:
        yield _success_rate(of, objectives.success_rate)
    if objectives.freshness is not None:
        yield _freshness(of, objectives.freshness)
    if objectives.coverage is not None:
        yield _coverage(of, objectives.coverage)
    if objectives.duration is not None:
        yield _duration(of, objectives.duration)


def _rule(alert: _Alert, workflow: str, stage: str) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expression,
        "for": "5m",
        "labels": {
            "severity": alert.severity,
            "workflow": workflow,
            "stage": stage,
            "objective": alert.objective,
        },
        "annotations": {
            "summary": f"{workflow} ({stage}): {alert.says}",
            "description": f"Look at it: machiya slo {workflow} --stage {stage}",
        },
    }


def _last_success(of: str, window: str = RANGE) -> str:
    return f"max(max_over_time({PREFIX}last_success_seconds{{{of}}}[{window}]))"


def _never(of: str, window: str = RANGE) -> str:
    return f"absent_over_time({PREFIX}last_success_seconds{{{of}}}[{window}])"


def _finished_by(of: str, by: str, schedule: Schedule, year: int) -> _Alert:
    """The last success began before the start that the last deadline is about."""
    least, greatest = _offsets(schedule, year)
    shown = clock(by)
    due = f"(time() - (time() - {(shown.hour * 3600 + shown.minute * 60 - least) % _DAY}) % {_DAY})"
    parts = [
        f"({_last_success(of)} < {due} - {int(before.total_seconds()) + greatest - least}{_on(days, due, least)})"
        for before, days in _weekly_deadlines(schedule, shown)
    ]
    return _Alert(
        "MachiyaNotFinished",
        objective="finishedBy",
        severity=_CRITICAL,
        expression=" or ".join([*parts, _never(of)]),
        says=f"no run has succeeded that had to by {by} ({schedule.zone})",
    )


def _on(days: Sequence[int], due: str, offset: int) -> str:
    """On these days only, by the local date of the deadline; in PromQL Sunday is 0."""
    if len(days) == 7:
        return ""
    day = f"day_of_week(vector({due} + {offset}))"
    return f" and on() ({' or '.join(f'{day} == {(one + 1) % 7}' for one in days)})"


def _is_weekly(schedule: Schedule) -> bool:
    """Whether every week is as the other: no days of the month, no months, and less than 1,000 runs."""
    fields = schedule.cron.split()
    return fields[2:4] == ["*", "*"] and len(list(_week(schedule, limit=1000))) < 1000


def _week(schedule: Schedule, limit: int) -> Iterator[datetime]:
    """The starts of a week of which no clock changes."""
    plain = Schedule(schedule.cron, UTC)
    begin, end = _MONDAY.replace(tzinfo=UTC), _MONDAY.replace(tzinfo=UTC) + _WEEK
    for number, start in enumerate(plain.starts_before(end - timedelta(minutes=1))):
        if start < begin or number >= limit:
            return
        yield start


def _weekly_deadlines(schedule: Schedule, by: time) -> list[tuple[timedelta, list[int]]]:
    """(time from the start to its deadline, days of the week of the deadline, Monday is 0), one for each such time."""
    plain = Schedule(schedule.cron, UTC)
    last: dict[int, timedelta] = {}
    for start in _week(schedule, limit=1000):  # from the last to the first
        deadline = plain.deadline(start, by)
        before = last.setdefault(deadline.weekday(), deadline - start)
        last[deadline.weekday()] = min(before, deadline - start)
    return [
        (before, sorted(day for day, one in last.items() if one == before)) for before in sorted(set(last.values()))
    ]


def _offsets(schedule: Schedule, year: int) -> tuple[int, int]:
    """The least and the greatest offset of the zone from UTC in a year, in seconds."""
    moments = [datetime(year, month, 15, tzinfo=UTC).astimezone(schedule.zone) for month in range(1, 13)]
    offsets = [int((moment.utcoffset() or timedelta()).total_seconds()) for moment in moments]
    return min(offsets), max(offsets)


def _success_rate(of: str, objective: SuccessRate) -> _Alert:
    over = f"{int(age(objective.over).total_seconds())}s"
    succeeded = f'{of}, status="Succeeded"'
    return _Alert(
        "MachiyaSuccessRate",
        objective="successRate",
        severity=_WARNING,
        expression=f"{_runs(succeeded, over)} / ({_runs(of, over)} > 0) < {objective.at_least:g}",
        says=f"less than {objective.at_least:.4g} of the runs of {spoken(age(objective.over))} have succeeded",
    )


def _runs(of: str, over: str) -> str:
    """How many ended in a time. The hour before it is that of a controller that was not scraped at that very moment."""
    series = f"{PREFIX}runs_total{{{of}}}"
    counted = f"sum(round(increase({series}[{over}])))"
    first = f"sum((min_over_time({series}[{over}]) == 1) unless max_over_time({series}[1h] offset {over}))"
    return f"(({counted} or vector(0)) + ({first} or vector(0)))"


def _freshness(of: str, limit: str) -> _Alert:
    seconds = int(age(limit).total_seconds())
    window = RANGE if 2 * age(limit) < age(RANGE) else f"{2 * seconds}s"
    return _Alert(
        "MachiyaStale",
        objective="freshness",
        severity=_CRITICAL,
        expression=f"time() - {_last_success(of, window)} > {seconds} or {_never(of, window)}",
        says=f"the result is more than {spoken(age(limit))} old",
    )


def _coverage(of: str, objective: Coverage) -> _Alert:
    """Of each step what was told last, whichever pod of the controller told it."""
    told = f'min by (step) ({PREFIX}step_value{{{of}, name="coverage"}})'
    metric = f"min(last_over_time(({told})[{RANGE}:5m]))"
    return _Alert(
        "MachiyaCoverage",
        objective="coverage",
        severity=_WARNING,
        expression=f"{metric} < {objective.at_least:g}",
        says=f"less than {objective.at_least:.4g} of the users have a result",
    )


def _duration(of: str, objective: Duration) -> _Alert:
    limit = age(objective.at_most)
    return _Alert(
        "MachiyaSlow",
        objective="duration",
        severity=_WARNING,
        expression=f'max({PREFIX}run_duration_seconds{{{of}, status="Succeeded"}}) > {int(limit.total_seconds())}',
        says=f"a run took more than {spoken(limit)}",
    )
