"""`machiya status`: what runs where, since when, what is newer, how the last run ended, and which promises are kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from machiya.dsl import load_workflow
from machiya.errors import MachiyaError
from machiya.pins import CanaryPin, Pin
from machiya.records.find import recent_runs
from machiya.records.record import RunRecord, load_record
from machiya.records.slo import LocalHistory, Report
from machiya.records.slo.look import promises
from machiya.release.contracts import parse_version
from machiya.release.registry import Registry
from machiya.release.stages.candidate import registry_of
from machiya.release.stages.decision import Opened, open_pins
from machiya.release.stages.history import LineChange, changes_of

_LOOKED_AT = 500
"""Runs, the newest first."""


@dataclass(frozen=True)
class ComponentStatus:
    """One component at one stage. ``newest`` is the newest release; None where the registry could not tell."""

    component: str
    pin: Pin
    since: LineChange
    newest: str | None = None
    canary: CanaryPin | None = None

    @property
    def is_behind(self) -> bool:
        """Whether a newer version is released."""
        newest, pinned = parse_version(self.newest or ""), parse_version(self.pin.version)
        return newest is not None and pinned is not None and newest > pinned

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya status`."""
        canary, commit = self.canary, self.since.commit
        return {
            "component": self.component,
            "version": self.pin.version,
            "digest": self.pin.digest,
            "newest": self.newest,
            "behind": self.is_behind,
            "since": {"time": commit.time, "author": commit.author, "commit": commit.hash} if commit else None,
            "canary": {"version": str(canary.pin), "share": canary.share, "salt": canary.salt} if canary else None,
        }


@dataclass(frozen=True)
class StageStatus:
    """One stage; ``run`` is the last one of it, as this machine remembers, ``levels`` whether its promises are kept."""

    stage: str
    components: tuple[ComponentStatus, ...]
    run: RunRecord | None = None
    levels: Report | None = None

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya status`."""
        run = self.run.summary() if self.run is not None else None
        levels = self.levels.to_json() if self.levels is not None else None
        components = [one.to_json() for one in self.components]
        return {"stage": self.stage, "components": components, "run": run, "serviceLevels": levels}


@dataclass(frozen=True)
class Status:
    """All stages of a workflow.

    ``registry_error`` says why nothing is known of newer versions, ``levels_error`` why nothing is of promises.
    """

    workflow: str
    stages: tuple[StageStatus, ...]
    registry_error: str = ""
    levels_error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya status`."""
        stages = [stage.to_json() for stage in self.stages]
        return {
            "workflow": self.workflow,
            "stages": stages,
            "registryError": self.registry_error or None,
            "serviceLevelsError": self.levels_error or None,
        }


def status(
    folder: Path,
    home: Path,
    *,
    offline: bool = False,
    registry: Registry | None = None,
    at: datetime | None = None,
) -> Status:
    """Look at the pins, git, the registry and the runs that are remembered, now or at a time. Raises PinsError."""
    opened = open_pins(folder)
    newest, error = ({}, "") if offline else _newest(opened, registry)
    runs = _last_runs(home, _name(opened), list(opened.pins.stages))
    levels, levels_error = _levels(folder, home, at or datetime.now(UTC))
    stages = [
        StageStatus(stage, tuple(_components(opened, stage, newest)), runs.get(stage), levels.get(stage))
        for stage in opened.pins.stages
    ]
    return Status(opened.name, tuple(stages), error, levels_error)


def _levels(folder: Path, home: Path, at: datetime) -> tuple[dict[str, Report], str]:
    """Whether each stage keeps what it promises, and why that is not known."""
    try:
        history = LocalHistory(home)
        reports = [promise.judge(history, at) for promise in promises(folder)]
    except MachiyaError as error:
        return {}, error.message
    return {report.stage: report for report in reports}, ""


def _name(opened: Opened) -> str:
    """What the workflow file calls it; where that cannot be read, the name of its folder."""
    try:
        return load_workflow(opened.folder, next(iter(opened.pins.stages)), opened.pins).name
    except MachiyaError:
        return opened.name


def _components(opened: Opened, stage: str, newest: dict[str, str]) -> Iterator[ComponentStatus]:
    for name, pin in opened.pins.stages[stage].items():
        canary = opened.pins.canary.get(name)
        is_here = canary is not None and canary.stage == stage
        since = changes_of(opened, stage, name)[0]
        yield ComponentStatus(name, pin, since, newest.get(name), canary if is_here else None)


def _newest(opened: Opened, registry: Registry | None) -> tuple[dict[str, str], str]:
    """The newest release of each component, and why not all of them are known."""
    found: dict[str, str] = {}
    try:
        asked = registry or registry_of(opened.pins)
        for name in dict.fromkeys(name for entries in opened.pins.stages.values() for name in entries):
            versions = [version for tag in asked.repository(name).tags() if (version := parse_version(tag))]
            stable = [version for version in versions if not version.prerelease] or versions
            if stable:
                found[name] = str(max(stable))
    except MachiyaError as error:
        return found, error.message
    return found, ""


def _last_runs(home: Path, workflow: str, stages: Sequence[str]) -> dict[str, RunRecord]:
    found: dict[str, RunRecord] = {}
    for folder in islice(recent_runs(home), _LOOKED_AT):
        record = load_record(folder)
        if record.workflow == workflow and record.stage in stages and not record.purpose:
            found.setdefault(record.stage, record)
        if len(found) == len(stages):
            break
    return found
