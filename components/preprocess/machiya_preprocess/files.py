"""Data files as Arrow tables: CSV or Parquet, plain or compressed. Their first bytes say which, not their names."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from machiya_component import DataError

_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
_REFUSED = {
    b"PK\x03\x04": ("a zip archive", "Unpack it, or compress it with gzip or zstd."),
    b"\xfd7zXZ": ("compressed with xz", "Unpack it, or compress it with gzip or zstd."),
    b"{": ("JSON", "Write it as CSV or Parquet."),
}
_PARQUET = b"PAR1"
_DAMAGED = "Write the file again. It may be cut off, lack a quote, or have more columns in one row than in another."

DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
DETECTED = "auto"

PARQUET_ROWS, CSV_BYTES = 1 << 18, 1 << 22
"""What is read at once."""


@dataclass(frozen=True)
class CsvFormat:
    """How CSV files are written.

    ``delimiter`` is a key of ``DELIMITERS``; or ``DETECTED``: tab in ``*.tsv``, elsewhere the one that divides the
    first line into most columns. ``column_names`` are those of files that begin with a row instead of a line of names.
    """

    encoding: str
    delimiter: str = DETECTED
    column_names: Sequence[str] = ()


def read_columns(path: Path, columns: Mapping[str, Any] | None, form: CsvFormat) -> pa.Table:
    """One file -> the named columns, in that order; ``None``: all of them.

    In CSV every value is text. ``columns`` gives each column the Arrow type it gets there (text, or dictionary-encoded
    text); in Parquet columns keep the types they have. Empty values are null. CSV: quotes and line breaks in quotes as
    in RFC 4180; a byte-order mark and CRLF are fine; empty lines are no rows. Raises ``DataError`` for a file that is
    damaged or lacks a column.
    """
    with _errors_of(path, form):
        if _first_bytes(path, 4) == _PARQUET:
            return _read_parquet(path, columns)
        return _read_csv(path, columns, form)


def read_batches(path: Path, columns: Mapping[str, Any], form: CsvFormat) -> Iterator[pa.RecordBatch]:
    """One file -> the named columns, as ``read_columns`` gives them, in batches of ``PARQUET_ROWS`` rows or
    ``CSV_BYTES`` bytes: one batch is held in memory at a time.
    """
    with _errors_of(path, form):
        yield from (
            _parquet_batches(path, columns) if _first_bytes(path, 4) == _PARQUET else _csv_batches(path, columns, form)
        )


@contextmanager
def _errors_of(path: Path, form: CsvFormat) -> Iterator[None]:
    """What libraries raise about a file as a ``DataError`` that says what to do."""
    try:
        yield
    except UnicodeError as error:
        raise _not_in(form.encoding, path, error) from error
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, csv.Error) as error:
        if "invalid UTF8" in str(error):
            raise _not_in(form.encoding, path, error) from error
        raise DataError(f"{path.name} cannot be read to its end: {_first_line(error)}.", _DAMAGED) from error


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].strip().rstrip(".")[:200]


def _not_in(encoding: str, path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path.name} is not text in the encoding {encoding}: {_first_line(error)}.",
        "Save it as UTF-8, or name its encoding with --encoding, e.g. cp932 for Shift_JIS of Windows.",
    )


def _open(path: Path) -> pa.NativeFile:
    with path.open("rb") as file:
        head = file.read(6)
    for magic, (what, remedy) in _REFUSED.items():
        if head.startswith(magic):
            raise DataError(f"{path.name} is {what}, which is not read here.", remedy)
    compression = next((name for magic, name in _COMPRESSIONS.items() if head.startswith(magic)), None)
    return pa.input_stream(str(path), compression=compression)


def _first_bytes(path: Path, count: int) -> bytes:
    with _open(path) as stream:
        head: bytes = stream.read(count)
    return head


def _read_parquet(path: Path, columns: Mapping[str, Any] | None) -> pa.Table:
    names = None if columns is None else list(columns)
    with _parquet(path, columns) as file:
        table = file.read(columns=names)
    return table if names is None else table.select(names)


def _parquet_batches(path: Path, columns: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    names = list(columns)
    with _parquet(path, columns) as file:
        for batch in file.iter_batches(PARQUET_ROWS, columns=names):
            yield batch.select(names)


@contextmanager
def _parquet(path: Path, columns: Mapping[str, Any] | None) -> Iterator[pq.ParquetFile]:
    with _open(path) as stream:
        # A compressed Parquet file has no random access, so it is unpacked first.
        source = pa.memory_map(str(path)) if isinstance(stream, pa.OSFile) else pa.BufferReader(stream.read())
        schema = pq.read_schema(source)
        _require(path, schema.names, None if columns is None else list(columns))
        coded = [name for name, kind in (columns or {}).items() if pa.types.is_dictionary(kind)]
        texts = [name for name in coded if pa.types.is_string(schema.field(name).type)]
        # The file is mapped, so there is nothing to buffer before.
        yield pq.ParquetFile(source, read_dictionary=texts, pre_buffer=False)


def _read_csv(path: Path, columns: Mapping[str, Any] | None, form: CsvFormat) -> pa.Table:
    with _open(path) as stream:
        return pacsv.read_csv(stream, **_csv_options(path, columns, form))


def _csv_batches(path: Path, columns: Mapping[str, Any], form: CsvFormat) -> Iterator[pa.RecordBatch]:
    with _open(path) as stream, pacsv.open_csv(stream, **_csv_options(path, columns, form)) as reader:
        yield from reader


def _csv_options(path: Path, columns: Mapping[str, Any] | None, form: CsvFormat) -> dict[str, Any]:
    present, delimiter = _header(path, form)
    _require(path, present, None if columns is None else list(columns))
    types = {name: pa.string() for name in present} if columns is None else dict(columns)
    names = list(form.column_names) or None
    return {
        "read_options": pacsv.ReadOptions(encoding=form.encoding, column_names=names, block_size=CSV_BYTES),
        "parse_options": pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        "convert_options": pacsv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            strings_can_be_null=True,
            null_values=[""],
        ),
    }


def _header(path: Path, form: CsvFormat) -> tuple[list[str], str]:
    """The names of the columns, and what divides them."""
    delimiter, names = max(_first_lines(path, form), key=lambda found: len(found[1]))
    if not names:
        raise DataError(f"{path.name} is empty.", "A CSV file begins with a line that names its columns.")
    if form.column_names:
        return list(form.column_names), delimiter
    return [names[0].removeprefix("\ufeff"), *names[1:]], delimiter


def _first_lines(path: Path, form: CsvFormat) -> Iterator[tuple[str, list[str]]]:
    """The first line as each delimiter that may be meant divides it."""
    chosen = DELIMITERS.get(form.delimiter, "\t" if ".tsv" in path.suffixes else "")
    for delimiter in [chosen] if chosen else DELIMITERS.values():
        with _open(path) as stream, io.TextIOWrapper(stream, encoding=form.encoding, newline="") as text:
            yield delimiter, next(csv.reader(text, delimiter=delimiter), [])


def _require(path: Path, present: Sequence[str], wanted: Sequence[str] | None) -> None:
    """Each wanted column is there, and there once."""
    for name in present if wanted is None else wanted:
        if present.count(name) == 1:
            continue
        count = "no column" if name not in present else "more than one column"
        named = ", ".join(one if one == one.strip() else repr(one) for one in present)
        raise DataError(
            f"{path.name} has {count} {name!r}; its columns are: {named[:300]}.",
            "Name the column to read with the parameters that end in _column. If that is a row, name them all with "
            "--column_names; if it is one column, say with --delimiter what divides them.",
        )
