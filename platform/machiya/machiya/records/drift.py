"""How the tables of a run differ from those of another, or from the last good runs: told from their sidecars alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machiya.engines.local.store import ArtifactStore
from machiya.errors import NotFoundError
from machiya.records.artifacts import OutputArtifact, list_artifacts
from machiya.records.find import recent_runs
from machiya.records.record import RunRecord, load_record
from machiya.records.stores import scratch, shard_keys, sidecar_of, store_of
from machiya.records.times import iso
from machiya_component.artifacts import Artifact
from machiya_component.contract.complete import table_schema
from machiya_component.watch.compare import Change, Comparison, compare
from machiya_component.watch.history import History, Snapshot, read_history
from machiya_component.watch.merge import merge
from machiya_component.watch.thresholds import Thresholds

HISTORY = "history"
"""In the place of a run: the last good runs, as the component `watch` remembers them."""


@dataclass(frozen=True)
class TableDrift:
    """One table of a run beside what it is compared with. ``was`` is the newest of that; None where there is none."""

    step: str
    port: str
    now: Snapshot
    was: Snapshot | None
    comparison: Comparison

    @property
    def name(self) -> str:
        """``clean/items``"""
        return f"{self.step}/{self.port}"

    @property
    def same(self) -> bool:
        """Whether it is the same data, by the digest of its content."""
        return self.was is not None and bool(self.now.digest) and self.now.digest == self.was.digest

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya drift`."""
        return {
            "step": self.step,
            "port": self.port,
            "rows": self.now.rows,
            "against": self.was.run if self.was else None,
            "same": self.same,
            "changes": [_change_json(change) for change in self.comparison.changes],
            "notes": list(self.comparison.notes),
        }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "column": change.column or None,
        "measure": change.measure,
        "value": change.value,
        "was": change.was,
        "now": change.now,
        "against": change.against,
        "warn": change.warn,
        "error": change.error,
        "level": change.level,
    }


def run_before(record: RunRecord) -> RunRecord:
    """The newest earlier run of the same workflow and stage that succeeded.

    Raises:
        NotFoundError: there is none.
    """
    for folder in recent_runs(record.folder.home):
        other = load_record(folder)
        alike = (other.workflow, other.stage, other.purpose) == (record.workflow, record.stage, record.purpose)
        if alike and other.created < record.created and other.phase == "Succeeded":
            return other
    raise NotFoundError(
        f"no earlier run of {record.workflow} ({record.stage or 'no stage'}) has succeeded.",
        "Name one with --against RUN.",
    )


def drift(record: RunRecord, other: RunRecord | None, wanted: str = "") -> list[TableDrift]:
    """The tables of a run (of `wanted`: STEP or STEP/PORT) beside those of another; beside the history if it is None.

    Raises:
        NotFoundError: there is no such step or port, or nothing that can be compared.
    """
    with scratch(record.folder.home) as folder:
        store = store_of(record)
        looks = [
            _looked(store, record, one, folder / str(number)) for number, one in enumerate(_tables(record, wanted))
        ]
        found = []
        for number, look in enumerate(look for look in looks if look is not None):
            artifact, now, limits = look
            place = folder / f"was-{number}"
            good = _history(store, record, artifact, place) if other is None else _good(other, artifact, place)
            was = good[0] if good else None
            found.append(TableDrift(artifact.step, artifact.port, now, was, compare(now, good, limits)))
    if not found:
        raise NotFoundError(f"no table of {wanted or record.name} has statistics.", "Name a run that made tables.")
    return found


Look = tuple[OutputArtifact, Snapshot, Thresholds]


def _tables(record: RunRecord, wanted: str) -> list[OutputArtifact]:
    return [one for one in list_artifacts(record, wanted) if one.stored and (one.type or "").startswith("table")]


def _looked(store: ArtifactStore, record: RunRecord, artifact: OutputArtifact, folder: Path) -> Look | None:
    """What a table's sidecars say; of what a fan-out wrote, those of all its parts."""
    sidecars = _sidecars(store, artifact, folder)
    if not sidecars or any(one.rows is None or one.statistics is None for one in sidecars):
        return None
    parts = [Snapshot(digest=one.digest, rows=one.rows or 0, columns=one.statistics or {}) for one in sidecars]
    now = merge(parts).model_copy(update={"run": record.name, "started": iso(record.created) or ""})
    schema = sidecars[0].table_schema
    return artifact, now, table_schema(schema).thresholds() if schema else Thresholds()


def _sidecars(store: ArtifactStore, artifact: OutputArtifact, folder: Path) -> list[Artifact]:
    """All of them; none where one cannot be read, as the rest is not the table."""
    whole = sidecar_of(store, artifact.key, folder / "whole")
    if whole is not None:
        return [whole]
    keys = list(shard_keys(store, artifact.key))
    parts = [sidecar_of(store, key, folder / str(number)) for number, key in enumerate(keys)]
    found = [part for part in parts if part is not None]
    return found if len(found) == len(keys) else []


def _good(other: RunRecord, artifact: OutputArtifact, folder: Path) -> Sequence[Snapshot]:
    """The same table of another run; none where it has none."""
    try:
        (table,) = _tables(other, f"{artifact.step}/{artifact.port}")
    except (NotFoundError, ValueError):
        return ()
    look = _looked(store_of(other), other, table, folder)
    return () if look is None else (look[1],)


def _history(store: ArtifactStore, record: RunRecord, artifact: OutputArtifact, folder: Path) -> Sequence[Snapshot]:
    """The good runs that the workflow keeps of a table; none where it keeps none."""
    key = f"{HISTORY}/{record.workflow}/{record.stage}/{artifact.step}-{artifact.port}.json"
    if store.find(key) is None:
        return ()
    folder.mkdir(parents=True)
    store.link(key, folder / "history.json")
    kept: History = read_history((folder / "history.json").read_text(encoding="utf-8"), key)
    return kept.before(record.name)
