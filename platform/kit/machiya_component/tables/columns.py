"""Checks of one column against its field, batch by batch: a few Arrow kernels each, never a Python loop over rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from machiya_component.findings import Finding
from machiya_component.tables.schema import TableField

EXAMPLES = 3

_TYPE_TESTS: dict[str, Callable[[pa.DataType], bool]] = {
    "string": lambda type_: (
        pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)
    ),
    "integer": pa.types.is_integer,
    "number": lambda type_: pa.types.is_floating(type_) or pa.types.is_integer(type_) or pa.types.is_decimal(type_),
    "boolean": pa.types.is_boolean,
    "date": pa.types.is_date,
    "datetime": pa.types.is_timestamp,
    "array": lambda type_: (
        pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_)
    ),
    "any": lambda _: True,
}
_TYPE_EXAMPLES = {
    "string": "string",
    "integer": "int64",
    "number": "double",
    "boolean": "bool",
    "date": "date32",
    "datetime": "timestamp[us, tz=UTC]",
    "array": "list<...>",
}


def value_type(type_: pa.DataType) -> pa.DataType:
    """The type of the values, looking through a dictionary encoding."""
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def type_problem(column: TableField, type_: pa.DataType) -> str:
    """Why an Arrow type does not carry the field's type, or an empty string."""
    if _TYPE_TESTS[column.type](value_type(type_)):
        return ""
    return f"is {type_}, but the contract says {column.type} (as Parquet, e.g. {_TYPE_EXAMPLES[column.type]})."


@dataclass
class Tally:
    """How many rows broke one rule, and the first few values that did."""

    rows: int = 0
    examples: list[Any] = field(default_factory=list)

    def add(self, values: pa.Array, broken: pa.Array) -> None:
        """Count the rows where ``broken`` (boolean, no nulls) is true and keep the first values."""
        count = broken.true_count
        self.rows += count
        if count and len(self.examples) < EXAMPLES:
            self.examples += values.filter(broken).slice(0, EXAMPLES - len(self.examples)).to_pylist()


Test = Callable[[pa.Array], pa.Array]


def _no_nulls(mask: pa.Array) -> pa.Array:
    return pc.fill_null(mask, False)


def _missing(values: pa.Array) -> pa.Array:
    return pc.is_null(values, nan_is_null=pa.types.is_floating(values.type))


def _bound(value: Any, type_: pa.DataType) -> pa.Scalar:
    if pa.types.is_timestamp(type_) and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return pa.scalar(moment.replace(tzinfo=None) if type_.tz is None else moment, type=type_)
    if pa.types.is_date(type_) and isinstance(value, str):
        return pa.scalar(date.fromisoformat(value), type=type_)
    return pa.scalar(value)


def _outside(kernel: Callable[[pa.Array, pa.Scalar], pa.Array], bound: Any) -> Test:
    # "not inside" rather than "below": a NaN is inside no bound, so it never passes one silently.
    def test(values: pa.Array) -> pa.Array:
        inside = kernel(values, _bound(bound, values.type))
        return pc.and_(pc.is_valid(values), pc.invert(_no_nulls(inside)))

    return test


def _length(values: pa.Array) -> pa.Array:
    return pc.list_value_length(values) if not _TYPE_TESTS["string"](values.type) else pc.utf8_length(values)


def _enum(allowed: tuple[Any, ...]) -> Test:
    def test(values: pa.Array) -> pa.Array:
        wanted = pa.array([_bound(value, values.type).as_py() for value in allowed])
        known = pc.is_in(values, value_set=wanted.cast(values.type))
        return pc.and_(pc.is_valid(values), pc.invert(known))

    return test


def _pattern(pattern: str) -> Test:
    whole = f"^(?:{pattern})$"
    return lambda values: _no_nulls(pc.invert(pc.match_substring_regex(values, whole)))


def constraint_tests(column: TableField) -> list[tuple[str, str, Test]]:
    """(rule id, what is wrong in words, test) for every constraint that looks at one value at a time."""
    rules = column.constraints
    tests: list[tuple[str, str, Test]] = []
    if rules.required:
        tests.append(("table.required", "missing, but the column is required", _missing))
    if rules.minimum is not None:
        tests.append(("table.minimum", f"below the minimum {rules.minimum}", _outside(pc.greater_equal, rules.minimum)))
    if rules.maximum is not None:
        tests.append(("table.maximum", f"above the maximum {rules.maximum}", _outside(pc.less_equal, rules.maximum)))
    if rules.enum is not None:
        tests.append(("table.enum", f"not one of {', '.join(map(str, rules.enum))}", _enum(rules.enum)))
    if rules.pattern is not None:
        tests.append(("table.pattern", f"not of the form {rules.pattern}", _pattern(rules.pattern)))
    if (least := rules.min_length) is not None:
        tests.append(("table.min-length", f"shorter than {least}", lambda v: _no_nulls(pc.less(_length(v), least))))
    if (most := rules.max_length) is not None:
        tests.append(("table.max-length", f"longer than {most}", lambda v: _no_nulls(pc.greater(_length(v), most))))
    return tests


def _apply(test: Test, values: pa.Array) -> pa.Array:
    """The rows of a batch that break a rule (boolean, no nulls). A dictionary's values are tested once each."""
    if not pa.types.is_dictionary(values.type):
        return test(values)
    if test is _missing:
        return pc.is_null(values)
    broken = test(values.dictionary)
    if not pc.any(broken).as_py():
        return pa.array([], pa.bool_())
    return _no_nulls(broken.take(values.indices))


class ColumnCheck:
    """All per-value rules of one column; feed it batches, then ask for findings."""

    def __init__(self, column: TableField) -> None:
        self.column = column
        self._tests = [(rule, words, test, Tally()) for rule, words, test in constraint_tests(column)]

    @property
    def rules(self) -> list[str]:
        """The ids of the rules there are for single values."""
        return [rule for rule, *_ in self._tests]

    def add(self, values: pa.Array) -> None:
        """Check one batch of the column."""
        for _, _, test, tally in self._tests:
            tally.add(values, _apply(test, values))

    def findings(self) -> list[Finding]:
        """One finding for every broken rule: the column, how many rows, the first few values."""
        return [
            broken_rows(rule, self.column.name, tally.rows, words, tally.examples)
            for rule, words, _, tally in self._tests
            if tally.rows
        ]


def broken_rows(rule: str, where: str, rows: int, words: str, examples: list[Any]) -> Finding:
    """The sentence that every broken table rule is reported with."""
    shown = ", ".join(_show(value) for value in examples)
    count = f"{rows:,} row{'s' if rows != 1 else ''}"
    return Finding(
        rule, f"{count} {words} (first: {shown}).", "Correct the data, or the contract if it is wrong.", where
    )


def _show(value: Any) -> str:
    text = value.isoformat() if isinstance(value, date | datetime) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
