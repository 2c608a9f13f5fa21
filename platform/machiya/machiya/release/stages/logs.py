"""An event log as the table that the experiment reads."""

from pathlib import Path

from machiya.errors import ArgumentsError, NotFoundError

_CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz")


def as_table(location: str, scratch: Path) -> str:
    """The location of a Parquet table: the given one, or a copy in `scratch` of a CSV file, ids as texts.

    Raises:
        NotFoundError: there is no such file.
        ArgumentsError: it cannot be read, or has no column user_id.
    """
    if "://" in location or not location.lower().endswith(_CSV):
        return location
    from pyarrow import ArrowInvalid, csv, string
    from pyarrow.parquet import write_table

    file = Path(location)
    if not file.is_file():
        raise NotFoundError(f"{file} is not there.", "Name the event log: --events FILE")
    parsing = csv.ParseOptions(delimiter="\t" if ".tsv" in file.name.lower() else ",")
    texts = csv.ConvertOptions(column_types={"user_id": string(), "item_id": string()})
    try:
        table = csv.read_csv(file, parse_options=parsing, convert_options=texts)
    except (ArrowInvalid, OSError) as error:
        raise ArgumentsError(f"{file} cannot be read: {error}.", "It is a CSV file with a line of names.") from error
    if "user_id" not in table.column_names:
        message = f"{file} has no column user_id."
        raise ArgumentsError(message, f"Its columns: {', '.join(table.column_names)}. Name it so.")
    write_table(table, scratch / "part-00000.parquet")
    return str(scratch)
