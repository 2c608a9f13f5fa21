"""What the contract promises, as functions."""

from typing import Any

from machiya_component import Component, Context, FilesInput, FilesOutput, MetricsOutput, ReportOutput, TableInput

component = Component(__package__)


@component.operation
def compare(
    context: Context,
    data: TableInput,
    history: FilesInput | None,
    report: ReportOutput,
    metrics: MetricsOutput,
    findings: FilesOutput,
    snapshot: FilesOutput,
    *,
    table: str,
    run: str,
    started: str,
    thresholds: dict[str, Any],
) -> None:
    """Tell how a table differs from those of the last good runs."""
    from machiya_component.watch.compare import compare as compare_with
    from machiya_component.watch.page import Section, page, summary

    from machiya_watch.files import read_good_runs, write_snapshot
    from machiya_watch.findings import Findings
    from machiya_watch.table import limits_of, look_at

    limits = limits_of(data.path, thresholds)
    now = look_at(data.path, run, started)
    good = read_good_runs(history.path).before(run) if history is not None else []
    comparison = compare_with(now, good, limits)
    report.write(page(f"Data watch: {table}", [Section(table, comparison, now, good[0] if good else None)]))
    found = Findings.of(table, comparison)
    found.write(findings.path)
    write_snapshot(now, snapshot.path)
    metrics.write(found.metrics(now.rows))
    for line in found.lines():
        context.log.warning(line)
    context.log.info("%s, compared with %s good runs: %s", table, len(good), summary(comparison))


@component.operation
def gate(
    context: Context, findings: FilesInput, metrics: MetricsOutput, *, accept: str, stage: str, lenient_stages: str
) -> None:
    """Stop the run if a table changed too much."""
    from machiya_watch.findings import names_in, read_findings

    found = read_findings(findings.path)
    for line in found.lines():
        context.log.warning(line)
    accepted, warnings = found.accepted(accept), len(found.of_level("warn"))
    lenient = stage in names_in(lenient_stages)
    if not lenient:
        found.refuse(accepted)
    left = len(found.of_level("error")) - len(accepted)
    metrics.write({"warnings": warnings, "accepted": len(accepted), "tolerated": left})
    words = [f"{found.table} passes with {warnings} warnings"]
    words += [f"let through: {', '.join(accepted)}"] if accepted else []
    words += [f"{left} errors that stop no run at the stage {stage}"] if left else []
    context.log.info("; ".join(words))


@component.operation
def remember(
    context: Context, snapshot: FilesInput, earlier: FilesInput | None, history: FilesOutput, *, keep: int
) -> None:
    """Add a run to the good ones."""
    from machiya_component.watch.history import History

    from machiya_watch.files import read_good_runs, read_snapshot, write_good_runs

    before = read_good_runs(earlier.path) if earlier is not None else History()
    after = before.remembering(read_snapshot(snapshot.path), keep)
    write_good_runs(after, history.path)
    context.log.info("%s good runs are remembered: %s", len(after.runs), ", ".join(one.run for one in after.runs))
