"""A table against its schema, in one pass by batches; a key that the rows are not sorted by takes one more pass.

Memory: one batch, and for such a key its columns. Twenty million rows take seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from machiya_component.findings import Finding
from machiya_component.tables.columns import EXAMPLES, ColumnCheck, broken_rows, type_problem
from machiya_component.tables.files import TableFiles, parquet_parts, problems_opening
from machiya_component.tables.keys import SortedKey, find_repeats
from machiya_component.tables.proven import left_to_check
from machiya_component.tables.schema import TableSchema


def check_table(
    folder: Path, schema: TableSchema | None, allow_empty: bool = False, kept: TableSchema | None = None
) -> list[Finding]:
    """Everything in which the table in a folder differs from its schema (``None``: any columns).

    ``kept`` is a schema that the very same data is known to keep: what follows from it is not looked at again.
    """
    problems = problems_opening(folder)
    if problems:
        return problems
    files = TableFiles(parquet_parts(folder), encoded=True)
    try:
        shape = shape_findings(files.schema, schema, files.rows, str(folder), allow_empty)
        return shape if shape or schema is None else _read_safely(files, left_to_check(schema, kept))
    finally:
        files.close()


def _read_safely(files: TableFiles, schema: TableSchema) -> list[Finding]:
    """A part that is cut off in the middle opens well and fails when its pages are read."""
    check = RowsCheck(schema)
    try:
        for batch in files.batches(check.columns) if check.columns else ():
            check.add(batch)
        return check.value_findings() + list(repeat_findings(files, check.unproven_keys()))
    except (pa.ArrowInvalid, OSError) as error:
        message = f"cannot be read to its end: {str(error).splitlines()[0].rstrip('.')}."
        return [Finding("table.unreadable", message, "Write the file again; it is damaged.", file=str(files.paths[0]))]


def shape_findings(
    columns: pa.Schema, schema: TableSchema | None, rows: int, place: str, allow_empty: bool
) -> list[Finding]:
    """What is wrong before any value is looked at: no rows, or columns that are not as promised."""
    findings = []
    if rows == 0 and not allow_empty:
        findings.append(Finding("table.empty", f"no rows in {place}.", "Look at the step that makes this table."))
    return findings if schema is None else findings + _column_findings(columns, schema)


def _column_findings(actual: pa.Schema, schema: TableSchema) -> list[Finding]:
    """Columns that are missing, of another type, or (``fieldsMatch: equal``) too many."""
    findings = []
    for field in schema.fields:
        if field.name not in actual.names:
            remedy = f"Columns here: {', '.join(actual.names)}."
            findings.append(Finding("table.missing-column", "the column is missing.", remedy, where=field.name))
        elif problem := type_problem(field, actual.field(field.name).type):
            findings.append(Finding("table.type", problem, "Convert the column.", where=field.name))
    if schema.fields_match == "equal":
        findings += [
            Finding("table.extra-column", "the contract does not name this column.", "Leave it out.", where=name)
            for name in actual.names
            if name not in schema.field_names()
        ]
    return findings


class RowsCheck:
    """The rules of a schema for values and keys, over rows that come in batches. The columns are as it says."""

    def __init__(self, schema: TableSchema) -> None:
        checks = [ColumnCheck(field) for field in schema.fields]
        self._checks = [check for check in checks if check.rules]
        self._keys = {key: SortedKey(key.columns) for key in _keys(schema)}

    @property
    def columns(self) -> list[str]:
        """Those that have to be looked at."""
        keys = [name for key in self._keys for name in key.columns]
        return list(dict.fromkeys([*(check.column.name for check in self._checks), *keys]))

    def add(self, batch: pa.RecordBatch) -> None:
        """Check some rows."""
        for check in self._checks:
            check.add(batch.column(check.column.name))
        for sorted_key in self._keys.values():
            sorted_key.add(batch)

    def value_findings(self) -> list[Finding]:
        """What is wrong with single values."""
        return [finding for check in self._checks for finding in check.findings()]

    def unproven_keys(self) -> list["Key"]:
        """The keys of which the order of the rows does not show that none is repeated."""
        return [key for key, sorted_key in self._keys.items() if not sorted_key.holds]


@dataclass(frozen=True)
class Key:
    """Columns that no two rows share, and how it is told when they do."""

    columns: tuple[str, ...]
    rule: str
    words: str


def _keys(schema: TableSchema) -> list[Key]:
    words = "repeat an earlier value of a unique column"
    keys = [Key((field.name,), "table.unique", words) for field in schema.fields if field.constraints.unique]
    if schema.primary_key:
        keys.append(Key(schema.primary_key, "table.primary-key", "repeat the primary key of another row"))
    return keys


def repeat_findings(files: TableFiles, keys: Sequence[Key]) -> Iterator[Finding]:
    """The keys that are repeated in rows of any order; the columns of one key are in memory."""
    for key in keys:
        repeats = find_repeats(files.read(key.columns), EXAMPLES)
        if repeats.rows:
            yield broken_rows(key.rule, ", ".join(key.columns), repeats.rows, key.words, repeats.examples)
