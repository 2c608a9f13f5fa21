"""What the contract asks for: tables in, tables and metrics out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from machiya_component import (
    ArgumentsError,
    Component,
    Context,
    DataError,
    FilesOutput,
    MetricsInput,
    MetricsOutput,
    TableInput,
    TableOutput,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from machiya_experiment.conversions import Window

component = Component(__package__)


@component.operation
def split(
    context: Context,
    control: TableInput,
    candidate: TableInput | None,
    recommendations: TableOutput,
    assignment: TableOutput,
    metrics: MetricsOutput,
    *,
    share: float,
    salt: str,
    control_name: str,
    candidate_name: str,
) -> None:
    """Take each user's recommendations from the control or from the candidate."""
    from machiya_experiment import splitting

    if control_name == candidate_name:
        raise ArgumentsError(f"control_name and candidate_name are both {control_name!r}.", "Name them differently.")
    with _exit_codes():
        result = splitting.split(control, candidate, share, salt, (control_name, candidate_name))
    with recommendations.writer(result.schema) as writer:
        for rows in result.rows():
            writer.write(rows)
    assignment.write(result.assignment_table())
    numbers = result.metrics()
    metrics.write(numbers)
    context.log.info("%s", numbers)
    for warning in result.warnings():
        context.log.warning("%s", warning)


@component.operation
def analyze(
    context: Context,
    assignment: TableInput,
    events: TableInput | None,
    recommendations: TableInput | None,
    variants: TableOutput,
    metrics: MetricsOutput,
    *,
    control: str,
    event_column: str,
    conversion_events: list[str],
    time_column: str,
    window_from: str,
    window_to: str,
    population: str,
    shares: dict[str, float],
    srm_threshold: float,
    confidence: float,
) -> None:
    """Count conversions of each variant, and say how likely each is the best."""
    from machiya_experiment import analysis, conversions, tables

    window = _window(window_from, window_to)
    rules = conversions.Rules(event_column, conversion_events, time_column, window, population == "active")
    log = None if events is None else _log(events, rules.columns(by_item=recommendations is not None))
    shown = None if recommendations is None else recommendations.read(["user_id", "item_id"])
    with _exit_codes():
        counts = conversions.count(assignment.read(["user_id", "variant"]), log, shown, rules)
        result = analysis.analyze(counts, control, shares, confidence)
    variants.write(tables.variants_table(result))
    numbers = tables.analysis_metrics(result, counts, srm_threshold)
    metrics.write(numbers)
    context.log.info("%s", numbers)
    if counts.unknown:
        context.log.warning("nothing is known of conversions: %s.", counts.unknown)
    if numbers.get("srm_mismatch"):
        context.log.warning(
            "sample ratio mismatch (p = %.3g): the users are not divided by the shares, so these results mean nothing. "
            "Look for users who were lost or moved.",
            numbers["srm_p_value"],
        )


@component.operation
def allocate(
    context: Context,
    variants: TableInput,
    analysis: MetricsInput | None,
    allocation: TableOutput,
    decision: FilesOutput,
    metrics: MetricsOutput,
    *,
    shares: dict[str, float],
    control: str,
    minimum_share: float,
    maximum_step: float,
    minimum_users: int,
    loss_threshold: float,
    false_stop_rate: float,
    plausible_lift: float,
) -> None:
    """Propose the next shares by Thompson sampling, and say whether the experiment can end."""
    from machiya_experiment import allocation as allocations
    from machiya_experiment import tables
    from machiya_experiment.observation import observe

    settings = allocations.Settings(
        minimum_share, maximum_step, minimum_users, loss_threshold, false_stop_rate, plausible_lift
    )
    mismatch = analysis is not None and bool(analysis.read().get("srm_mismatch"))
    with _exit_codes():
        observed = observe(variants.read(["variant", "users", "converted"]), shares, control)
        proposal = allocations.propose(observed, settings, mismatch)
    allocation.write(tables.allocation_table(observed, proposal))
    told = json.dumps(tables.decision(observed, proposal), indent=2, ensure_ascii=False)
    (decision.path / "decision.json").write_text(told + "\n", encoding="utf-8")
    metrics.write(tables.allocation_metrics(observed, proposal))
    context.log.info("%s: %s", proposal.decision, proposal.reason)


def _window(start: str, end: str) -> "Window":
    from machiya_experiment.conversions import Window

    window = Window(_time("window_from", start), _time("window_to", end))
    if window.start is not None and window.end is not None and window.start >= window.end:
        raise ArgumentsError("window_to is not after window_from.", "Give an end after the beginning, or none.")
    return window


def _time(name: str, text: str) -> int | None:
    from machiya_experiment.conversions import microseconds

    try:
        return microseconds(text)
    except ValueError:
        remedy = "Example: 2026-11-01T09:00+09:00."
        raise ArgumentsError(f"{name}: {text!r} is not a time in ISO 8601.", remedy) from None


def _log(events: TableInput, columns: list[str]) -> "pa.Table":
    """The columns of the log that are needed, all of which must be there."""
    import pyarrow.parquet as pq

    there = pq.read_schema(events.files[0]).names
    if missing := [name for name in columns if name not in there]:
        raise DataError(
            f"events: there is no column {missing[0]!r}.",
            f"Columns here: {', '.join(there)}. event_column and time_column say which to read.",
        )
    return events.read(columns)


@contextmanager
def _exit_codes() -> Iterator[None]:
    """The errors of the modules below as the kit's, which have exit codes."""
    from machiya_experiment.errors import InputError, SettingError

    try:
        yield
    except SettingError as error:
        raise ArgumentsError(str(error), error.remedy) from error
    except InputError as error:
        raise DataError(str(error), error.remedy) from error
