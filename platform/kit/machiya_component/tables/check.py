"""A table against its schema, by columns: one pass in batches for the rules on values, one for each uniqueness rule.

Memory: one batch, and for a uniqueness rule the columns it names. Twenty million rows take seconds.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from machiya_component.findings import Finding
from machiya_component.tables.columns import EXAMPLES, ColumnCheck, broken_rows, type_problem
from machiya_component.tables.files import TableFiles, parquet_parts, problems_opening
from machiya_component.tables.keys import find_repeats
from machiya_component.tables.schema import TableSchema


def check_table(folder: Path, schema: TableSchema | None, allow_empty: bool = False) -> list[Finding]:
    """Everything in which the table in a folder differs from its schema (``None``: any columns)."""
    problems = problems_opening(folder)
    if problems:
        return problems
    files = TableFiles(parquet_parts(folder), encoded=True)
    try:
        if files.rows == 0 and not allow_empty:
            problems.append(Finding("table.empty", f"no rows in {folder}.", "Look at the step that makes this table."))
        if schema is None:
            return problems
        shape = _shape_findings(files.schema, schema)
        return problems + (shape or _read_safely(files, schema))
    finally:
        files.close()


def _read_safely(files: TableFiles, schema: TableSchema) -> list[Finding]:
    """A part that is cut off in the middle opens well and fails when its pages are read."""
    try:
        return _value_findings(files, schema) + list(_uniqueness_findings(files, schema))
    except (pa.ArrowInvalid, OSError) as error:
        message = f"cannot be read to its end: {str(error).splitlines()[0].rstrip('.')}."
        return [Finding("table.unreadable", message, "Write the file again; it is damaged.", file=str(files.paths[0]))]


def _shape_findings(actual: pa.Schema, schema: TableSchema) -> list[Finding]:
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


def _value_findings(files: TableFiles, schema: TableSchema) -> list[Finding]:
    checks = [ColumnCheck(field) for field in schema.fields]
    for batch in files.batches(schema.field_names()):
        for check in checks:
            check.add(batch.column(check.column.name))
    return [finding for check in checks for finding in check.findings()]


def _uniqueness_findings(files: TableFiles, schema: TableSchema) -> Iterator[Finding]:
    for field in schema.fields:
        if field.constraints.unique:
            yield from _repeated(files, [field.name], "table.unique", "repeat an earlier value of a unique column")
    if schema.primary_key:
        yield from _repeated(files, schema.primary_key, "table.primary-key", "repeat the primary key of another row")


def _repeated(files: TableFiles, columns: Sequence[str], rule: str, words: str) -> Iterator[Finding]:
    repeats = find_repeats(files.read(columns), EXAMPLES)
    if repeats.rows:
        yield broken_rows(rule, ", ".join(columns), repeats.rows, words, repeats.examples)
