"""Broken inputs, made from the good ones of a sample."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from machiya.conformance.calls import Damage, Inputs
from machiya_component.artifacts import DIGEST_FILE, SIDECAR
from machiya_component.contract import Contract
from machiya_component.contract.model import Port
from machiya_component.tables.schema import TableField, TableSchema

_PREFERRED = ("integer", "number", "datetime", "date", "boolean", "string", "array")
"""Which column is given a wrong type: the first in this order. Text among numbers is nobody's idea of right."""


def damages(contract: Contract, operation: str, sample: str, kind: Damage) -> list[Inputs]:
    """Every way in which this kind of damage can be done to the inputs of a sample, one port each."""
    ports = contract.operations[operation].inputs
    given = contract.operations[operation].samples[sample].inputs
    return [Inputs(operation, sample, name, kind) for name in given if _applies(ports[name], kind)]


def _applies(port: Port, kind: Damage) -> bool:
    if kind == "absent":
        return not port.optional
    if port.type.kind != "table":
        return False
    if kind == "empty":
        return not port.allow_empty
    if kind == "wrong-column":
        return bool(port.table_schema and port.table_schema.fields)
    if kind == "wrong-type":
        return _typed_field(port.table_schema) is not None
    return True


def do_damage(folder: Path, port: Port, kind: Damage) -> None:
    """Damage a copy of a table. Its sidecar goes: it is the data that must be found wrong, not its description."""
    for description in (SIDECAR, DIGEST_FILE):
        (folder / description).unlink(missing_ok=True)
    parts = sorted(folder.glob("*.parquet"))
    if kind == "truncated":
        content = parts[0].read_bytes()
        parts[0].write_bytes(content[: len(content) // 2])
    elif kind == "empty":
        _rewrite(parts[0], lambda table: table.slice(0, 0))
        for part in parts[1:]:
            part.unlink()
    elif (schema := port.table_schema) is not None:
        change = {"wrong-column": _rename_column, "wrong-type": _retype_column}[kind]
        for part in parts:
            _rewrite(part, lambda table: change(table, schema))


def _rewrite(part: Path, change: Callable[[Any], Any]) -> None:
    import pyarrow.parquet as pq

    table = change(pq.read_table(part, partitioning=None))
    pq.write_table(table, part)


def _rename_column(table: Any, schema: TableSchema) -> Any:
    first = schema.fields[0].name
    return table.rename_columns([f"{name}_renamed" if name == first else name for name in table.column_names])


def _retype_column(table: Any, schema: TableSchema) -> Any:
    import pyarrow as pa

    field = _typed_field(schema)
    if field is None:
        return table
    if field.type in ("string", "array"):
        values = pa.array(range(table.num_rows), pa.int64())
    else:
        values = pa.array([f"no {field.type}"] * table.num_rows, pa.string())
    return table.set_column(table.column_names.index(field.name), field.name, values)


def _typed_field(schema: TableSchema | None) -> TableField | None:
    """The column to which a wrong type is given; None where every type is right."""
    fields = [field for field in (schema.fields if schema else ()) if field.type != "any"]
    return min(fields, key=lambda field: _PREFERRED.index(field.type), default=None)


def damaged_field(port: Port, kind: Damage) -> str:
    """The column that the damage is done to; empty where it is done to the whole table."""
    if kind == "wrong-column" and port.table_schema:
        return port.table_schema.fields[0].name
    field = _typed_field(port.table_schema) if kind == "wrong-type" else None
    return field.name if field else ""
