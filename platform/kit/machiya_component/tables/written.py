"""A table seen while it is written: checked against its schema, described and hashed in passing, not read again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from machiya_component.artifacts.digest import FileDigest, data_files
from machiya_component.findings import Finding
from machiya_component.tables.check import Key, RowsCheck, repeat_findings, shape_findings
from machiya_component.tables.files import BATCH_ROWS, TableFiles
from machiya_component.tables.schema import TableSchema
from machiya_component.tables.statistics import TableStatistics


@dataclass(frozen=True)
class Written:
    """What is known of a table that was written as one file.

    ``unproven`` are keys of which only the whole table tells whether they are repeated.
    """

    file: FileDigest
    columns: pa.Schema
    rows: int
    value_findings: Sequence[Finding]
    unproven: Sequence[Key]
    statistics: dict[str, dict[str, Any]]

    def findings(self, folder: Path, schema: TableSchema | None, allow_empty: bool) -> list[Finding]:
        """Everything in which the table in a folder differs from the schema that it was written for."""
        shape = shape_findings(self.columns, schema, self.rows, str(folder), allow_empty)
        if shape or not self.unproven:
            return shape or list(self.value_findings)
        files = TableFiles([folder / self.file.path], encoded=True)
        try:
            return [*self.value_findings, *repeat_findings(files, self.unproven)]
        finally:
            files.close()

    def is_all_of(self, folder: Path) -> bool:
        """Whether this is all that is in a folder."""
        return [(path.name, path.stat().st_size) for path in data_files(folder)] == [(self.file.path, self.file.bytes)]


class Observer:
    """Takes in the rows of a table as they are written."""

    def __init__(self, columns: pa.Schema, schema: TableSchema | None) -> None:
        self._columns = columns
        self._rows = 0
        self._statistics = TableStatistics(columns, schema)
        fits = schema is not None and not shape_findings(columns, schema, rows=1, place="", allow_empty=True)
        self._check = RowsCheck(schema) if schema is not None and fits else None

    def add(self, table: pa.Table) -> None:
        """Look at some rows."""
        for batch in table.to_batches(max_chunksize=BATCH_ROWS):
            self._rows += len(batch)
            self._statistics.add(batch)
            if self._check is not None:
                self._check.add(batch)

    def written(self, file: FileDigest) -> Written:
        """What was seen, when the file is finished."""
        return Written(
            file=file,
            columns=self._columns,
            rows=self._rows,
            value_findings=self._check.value_findings() if self._check else [],
            unproven=self._check.unproven_keys() if self._check else [],
            statistics=self._statistics.result(),
        )
