"""Where cached steps and artifacts come from, across runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from machiya.engines.local.argo.interpreter.nodes import Phase
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.store import StoreError
from machiya.manifest.names import run_of
from machiya.records.find import recent_runs
from machiya.records.keys import ports_with
from machiya.records.record import RunRecord, load_record
from machiya.records.steps import Step
from machiya.records.stores import memo_of


@dataclass(frozen=True)
class Execution:
    """A step of a run."""

    record: RunRecord
    step: Step


def computed_by(record: RunRecord, step: Step) -> str:
    """The run whose outputs a cached step took over; empty where nothing tells any more.

    The keys of artifacts of steps that are no loop name the run. For others the memory tells, if its entry is not one
    that was made since.
    """
    if not step.cached:
        return ""
    runs = (run_of(value.key) for value in step.node.outputs.artifacts.values())
    return next(filter(None, runs), "") or _remembered(record, step)


def _remembered(record: RunRecord, step: Step) -> str:
    template = record.template(step)
    if template is None or template.memoize is None:
        return ""
    try:
        entry = memo_of(record).lookup(template.memoize.cache, step.node.memo_key)
    except StoreError:
        return ""
    later = entry is not None and step.node.finished is not None and entry.created > step.node.finished
    return entry.run if entry is not None and not later else ""


class History:
    """All runs below a home, each read once and only when it is needed."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._records: dict[str, RunRecord] = {}

    @cached_property
    def folders(self) -> list[RunFolder]:
        """The newest first."""
        return list(recent_runs(self._home))

    def record(self, folder: RunFolder) -> RunRecord:
        """The record of a run."""
        if folder.name not in self._records:
            self._records[folder.name] = load_record(folder)
        return self._records[folder.name]

    def mentioning(self, text: str) -> Iterator[RunRecord]:
        """The runs in whose events a text stands: found without taking the events apart."""
        mark = text.encode()
        for folder in self.folders:
            if folder.name in self._records or _contains(folder.events, mark):
                yield self.record(folder)

    def computation(self, record: RunRecord, step: Step) -> Execution | None:
        """The execution that really made what a step put out; None if its run is not recorded any more."""
        if not step.cached:
            return Execution(record, step)
        named = computed_by(record, step)
        found = [one for one in self.executions_of(step.node.memo_key) if one.step.node.started <= step.node.started]
        exact = [one for one in found if one.record.name == named]
        return next(iter(exact or found), None)

    def executions_of(self, memo_key: str) -> Iterator[Execution]:
        """Those under this key that ran (were no hits) to a good end, the newest first."""
        for record in self.mentioning(memo_key) if memo_key else ():
            for step in record.makers:
                node = step.node
                if node.memo_key == memo_key and not node.memo_hit and node.phase is Phase.SUCCEEDED:
                    yield Execution(record, step)

    def makers_of(self, digest: str) -> Iterator[tuple[Execution, str]]:
        """The steps that put out this content, each with the port; the newest run first, hits last within a run."""
        for record in self.mentioning(digest):
            found = [(step, port) for step in record.makers for port in ports_with(step, digest)]
            for step, port in sorted(found, key=lambda one: one[0].cached):
                yield Execution(record, step), port


def _contains(path: Path, mark: bytes) -> bool:
    try:
        return mark in path.read_bytes()
    except OSError:
        return False
