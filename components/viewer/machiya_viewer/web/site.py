"""What the web application shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from machiya_viewer.view.catalog import Catalog


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Site:
    """The runs below a root, and how they are shown.

    ``stale_hours`` is how old data may be before pages say so (0: never), ``hosts`` are those that addresses of the
    data may lead to, ``now`` is the clock.
    """

    catalog: Catalog
    title: str
    maker: str
    stale_hours: float = 0
    hosts: frozenset[str] = frozenset()
    now: Callable[[], datetime] = utc_now

    def age(self, last: datetime | None) -> timedelta | None:
        """How old data is; None where nobody knows."""
        return None if last is None else max(timedelta(0), self.now() - last)

    def is_stale(self, last: datetime | None) -> bool:
        """Whether data is older than it may be."""
        age = self.age(last)
        return bool(self.stale_hours) and age is not None and age > timedelta(hours=self.stale_hours)
