"""What the sidecars below an artifact's folder tell of its data, so that it need not be found out again."""

from pathlib import Path

from machiya_component.artifacts.digest import FileDigest, combined_digest, content_digest, data_files, file_digest
from machiya_component.artifacts.sidecar import SIDECAR, Artifact, read_sidecar
from machiya_component.tables.schema import TableField, TableSchema


def sidecars_of(folder: Path) -> dict[str, Artifact]:
    """Sidecars by the folder they are for: the artifact's own (""), or those of gathered shards ("00000", ...)."""
    if (folder / SIDECAR).exists():
        return {"": read_sidecar(folder)}
    return {path.parent.name: read_sidecar(path.parent) for path in sorted(folder.glob(f"[0-9]*/{SIDECAR}"))}


def told_digest(folder: Path) -> str:
    """The content digest: what the sidecars say if they tell of every file, else that of the files."""
    sidecars = sidecars_of(folder)
    if "" in sidecars:
        return sidecars[""].digest
    told = _told_files(sidecars)
    present = {path.relative_to(folder).as_posix() for path in data_files(folder)}
    return combined_digest(told) if {one.path for one in told} == present else content_digest(folder)


def _told_files(sidecars: dict[str, Artifact]) -> list[FileDigest]:
    """All files, with their paths below the artifact's folder."""
    return [
        file.model_copy(update={"path": f"{name}/{file.path}" if name else file.path})
        for name, artifact in sidecars.items()
        for file in artifact.files
    ]


def changed_files(folder: Path, sidecars: dict[str, Artifact]) -> list[str]:
    """Files whose content is another than the sidecars say; each is read once (more than a gigabyte a second)."""
    told = _told_files(sidecars)
    return [one.path for one in told if file_digest(folder / one.path, folder).sha256 != one.sha256]


def kept_schema(sidecars: dict[str, Artifact]) -> TableSchema | None:
    """The schema that a table is known to keep: that of its sidecar, which is written after the data was checked.

    Of gathered shards it is the one that all have, without keys: they hold within a shard. None where nobody knows.
    """
    raw = [artifact.table_schema for artifact in sidecars.values()]
    if not raw or raw[0] is None or any(schema != raw[0] for schema in raw):
        return None
    try:
        schema = TableSchema.from_json(raw[0])
    except ValueError:  # of a newer version of the contract
        return None
    return schema if "" in sidecars else _without_keys(schema)


def _without_keys(schema: TableSchema) -> TableSchema:
    def without(field: TableField) -> TableField:
        return field.model_copy(update={"constraints": field.constraints.model_copy(update={"unique": False})})

    return schema.model_copy(update={"fields": tuple(map(without, schema.fields)), "primary_key": ()})
