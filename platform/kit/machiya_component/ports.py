"""What an operation's function gets for its ports: inputs to read, outputs to fill."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from machiya_component.errors import OutputError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from machiya_component.artifacts.digest import HashingFile
    from machiya_component.contract.model import Port
    from machiya_component.tables.files import TableFiles
    from machiya_component.tables.schema import TableSchema
    from machiya_component.tables.written import Observer, Written

ROW_GROUP_ROWS = 1 << 17
TABLE_PART = "part-00000.parquet"
"""The one file of a table that goes through a writer."""


class FilesInput:
    """A folder to read: ports of the types ``model``, ``files`` and ``report``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def files(self) -> list[Path]:
        """The data files, sorted by path; the sidecar is not one of them."""
        from machiya_component.artifacts.digest import data_files

        return data_files(self.path)


class MetricsInput:
    """A ``metrics.json`` to read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, float]:
        """The flat map of numbers."""
        from machiya_component.artifacts.check import read_metrics

        return read_metrics(self.path)


class TableInput:
    """A table to read: Parquet parts, already checked against the contract."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def files(self) -> list[Path]:
        """The parts, in the order of their rows."""
        from machiya_component.tables.files import parquet_parts

        return parquet_parts(self.path)

    @property
    def rows(self) -> int:
        """How many rows there are (from the footers; nothing is read)."""
        with self._opened() as files:
            return files.rows

    def read(self, columns: Sequence[str] | None = None) -> "pa.Table":
        """The rows, or some columns of them, as one Arrow table."""
        with self._opened() as files:
            return files.read(columns)

    def batches(self, columns: Sequence[str] | None = None, batch_size: int = 1 << 18) -> Iterator["pa.RecordBatch"]:
        """The rows in record batches, for tables that are larger than memory."""
        with self._opened() as files:
            yield from files.batches(columns, batch_size)

    def to_pandas(self, columns: Sequence[str] | None = None) -> "pd.DataFrame":
        """The rows as a pandas data frame (pandas must be among the component's own dependencies)."""
        frame: pd.DataFrame = self.read(columns).to_pandas()
        return frame

    @contextmanager
    def _opened(self) -> Iterator["TableFiles"]:
        from machiya_component.tables.files import TableFiles

        files = TableFiles(self.files)
        try:
            yield files
        finally:
            files.close()


class FilesOutput:
    """A folder to write into: ports of the types ``model`` and ``files``. It exists and is empty."""

    def __init__(self, path: Path) -> None:
        self.path = path


class MetricsOutput:
    """Where the metrics of an operation go."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, metrics: Mapping[str, float]) -> None:
        """Write a flat map of finite numbers; NumPy scalars are welcome. Leave out what cannot be computed."""
        plain = {name: value.item() if hasattr(value, "item") else value for name, value in metrics.items()}
        (self.path / "metrics.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


class ReportOutput:
    """Where a report goes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, html: str) -> None:
        """Write the page; it must stand alone (no scripts, nothing loaded from elsewhere)."""
        (self.path / "index.html").write_text(html, encoding="utf-8")


class TableWriter:
    """Writes a table piece by piece; all pieces have the schema the writer was made with.

    Strings may come as dictionary arrays, which is faster, and are strings again when they are read.
    """

    def __init__(self, target: "HashingFile", schema: "pa.Schema", observer: "Observer") -> None:
        self._target, self._schema, self._observer = target, schema, observer
        self._parquet: pq.ParquetWriter | None = None

    def write(self, rows: "pa.Table | pa.RecordBatch") -> None:
        """Append rows."""
        import pyarrow as pa

        table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
        if table.num_rows:  # the first rows choose the encodings
            self._opened(table).write_table(table, row_group_size=ROW_GROUP_ROWS)
            self._observer.add(table)

    def _opened(self, first: "pa.Table") -> "pq.ParquetWriter":
        if self._parquet is None:
            from machiya_component.tables.encoding import parquet_writer

            self._parquet = parquet_writer(self._target, first, self._schema)
        return self._parquet

    def close(self) -> None:
        """Finish the file; one without rows has its columns, too."""
        self._opened(self._schema.empty_table()).close()


class TableOutput:
    """Where a table goes: as Parquet (zstd, row groups of 131,072 rows, each column in the encoding that suits it).

    What goes through a writer is checked, described and hashed while it is written; see ``tables.written``. A component
    may as well put Parquet parts below ``path`` itself; they are read again for that.
    """

    def __init__(self, path: Path, schema: "TableSchema | None" = None) -> None:
        self.path = path
        self.written: Written | None = None
        """What is known of the table once it is written."""
        self._schema = schema

    def write(self, table: "pa.Table") -> None:
        """Write the whole table at once."""
        with self.writer(table.schema) as writer:
            writer.write(table)

    @contextmanager
    def writer(self, schema: "pa.Schema") -> Iterator[TableWriter]:
        """Write piece by piece: ``with output.writer(schema) as writer: writer.write(batch)``; one writer an output."""
        from machiya_component.artifacts.digest import FileDigest, HashingFile
        from machiya_component.tables.written import Observer

        part = self.path / TABLE_PART
        if part.exists():
            raise OutputError(f"the output {self.path.name!r} is written twice.", "Use one writer for all rows.")
        observer = Observer(schema, self._schema)
        with HashingFile(part) as target:
            writer = TableWriter(target, schema, observer)
            try:
                yield writer
            finally:
                writer.close()
        self.written = observer.written(FileDigest(path=TABLE_PART, bytes=target.bytes, sha256=target.sha256))


Input = FilesInput | MetricsInput | TableInput
Output = FilesOutput | MetricsOutput | ReportOutput | TableOutput

INPUTS: dict[str, type[Input]] = {
    "table": TableInput,
    "model": FilesInput,
    "files": FilesInput,
    "report": FilesInput,
    "metrics": MetricsInput,
}
OUTPUTS: dict[str, type[Output]] = {
    "table": TableOutput,
    "model": FilesOutput,
    "files": FilesOutput,
    "report": ReportOutput,
    "metrics": MetricsOutput,
}


def output_of(port: "Port", folder: Path) -> Output:
    """What an operation gets to fill a port's folder."""
    kind = OUTPUTS[port.type.kind]
    return TableOutput(folder, port.table_schema) if kind is TableOutput else kind(folder)
