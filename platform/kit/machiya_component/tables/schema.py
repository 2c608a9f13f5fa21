"""Frictionless Table Schema, the part of it that contracts use.

Source: https://datapackage.org/standard/table-schema/ (version 2). Two deviations: ``fieldsMatch`` is ``subset`` by
default (further columns are allowed), and ``foreignKeys`` are not supported. One property of our own: ``watch``.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from machiya_component.watch.thresholds import ColumnWatch, TableWatch, Thresholds

FieldType = Literal["string", "integer", "number", "boolean", "date", "datetime", "array", "any"]
FieldsMatch = Literal["subset", "equal"]


class Constraints(BaseModel):
    """Rules for the values of one column. ``None`` means: no such rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    required: bool = False
    unique: bool = False
    enum: tuple[Any, ...] | None = None
    minimum: Any = None
    maximum: Any = None
    pattern: str | None = None
    min_length: int | None = Field(default=None, alias="minLength")
    max_length: int | None = Field(default=None, alias="maxLength")


class TableField(BaseModel):
    """One column of a table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: FieldType = "any"
    title: str | None = None
    description: str | None = None
    constraints: Constraints = Constraints()
    watch: ColumnWatch | Literal[False] | None = None


class TableSchema(BaseModel):
    """What a table promises: its columns, and which of them identify a row."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    fields: tuple[TableField, ...]
    primary_key: tuple[str, ...] = Field(default=(), alias="primaryKey")
    fields_match: FieldsMatch = Field(default="subset", alias="fieldsMatch")
    watch: TableWatch | Literal[False] | None = None

    def field_names(self) -> list[str]:
        """Column names in the order of the contract."""
        return [field.name for field in self.fields]

    def thresholds(self) -> Thresholds:
        """What the contract says of the data watch."""
        return Thresholds(
            table=self.watch, columns={field.name: field.watch for field in self.fields if field.watch is not None}
        )

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "TableSchema":
        """The schema as Frictionless writes it (``primaryKey`` may be one name or a list) -> the model."""
        key = raw.get("primaryKey", [])
        return cls.model_validate({**raw, "primaryKey": [key] if isinstance(key, str) else key})

    def to_json(self) -> dict[str, Any]:
        """The schema as Frictionless writes it, defaults left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
