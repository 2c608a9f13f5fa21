"""What is known of a workflow's runs and of what it has published: of local runs here, of others by the protocol."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from machiya.dsl.model import PUBLISHED
from machiya.engines.local.store import ArtifactStore
from machiya.records.find import recent_runs
from machiya.records.record import RunRecord, load_record
from machiya.records.stores import scratch, store_of

RUNNING, SUCCEEDED = "Running", "Succeeded"


@dataclass(frozen=True)
class PastRun:
    """A run: when it was created, and how and when it ended.

    Times know their zone. ``finished`` is None before the end, and for a run whose engine was killed.
    """

    name: str
    phase: str
    started: datetime
    finished: datetime | None = None

    @property
    def succeeded(self) -> bool:
        """Whether it came to its end, and well."""
        return self.phase == SUCCEEDED and self.finished is not None

    @property
    def ended(self) -> bool:
        """Whether it goes on no more, however that came."""
        return self.phase not in (RUNNING, "Pending", "")

    @property
    def took(self) -> timedelta | None:
        """From its start to its end."""
        return None if self.finished is None else self.finished - self.started

    def as_of(self, moment: datetime) -> "PastRun":
        """The run as it was known then."""
        if self.finished is not None and self.finished > moment:
            return replace(self, phase=RUNNING, finished=None)
        return self


@dataclass(frozen=True)
class Published:
    """A result that is published. ``started`` is when its run began, ``coverage`` the share of users with a result."""

    result: str
    run: str
    started: datetime
    coverage: float | None = None


class History(Protocol):
    """What an engine remembers of a workflow at a stage."""

    def runs(self, workflow: str, stage: str) -> Iterator[PastRun]:
        """All runs that are known, the newest first, each read when it is asked for."""

    def published(self, workflow: str, stage: str) -> Sequence[Published]:
        """The results that are published now, each with the one that was published before, if that is known."""


@dataclass(frozen=True)
class LocalHistory:
    """Of the runs on this machine. Runs for a purpose of their own (`machiya diff`) do not count."""

    home: Path

    def runs(self, workflow: str, stage: str) -> Iterator[PastRun]:
        """All runs, the newest first."""
        return (_past(record) for record in self._records(workflow, stage))

    def published(self, workflow: str, stage: str) -> Sequence[Published]:
        """What is published in the store of the newest run. Raises StoreError."""
        newest = next(self._records(workflow, stage), None)
        if newest is None:
            return ()
        with scratch(self.home) as folder:
            return published_in(store_of(newest), workflow, stage, folder)

    def _records(self, workflow: str, stage: str) -> Iterator[RunRecord]:
        for folder in recent_runs(self.home):
            record = load_record(folder)
            if (record.workflow, record.stage, record.purpose) == (workflow, stage, ""):
                yield record


def _past(record: RunRecord) -> PastRun:
    finished = record.state.finished
    return PastRun(record.name, record.phase, _time(record.created), _time(finished) if finished else None)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def published_in(store: ArtifactStore, workflow: str, stage: str, scratch: Path) -> Sequence[Published]:
    """What the pointers in a store say; one that cannot be read counts as none. `scratch` is an empty folder.

    Raises:
        StoreError: the store does not give what it has.
    """
    key = f"{PUBLISHED}/{workflow}/{stage}"
    if store.find(key) is None:
        return ()
    store.link(key, scratch / "pointers")
    files = sorted(file for file in (scratch / "pointers").iterdir() if file.is_file())
    return tuple(one for file in files for one in read_pointer(file.stem, file.read_text(encoding="utf-8")))


def read_pointer(result: str, text: str) -> Iterator[Published]:
    """What a pointer says is published, and what was before."""
    try:
        pointer = json.loads(text)
    except ValueError:
        return
    for one in (pointer, pointer.get("earlier")) if isinstance(pointer, dict) else ():
        if isinstance(one, dict) and (started := _moment(one.get("started"))) is not None:
            yield Published(result, str(one.get("run", "")), started, _share(one.get("coverage")))


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _share(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
