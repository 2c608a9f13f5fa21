"""Whether promises are kept: objectives and what is remembered -> a verdict for each. Time is an argument."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from itertools import takewhile
from typing import Any

from machiya.records.slo.history import RUNNING, History, PastRun, Published
from machiya.records.slo.model import Coverage, Duration, Objectives, SuccessRate, age, clock, spoken
from machiya.records.slo.schedule import Schedule

_ROUNDING = 1e-9


class State(StrEnum):
    """What became of a promise. ``unknown`` is what nothing is recorded about."""

    OK = "ok"
    BREACHED = "breached"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """One objective. ``budget`` is the share of the failures it allows that is left, below 0 if there were more."""

    objective: str
    target: str
    actual: str
    state: State
    budget: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya slo`."""
        return {
            "objective": self.objective,
            "target": self.target,
            "is": self.actual,
            "state": str(self.state),
            "budgetLeft": self.budget,
        }


@dataclass(frozen=True)
class Report:
    """All objectives of a workflow at a stage, as they were at a moment."""

    workflow: str
    stage: str
    at: datetime
    verdicts: tuple[Verdict, ...]

    @property
    def state(self) -> State:
        """The worst: what is broken counts more than what is not known."""
        return worst([verdict.state for verdict in self.verdicts])

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya slo`."""
        return {
            "workflow": self.workflow,
            "stage": self.stage,
            "at": self.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "state": str(self.state),
            "objectives": [verdict.to_json() for verdict in self.verdicts],
        }


def worst(states: Sequence[State]) -> State:
    """The state of several together."""
    return next((state for state in (State.BREACHED, State.UNKNOWN) if state in states), State.OK)


@dataclass(frozen=True)
class Past:
    """What was known at a moment: the runs, the newest first, and what was published. ``zone`` is for showing times."""

    at: datetime
    zone: tzinfo
    runs: Sequence[PastRun]
    published: Sequence[Published]

    def shown(self, moment: datetime) -> str:
        """A time as the clock of the workflow shows it."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"


def evaluate(
    workflow: str,
    stage: str,
    objectives: Objectives,
    history: History,
    at: datetime,
    *,
    schedule: Schedule | None = None,
    zone: tzinfo = UTC,
) -> Report:
    """Judge every objective of a stage by what was known at `at` (a time with its zone)."""
    runs = _known(history, workflow, stage, _since(objectives, at, schedule), at)
    past = Past(at, zone, runs, _published(history, workflow, stage, objectives, at))
    return Report(workflow, stage, at, tuple(_verdicts(objectives, past, schedule)))


def _since(objectives: Objectives, at: datetime, schedule: Schedule | None) -> datetime:
    """How far back the objectives look."""
    moments = [at]
    if objectives.success_rate is not None:
        moments.append(at - age(objectives.success_rate.over))
    if objectives.finished_by is not None and schedule is not None:
        due = schedule.last_due(at, clock(objectives.finished_by))
        moments += [due[0]] if due is not None else []
    return min(moments)


def _known(history: History, workflow: str, stage: str, since: datetime, at: datetime) -> list[PastRun]:
    """The runs back to `since`, and on to the last before that which succeeded."""
    runs = (run.as_of(at) for run in history.runs(workflow, stage) if run.started <= at)
    enough = False

    def is_wanted(run: PastRun) -> bool:
        nonlocal enough
        wanted, enough = not enough, run.started < since and run.succeeded
        return wanted

    return list(takewhile(is_wanted, runs))


def _published(history: History, workflow: str, stage: str, objectives: Objectives, at: datetime) -> list[Published]:
    """Of each result the newest that was published then."""
    if objectives.freshness is None and objectives.coverage is None:
        return []
    found: dict[str, Published] = {}
    for one in history.published(workflow, stage):
        if one.started <= at and (one.result not in found or found[one.result].started < one.started):
            found[one.result] = one
    return list(found.values())


def _verdicts(objectives: Objectives, past: Past, schedule: Schedule | None) -> Iterator[Verdict]:
    if objectives.finished_by is not None:
        yield finished_by(objectives.finished_by, past, schedule)
    if objectives.success_rate is not None:
        yield success_rate(objectives.success_rate, past)
    if objectives.freshness is not None:
        yield freshness(objectives.freshness, past)
    if objectives.coverage is not None:
        yield coverage(objectives.coverage, past)
    if objectives.duration is not None:
        yield duration(objectives.duration, past)


def finished_by(by: str, past: Past, schedule: Schedule | None) -> Verdict:
    """The last run that had to be done by now: one that began at its time or later, and succeeded before the deadline.

    Whoever started it, and however often it was tried: what counts is that the result was there.
    """
    target = f"by {by}" + (f" ({schedule.zone})" if schedule is not None else "")

    def say(actual: str, state: State) -> Verdict:
        return Verdict("finishedBy", target, actual, state)

    due = schedule.last_due(past.at, clock(by)) if schedule is not None else None
    if due is None:
        return say("no run is due by the schedule", State.UNKNOWN)
    start, deadline = due
    since = [run for run in reversed(past.runs) if run.started >= start]
    done = min((run.finished for run in since if run.succeeded and run.finished), default=None)
    if done is not None and done <= deadline:
        return say(past.shown(done), State.OK)
    in_time = [run for run in since if run.started <= deadline]
    if not in_time and len(past.runs) == len(since):
        return say(f"nothing is known of the time before {past.shown(deadline)}", State.UNKNOWN)
    if done is not None:
        return say(f"{past.shown(done)}, {spoken(done - deadline)} late", State.BREACHED)
    if in_time:
        last = in_time[-1]
        return say(f"{last.name} of {past.shown(last.started)}: {last.phase}", State.BREACHED)
    return say(f"no run began between {past.shown(start)} and {past.shown(deadline)}", State.BREACHED)


def success_rate(objective: SuccessRate, past: Past) -> Verdict:
    """Of the runs that began in the last days and have ended: how many succeeded. A killed run has ended badly."""
    over = age(objective.over)
    target = f"{objective.at_least:.4g} over {spoken(over)}"
    ended = [run for run in past.runs if run.ended and run.started > past.at - over]
    if not ended:
        return Verdict("successRate", target, "no run ended in this time", State.UNKNOWN)
    failed = sum(not run.succeeded for run in ended)
    rate = 1 - failed / len(ended)
    kept = rate >= objective.at_least - _ROUNDING
    actual = f"{rate:.4g} ({len(ended) - failed} of {len(ended)} runs)"
    return Verdict(
        "successRate",
        target,
        actual,
        State.OK if kept else State.BREACHED,
        _budget(failed, (1 - objective.at_least) * len(ended)),
    )


def _budget(failed: int, allowed: float) -> float:
    """The share of the allowed failures that is left; of none, one failure is all of them."""
    return round(1 - failed / allowed, 6) if allowed > _ROUNDING else 1.0 - failed


def freshness(limit: str, past: Past) -> Verdict:
    """How long ago the run began that made what is published; of several results the oldest counts.

    Where a workflow publishes nothing, the last run that succeeded counts.
    """
    target = f"at most {spoken(age(limit))} old"
    if past.published:
        began, run = min((one.started, one.run) for one in past.published)
    else:
        good = next((run for run in past.runs if run.succeeded), None)
        if good is None:
            return Verdict("freshness", target, "no result is known", State.UNKNOWN)
        began, run = good.started, good.name
    old = past.at - began
    return Verdict("freshness", target, f"{spoken(old)} old ({run})", State.OK if old <= age(limit) else State.BREACHED)


def coverage(objective: Coverage, past: Past) -> Verdict:
    """The share of the known users who have a result; of several results the smallest counts."""
    target = f"at least {objective.at_least:.4g} of the users"
    if not past.published:
        return Verdict("coverage", target, "no result is published", State.UNKNOWN)
    shares = [one.coverage for one in past.published]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return Verdict("coverage", target, "the published result does not say it", State.UNKNOWN)
    kept = min(known) >= objective.at_least - _ROUNDING
    return Verdict("coverage", target, f"{min(known):.4g}", State.OK if kept else State.BREACHED)


def duration(objective: Duration, past: Past) -> Verdict:
    """How long the last run that succeeded took; one that goes on for longer already is not waited for."""
    limit = age(objective.at_most)
    target = f"at most {spoken(limit)}"
    going = [run for run in past.runs[:1] if run.phase == RUNNING and past.at - run.started > limit]
    if going:
        actual = f"{spoken(past.at - going[0].started)} and not done ({going[0].name})"
        return Verdict("duration", target, actual, State.BREACHED)
    last = next(((run, run.took) for run in past.runs if run.succeeded and run.took is not None), None)
    if last is None:
        return Verdict("duration", target, "no run succeeded that is known here", State.UNKNOWN)
    run, took = last
    return Verdict("duration", target, f"{spoken(took)} ({run.name})", State.OK if took <= limit else State.BREACHED)
