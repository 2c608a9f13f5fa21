"""The small tables: scores, rules, and how metrics change, read whole."""

from collections.abc import Sequence

import polars as pl

from machiya_viewer.prepare.tables import Columns, Table
from machiya_viewer.records import MetricChange, Rule, Score

_SCORE: Columns = {
    "metric": pl.String,
    "k": pl.Int64,
    "segment": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "users": pl.Int64,
}
_CHANGE: Columns = {
    "metric": pl.String,
    "k": pl.Int64,
    "segment": pl.String,
    "base": pl.Float64,
    "candidate": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "users": pl.Int64,
}
_RULE: Columns = {
    "rule": pl.String,
    "threshold": pl.Float64,
    "observed": pl.Float64,
    "outcome": pl.String,
    "text": pl.String,
}


def scores_of(table: Table | None) -> tuple[Score, ...] | None:
    """The scores of one version in the order of the table; None if nobody evaluated it."""
    return None if table is None else tuple(Score(**row) for row in table.read(_SCORE).iter_rows(named=True))


def metric_changes_of(table: Table | None) -> tuple[MetricChange, ...] | None:
    """How metrics change in pairs; None if nobody compared them."""
    return None if table is None else tuple(MetricChange(**row) for row in table.read(_CHANGE).iter_rows(named=True))


def rules_of(table: Table | None) -> tuple[Rule, ...] | None:
    """The verdict, rule by rule; None if there is none."""
    return None if table is None else tuple(Rule(**row) for row in table.read(_RULE).iter_rows(named=True))


def outcome_of(rules: Sequence[Rule] | None) -> str:
    """The worst of the rules: fail, unknown, warn, pass; what is not known never passes. Empty without a verdict."""
    if rules is None:
        return ""
    outcomes = {rule.outcome for rule in rules}
    if "fail" in outcomes:
        return "fail"
    if not outcomes or outcomes - {"warn", "pass"}:
        return "unknown"
    return "warn" if "warn" in outcomes else "pass"
