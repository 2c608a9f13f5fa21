"""What the contract promises, as a function."""

import json

from machiya_component import Component, Context, FilesInput, FilesOutput, MetricsOutput, TableInput

component = Component(__package__)


@component.operation
def publish(
    context: Context,
    result: TableInput,
    earlier: FilesInput | None,
    users: TableInput | None,
    pointer: FilesOutput,
    metrics: MetricsOutput,
    *,
    workflow: str,
    stage: str,
    name: str,
    run: str,
    started: str,
    key: str,
    serving_key: str,
    min_rows: int,
    min_coverage: float,
    max_drop: float,
    user_column: str,
) -> None:
    """Check a result and point at it, unless a run that began later is published."""
    from machiya_component.artifacts import content_digest

    from machiya_publish.checks import Limits
    from machiya_publish.coverage import coverage
    from machiya_publish.decision import decide
    from machiya_publish.pointer import Pointer, read_pointer

    current = None if earlier is None else read_pointer(earlier.path)
    covered = None if users is None else coverage(result, users, user_column)
    digest = content_digest(result.path)
    made = Pointer(workflow, stage, name, run, started, key, digest, result.rows, covered, serving=serving_key or None)
    decision = decide(made, current, Limits(min_rows, min_coverage, max_drop))
    if decision.pointer is not None:
        decision.pointer.write(pointer.path)
    outcome = {"outcome": decision.outcome, "run": run, "detail": decision.detail}
    (pointer.path / "outcome.json").write_text(json.dumps(outcome, indent=2) + "\n", encoding="utf-8")
    metrics.write(decision.metrics)
    context.log.log(decision.level, "%s: %s", decision.outcome, decision.detail)


@component.operation
def pack(context: Context, recommendations: TableInput, serving: FilesOutput, metrics: MetricsOutput) -> None:
    """Make a serving copy: what a service looks users up in."""
    from machiya_publish.pack import pack as pack_files

    with context.progress(recommendations.rows, "pack") as progress:
        packed = pack_files(recommendations.files, serving.path, progress.advance)
    metrics.write(packed.metrics())
