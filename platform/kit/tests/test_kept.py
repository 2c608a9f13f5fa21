"""What sidecars tell of a table is not found out again by who reads it: its digest, and what it was checked for."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_component.artifacts import Producer, check_artifact, content_digest
from machiya_component.artifacts.kept import told_digest
from machiya_component.artifacts.sidecar import describe, seal
from machiya_component.contract.model import ArtifactType, Port
from machiya_component.findings import Finding
from machiya_component.tables.schema import TableSchema


def port(*key: str, **constraints: Any) -> Port:
    """A table of one integer column ``x``."""
    field = {"name": "x", "type": "integer", "constraints": constraints}
    schema = TableSchema.from_json({"fields": [field], "primaryKey": list(key)})
    return Port(name="rows", type=ArtifactType(kind="table"), table_schema=schema)


def sealed(folder: Path, values: list[int], told: Port) -> Path:
    """A table with a sidecar that says it was checked for ``told``."""
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"x": values}), folder / "part-00000.parquet", compression="none")
    producer = Producer(component="maker", version="1.0.0", operation="make")
    seal(folder, describe(folder, told, producer, {}, None))
    return folder


def rules(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


def test_a_rule_that_was_checked_when_the_table_was_made_is_not_checked_again(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "rows", [0], port(minimum=1))
    assert check_artifact(folder, port(minimum=1)) == []  # the sidecar is believed
    assert rules(check_artifact(folder, port(minimum=2))) == ["table.minimum"]


def test_a_table_that_is_another_than_its_sidecar_tells_of_is_refused(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "rows", [258], port(minimum=1))
    file = folder / "part-00000.parquet"
    data = file.read_bytes()
    file.write_bytes(data.replace((258).to_bytes(8, "little"), (259).to_bytes(8, "little"), 1))
    assert file.stat().st_size == len(data)
    [finding] = check_artifact(folder, port(minimum=1))
    assert (finding.rule, finding.message) == (
        "artifact.files",
        "part-00000.parquet is not the file that _artifact.json tells of: its sha256 is another.",
    )


def test_a_table_without_a_sidecar_is_checked(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "rows", [0], port(minimum=1))
    (folder / "_artifact.json").unlink()
    assert rules(check_artifact(folder, port(minimum=1))) == ["table.minimum"]


def test_a_schema_of_a_newer_contract_proves_nothing(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "rows", [0], port(minimum=1))
    sidecar = folder / "_artifact.json"
    sidecar.write_text(sidecar.read_text().replace('"fields"', '"fromTheFuture": 1, "fields"', 1))
    assert rules(check_artifact(folder, port(minimum=1))) == ["table.minimum"]


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Two shards that were checked each by itself, and have a value in common."""
    for number, values in enumerate(([0, 1], [1, 2])):
        sealed(tmp_path / "rows" / f"{number:05d}", values, port("x", minimum=1))
    return tmp_path / "rows"


def test_of_gathered_shards_rules_hold_for_all_and_keys_within_each(shards: Path) -> None:
    assert check_artifact(shards, port(minimum=1)) == []
    assert rules(check_artifact(shards, port("x", minimum=1))) == ["table.primary-key"]


def test_a_shard_that_was_checked_for_less_has_all_checked(shards: Path) -> None:
    sealed(shards / "00002", [3], port("x"))
    assert rules(check_artifact(shards, port(minimum=1))) == ["table.minimum"]


def test_the_digest_of_gathered_shards_is_that_of_their_content(shards: Path) -> None:
    told = told_digest(shards)
    assert told == content_digest(shards)
    for file in shards.rglob("*.parquet"):
        file.write_bytes(b"")
    assert told_digest(shards) == told != content_digest(shards)  # nothing was read


def test_a_file_beside_the_shards_counts(shards: Path) -> None:
    (shards / "note.txt").write_text("by hand")
    assert told_digest(shards) == content_digest(shards)
