"""How many of the known users have a result."""

from typing import TYPE_CHECKING

from machiya_component import DataError, TableInput

if TYPE_CHECKING:
    import pyarrow as pa


def coverage(result: TableInput, users: TableInput, column: str) -> float | None:
    """The share of the different users in `users` who are in `result`; None where there is no user at all.

    Raises:
        DataError: one of the tables has no such column, or of a type that cannot be compared.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    known, served = _distinct(users, column, "users"), _distinct(result, column, "result")
    if not len(known):
        return None
    try:
        return float(pc.mean(pc.is_in(known, value_set=served.cast(known.type))).as_py())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        message = f"users.{column} is of type {known.type} and result.{column} of type {served.type}"
        raise DataError(f"{message}: they cannot be compared.", "Give tables that name users alike.") from error


def _distinct(table: TableInput, column: str, port: str) -> "pa.Array":
    """The different users, one batch of rows at a time; rows without a user do not count."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        parts = [pc.unique(batch.column(0)) for batch in table.batches([column])]
    except (KeyError, IndexError, pa.ArrowInvalid) as error:
        raise _absent(port, column) from error
    if not parts:
        return pa.array([], pa.string())
    return pc.drop_null(pc.unique(pa.chunked_array(parts)))


def _absent(port: str, column: str) -> DataError:
    return DataError(f"{port} has no column {column!r}.", "Name the column that holds the user: --user_column.")
