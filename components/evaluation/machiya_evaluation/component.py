"""What the contract asks for: tables in, tables and metrics out."""

from collections.abc import Iterator
from contextlib import contextmanager

from machiya_component import Component, Context, DataError, MetricsOutput, TableInput, TableOutput

component = Component(__package__)


@component.operation
def evaluate(
    context: Context,
    recommendations: TableInput,
    test: TableInput,
    train: TableInput,
    segments: TableInput | None,
    items: TableInput | None,
    scores: TableOutput,
    metrics: MetricsOutput,
    *,
    ks: list[int],
    metric_names: list[str],
    relevance: str,
    bootstrap_samples: int,
    confidence: float,
    segment_edges: list[int],
    seed: int,
) -> None:
    """Score one set of recommendations against held-out interactions."""
    from machiya_evaluation import evaluation, tables
    from machiya_evaluation.sources import Parts

    settings = evaluation.Settings(
        sorted(ks), metric_names, relevance == "weight", bootstrap_samples, confidence, sorted(segment_edges)
    )
    with _data_errors():
        data = evaluation.prepare(
            Parts(recommendations.files),
            Parts(test.files),
            Parts(train.files),
            None if segments is None else segments.read(["user_id", "segment"]),
            None if items is None else Parts(items.files),
            settings,
        )
    counts = data.counts()
    context.log.info("Users, lists and items: %s", counts)
    with context.progress(len(data.groups()), "segments") as progress:
        rows = evaluation.evaluate(data, settings, context.rng, progress.advance)
    scores.write(tables.scores_table(rows))
    metrics.write({**counts, **tables.scores_metrics(rows)})


@component.operation
def compare(
    context: Context,
    base: TableInput,
    candidate: TableInput,
    segments: TableInput | None,
    train: TableInput | None,
    test: TableInput | None,
    user_changes: TableOutput,
    item_changes: TableOutput,
    metric_changes: TableOutput,
    verdict: TableOutput,
    metrics: MetricsOutput,
    *,
    k: int,
    p: float,
    segment_edges: list[int],
    thresholds: dict[str, float],
    min_users: int,
    bootstrap_samples: int,
    confidence: float,
    seed: int,
) -> None:
    """Compare two sets of recommendations, and judge the change by thresholds."""
    from machiya_evaluation import comparison, gain, tables
    from machiya_evaluation.sources import Parts
    from machiya_evaluation.verdict import judge

    groups = (
        None if segments is None else segments.read(["user_id", "segment"]),
        None if train is None else Parts(train.files),
    )
    with _data_errors():
        sides = comparison.read_sides(Parts(base.files), Parts(candidate.files))
        result = comparison.compare(sides, *groups, k=k, p=p, segment_edges=sorted(segment_edges))
        settings = gain.Settings(k, bootstrap_samples, confidence, sorted(segment_edges))
        held_out = None if test is None else Parts(test.files)
        gains = gain.metric_changes(sides, held_out, *groups, settings, context.rng) if held_out else []
        del sides  # 4 bytes a row, to be there for what writes the results
    observations = comparison.user_statistics(result.users) | comparison.total_statistics(result)
    judgements = judge(observations, thresholds, min_users)
    for rule, threshold, observed, outcome in judgements:
        shown = "not enough data" if observed is None else f"{observed:.4g}"
        context.log.info("%s %g: %s (%s)", rule, threshold, outcome, shown)
    user_changes.write(tables.user_changes_table(result.users, result.segments))
    item_changes.write(tables.item_changes_table(result.items))
    metric_changes.write(tables.metric_changes_table(gains))
    verdict.write(tables.verdict_table(judgements))
    metrics.write(tables.comparison_metrics(result, judgements, k))


@contextmanager
def _data_errors() -> Iterator[None]:
    """The numerics' own error as the kit's, which becomes exit code 65."""
    from machiya_evaluation.errors import InputError

    try:
        yield
    except InputError as error:
        raise DataError(str(error), error.remedy) from error
