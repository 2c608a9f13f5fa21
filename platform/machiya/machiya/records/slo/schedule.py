"""When a schedule starts runs, and until when they must have finished: in a time zone, over changes of its clocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from machiya.dsl import WorkflowDefinition

_FOLD = timedelta(hours=3)
"""More than any clock is ever put back by."""


@dataclass(frozen=True)
class Schedule:
    """A cron expression in a time zone, as Argo reads it: a time that the clock leaves out starts no run."""

    cron: str
    zone: tzinfo

    def __post_init__(self) -> None:
        """Raises ``ValueError`` where the expression is none."""
        try:
            CronSim(self.cron, datetime(2026, 1, 1))
        except CronSimError as error:
            raise ValueError(f"{self.cron!r} is no schedule ({error})") from error

    def starts_before(self, moment: datetime) -> Iterator[datetime]:
        """When it starts runs, going back from `moment` (which counts), in UTC.

        A time that the clock shows twice counts once, the first time: Argo starts two runs, and one is enough.
        """
        # By the clock on the wall, as a cron expression is meant; the library does not see the zone.
        wall = moment.astimezone(self.zone).replace(tzinfo=None) + _FOLD
        for shown in CronSim(self.cron, wall, reverse=True):
            start = _instant(shown, self.zone)
            if start is not None and start <= moment:
                yield start

    def deadline(self, start: datetime, by: time) -> datetime:
        """The first moment after `start` at which the clock shows `by`, in UTC."""
        day = start.astimezone(self.zone).date()
        while (moment := _latest(datetime.combine(day, by), self.zone)) <= start:
            day += timedelta(days=1)
        return moment

    def last_due(self, moment: datetime, by: time) -> tuple[datetime, datetime] | None:
        """(start, deadline) of the last run that must have finished at `moment`; None if there never was one."""
        for start in self.starts_before(moment):
            deadline = self.deadline(start, by)
            if deadline <= moment:
                return start, deadline
        return None


def schedule_of(workflow: WorkflowDefinition) -> Schedule | None:
    """The schedule of a workflow; ``ValueError`` if it is none that can be read."""
    return Schedule(workflow.schedule, zone_of(workflow)) if workflow.schedule is not None else None


def zone_of(workflow: WorkflowDefinition) -> tzinfo:
    """The time zone of a workflow; UTC, as in a cluster, where it names none."""
    return ZoneInfo(workflow.timezone) if workflow.timezone is not None else UTC


def _instant(shown: datetime, zone: tzinfo) -> datetime | None:
    """The (first) moment at which the clock shows a time; None if it never does."""
    moment = shown.replace(tzinfo=zone).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == shown else None


def _latest(shown: datetime, zone: tzinfo) -> datetime:
    """The last moment at which the clock shows a time, or the moment at which it has just gone past it."""
    return max(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
