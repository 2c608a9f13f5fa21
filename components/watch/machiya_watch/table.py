"""A table as its sidecar describes it; where it has none, as it is."""

from pathlib import Path
from typing import Any

from machiya_component.artifacts import Artifact, read_sidecar
from machiya_component.artifacts.sidecar import SIDECAR
from machiya_component.contract.complete import table_schema
from machiya_component.errors import ArgumentsError
from machiya_component.tables.schema import TableSchema
from machiya_component.watch.history import Snapshot
from machiya_component.watch.thresholds import Thresholds
from pydantic import ValidationError


def look_at(folder: Path, run: str, started: str) -> Snapshot:
    """The statistics of a table: those of its sidecar, else computed (of what a fan-out wrote, over all its parts)."""
    from machiya_component.tables.statistics import table_statistics

    sidecar = read_sidecar(folder) if (folder / SIDECAR).exists() else None
    if sidecar is not None and sidecar.rows is not None and sidecar.statistics is not None:
        rows, columns, digest = sidecar.rows, sidecar.statistics, sidecar.digest
    else:
        rows, columns = table_statistics(folder, _schema(folder))
        digest = sidecar.digest if sidecar else ""
    return Snapshot(run=run, started=started, digest=digest, rows=rows, columns=columns)


def limits_of(folder: Path, overrides: dict[str, Any]) -> Thresholds:
    """The thresholds in the schema of the table, with those of the parameter in their place."""
    schema = _schema(folder)
    said = schema.thresholds() if schema is not None else Thresholds()
    try:
        return said.overridden(Thresholds.model_validate(overrides))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        remedy = 'Example: {"columns": {"category": {"newValues": "error", "psi": {"warn": 0.1, "error": 0.25}}}}'
        raise ArgumentsError(f"--thresholds: {where}: {first['msg']}.", remedy) from error


def _schema(folder: Path) -> TableSchema | None:
    """That of the sidecar; of parts that have one each, that of the first."""
    sidecars = [folder / SIDECAR, *sorted(folder.glob(f"*/{SIDECAR}"))]
    found: Artifact | None = next((read_sidecar(path.parent) for path in sidecars if path.exists()), None)
    return table_schema(found.table_schema) if found is not None and found.table_schema else None
