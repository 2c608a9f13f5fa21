"""The checks of the diff as the table ``verdict`` of a view, so that the view's gate says what the diff says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from machiya.engines.local.locations import Source, take_in
from machiya.engines.local.store import ArtifactStore
from machiya.records.stores import scratch
from machiya.release.diff.model import Check
from machiya_component.contract.model import Port

VERDICT = "verdict"
"""The input of an operation that shows rules."""

_COLUMNS = ("rule", "threshold", "observed", "outcome")
_METRICS = "results.metrics."
_NAMES: Mapping[str, str] = {
    "results.min_overlap": "min_overlap",
    "results.min_rbo": "min_rbo",
    "results.max_changed_users": "max_changed_share",
    "results.max_lost_users": "max_lost_users_share",
    "results.max_left_items": "max_left_items_share",
}
"""What evaluation calls the same rule: views know it by that name."""

Row = dict[str, str | float | None]


def takes_verdict(port: Port) -> bool:
    """Whether an input has the columns of a verdict."""
    fields = port.table_schema.fields if port.table_schema is not None else ()
    return set(_COLUMNS) <= {field.name for field in fields}


def take_in_verdict(rows: Sequence[Row], store: ArtifactStore, home: Path, location: str) -> Source:
    """Keep a table of these rows in a store, as data from outside is kept before a run starts.

    Args:
        rows: those of the table.
        store: that of the runs.
        home: where the runs are; nothing stays below its ``tmp``.
        location: what is said of where the table comes from.

    Raises:
        LocationError, StoreError: it cannot be kept.
    """
    with scratch(home) as folder:
        file = folder / "part-00000.parquet"
        _write(rows, file)
        source = take_in(str(file), store, folder)
    return replace(source, location=location)


def outcomes_of(port: Port) -> Sequence[str] | None:
    """The outcomes that an input takes; None: it does not say."""
    fields = port.table_schema.fields if port.table_schema is not None else ()
    return next((field.constraints.enum for field in fields if field.name == "outcome"), None)


def verdict_rows(checks: Sequence[Check], result: str, allowed: Sequence[str] | None = None) -> list[Row]:
    """The rows of the table.

    A check that holds because there was nothing to judge is left out, as rules without a threshold are: a view takes
    no pass without an observation for one.

    Args:
        checks: those of the diff.
        result: the name of the result that is shown.
        allowed: the outcomes that the view takes; None: all of them.
    """
    return list(_rows(checks, result, allowed))


def _rows(checks: Sequence[Check], result: str, allowed: Sequence[str] | None) -> Iterator[Row]:
    for check in checks:
        judged = check.outcome != "go" or check.observed is not None
        if judged and check.result in ("", result):
            yield {
                "rule": _name(check.rule),
                "threshold": check.threshold,
                "observed": check.observed,
                "outcome": _outcome(check, allowed),
                "text": check.text,
            }


def _name(rule: str) -> str:
    if rule.startswith(_METRICS):
        return f"min_{rule.removeprefix(_METRICS)}_difference"
    return _NAMES.get(rule, rule)


def _outcome(check: Check, allowed: Sequence[str] | None) -> str:
    """Where a view takes no warnings, what is to be looked at is not known there: it never passes."""
    if check.outcome != "look":
        return {"go": "pass", "no-go": "fail"}[check.outcome]
    known = check.observed is not None and (allowed is None or "warn" in allowed)
    return "warn" if known else "unknown"


def _write(rows: Sequence[Row], file: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, number = pa.string(), pa.float64()
    columns = {"rule": text, "threshold": number, "observed": number, "outcome": text, "text": text}
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(columns)), file)
