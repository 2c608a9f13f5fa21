"""The Parquet parts of a table: finding, opening and reading them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from machiya_component.findings import Finding

BATCH_ROWS = 1 << 18


class TableFiles:
    """The parts of one table, in the order of their names. Opening reads the footers, not the data.

    With ``encoded`` strings come as dictionary arrays, as Parquet stores them: a check then looks at each different
    value once, not at every row.
    """

    def __init__(self, paths: Sequence[Path], encoded: bool = False) -> None:
        self.paths = list(paths)
        self._strings = _string_columns(self.paths[0]) if encoded else []
        self._open = [self._part(path) for path in self.paths]

    def _part(self, path: Path) -> pq.ParquetFile:
        return pq.ParquetFile(path, read_dictionary=self._strings)

    @property
    def schema(self) -> pa.Schema:
        """The columns of the first part; ``problems_opening`` says whether the others agree."""
        return self._open[0].schema_arrow

    @property
    def rows(self) -> int:
        """Rows of all parts, from the footers."""
        return sum(part.metadata.num_rows for part in self._open)

    def batches(self, columns: Sequence[str] | None = None, batch_size: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Record batches of all parts in order; memory is bounded by the batch and one row group's pages."""
        for path in self.paths:
            with self._part(path) as part:
                yield from part.iter_batches(batch_size=batch_size, columns=None if columns is None else list(columns))

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows as one Arrow table."""
        names = None if columns is None else list(columns)
        return pa.concat_tables([part.read(columns=names) for part in self._open], promote_options="permissive")

    def close(self) -> None:
        """Close the parts."""
        for part in self._open:
            part.close()


def _string_columns(path: Path) -> list[str]:
    schema = pq.read_schema(path)
    return [name for name in schema.names if schema.field(name).type in (pa.string(), pa.large_string())]


def parquet_parts(folder: Path) -> list[Path]:
    """The parts of a table folder, sorted by name; hidden files are not parts."""
    return sorted(path for path in folder.rglob("*.parquet") if not path.name.startswith((".", "_")))


def problems_opening(folder: Path) -> list[Finding]:
    """Why a folder cannot be read as one table: no parts, a truncated part, parts whose columns differ."""
    parts = parquet_parts(folder)
    if not parts:
        return [Finding("table.no-parts", f"no *.parquet file in {folder}.", "Put the table there as Parquet.")]
    findings, first = [], None
    for path in parts:
        try:
            with pq.ParquetFile(path) as part:
                schema = part.schema_arrow
        except (pa.ArrowInvalid, OSError) as error:
            message = f"cannot be read as Parquet: {str(error).splitlines()[0].rstrip('.')}."
            findings.append(
                Finding("table.unreadable", message, "Write the file again; it may be cut off.", file=str(path))
            )
            continue
        if first is not None and not schema.equals(first):
            message = "the columns differ from those of the first part."
            findings.append(Finding("table.parts-differ", message, "Write all parts with one schema.", file=str(path)))
        first = first or schema
    return findings
