"""When a change of the data is a warning or an error: the key ``watch`` of a table schema, and what holds without it.

``None`` means: nothing is said, the default holds. ``False`` means: this is not looked at.
"""

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["warn", "error"]
Measure = Literal["rows", "newValues", "nullShare", "mean", "psi"]
"""What is looked at: ``rows`` of a table, the others of a column."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Limits(_Part):
    """A change greater than ``warn`` is a warning, one greater than ``error`` an error; ``None``: never."""

    warn: float | None = None
    error: float | None = None

    def level(self, value: float) -> Level | None:
        """What a change of this size is."""
        if self.error is not None and value > self.error:
            return "error"
        return "warn" if self.warn is not None and value > self.warn else None


T = TypeVar("T", bound=BaseModel)

Bounds = Limits | Literal[False] | None


class ColumnWatch(_Part):
    """What is looked at in one column."""

    new_values: Level | Literal[False] | None = Field(default=None, alias="newValues")
    null_share: Bounds = Field(default=None, alias="nullShare")
    mean: Bounds = None
    psi: Bounds = None


class TableWatch(_Part):
    """What is looked at in a table as a whole."""

    rows: Bounds = None


DEFAULT_COLUMN = ColumnWatch(
    newValues="warn", nullShare=Limits(warn=0.05), mean=Limits(warn=0.5), psi=Limits(warn=0.25)
)
"""What holds for a column whose contract says nothing: warnings only, so that nobody's run stops unasked."""
DEFAULT_TABLE = TableWatch(rows=Limits(warn=0.5))
NOTHING = ColumnWatch(newValues=False, nullShare=False, mean=False, psi=False)


class Thresholds(_Part):
    """All that is said about one table; by the name of the column."""

    table: TableWatch | Literal[False] | None = None
    columns: dict[str, ColumnWatch | Literal[False]] = Field(default_factory=dict)

    def of_column(self, name: str) -> ColumnWatch:
        """What holds for a column, defaults filled in."""
        said = self.columns.get(name, ColumnWatch())
        return NOTHING if said is False else _filled(said, DEFAULT_COLUMN)

    def of_table(self) -> TableWatch:
        """What holds for the table, defaults filled in."""
        return TableWatch(rows=False) if self.table is False else _filled(self.table or TableWatch(), DEFAULT_TABLE)

    def overridden(self, other: "Thresholds") -> "Thresholds":
        """These, but for what the other ones say: measure by measure."""
        columns = dict(self.columns)
        for name, said in other.columns.items():
            before = columns.get(name)
            columns[name] = _filled(said, before) if said and before else said
        table = _filled(other.table, self.table) if other.table and self.table else other.table
        return Thresholds(table=self.table if table is None else table, columns=columns)


def _filled(said: T, default: T) -> T:
    """What is said, with the default for what is not."""
    values: dict[str, Any] = {
        name: getattr(default if getattr(said, name) is None else said, name) for name in type(said).model_fields
    }
    return type(said).model_construct(**values)
