"""``_artifact.json``: what an artifact is, what is in it, who made it from what. No times and no host names."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from machiya_component.artifacts.digest import FileDigest, combined_digest, data_files, file_digest
from machiya_component.contract.model import Port
from machiya_component.errors import DataError

if TYPE_CHECKING:
    from machiya_component.tables.written import Written

SIDECAR = "_artifact.json"
DIGEST_FILE = "_digest"
"""The content digest alone, as text: what an Argo output parameter can be read from."""


class Producer(BaseModel):
    """The call that made an artifact. ``image`` and ``commit`` are ``None`` where nobody told the component."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    component: str
    version: str
    operation: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    image: str | None = None
    commit: str | None = None


class Artifact(BaseModel):
    """The content of a sidecar. ``rows`` and ``statistics`` are there for tables only."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    api_version: Literal["machiya/v1"] = Field(default="machiya/v1", alias="apiVersion")
    type: str
    table_schema: dict[str, Any] | None = Field(default=None, validation_alias="schema", serialization_alias="schema")
    rows: int | None = None
    files: list[FileDigest]
    digest: str
    producer: Producer
    inputs: dict[str, str] = Field(default_factory=dict)
    seed: int | None = None
    statistics: dict[str, dict[str, Any]] | None = None

    def to_text(self) -> str:
        """The sidecar's text; equal artifacts give equal text."""
        return self.model_dump_json(by_alias=True, exclude_none=True, indent=1) + "\n"


def read_sidecar(folder: Path) -> Artifact:
    """The sidecar of an artifact's folder.

    Raises ``FileNotFoundError`` where there is none and ``DataError`` where it cannot be understood.
    """
    path = folder / SIDECAR
    text = path.read_text(encoding="utf-8")
    try:
        return Artifact.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole file"
        message = f"{path} is not a sidecar of machiya/v1: {where}: {first['msg']}."
        raise DataError(message, "Run the step that made it again.") from error


def seal(folder: Path, artifact: Artifact) -> None:
    """Put the sidecar and the digest file beside the data."""
    (folder / SIDECAR).write_text(artifact.to_text(), encoding="utf-8")
    (folder / DIGEST_FILE).write_text(artifact.digest, encoding="utf-8")


def describe(
    folder: Path,
    port: Port,
    producer: Producer,
    inputs: dict[str, str],
    seed: int | None,
    written: "Written | None" = None,
) -> Artifact:
    """Look at finished data and say what it is: hashes, and for a table rows and column statistics.

    ``written`` is what is known already of a table that is one file: nothing is read again.
    """
    rows, statistics = None, None
    if written is not None:
        rows, statistics = written.rows, written.statistics
    elif port.type.kind == "table":
        from machiya_component.tables.statistics import table_statistics

        rows, statistics = table_statistics(folder, port.table_schema)
    files = [written.file] if written else [file_digest(path, folder) for path in data_files(folder)]
    return Artifact(
        type=str(port.type),
        table_schema=port.table_schema.to_json() if port.table_schema else None,
        rows=rows,
        files=files,
        digest=combined_digest(files),
        producer=producer,
        inputs=inputs,
        seed=seed,
        statistics=statistics,
    )
