"""Results as the tables and the flat maps that leave the component."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from machiya_evaluation.comparison import (
    Comparison,
    ItemChanges,
    UserChanges,
    counts,
    total_statistics,
    user_statistics,
)
from machiya_evaluation.evaluation import Score
from machiya_evaluation.gain import MetricChange
from machiya_evaluation.segments import EVERYBODY
from machiya_evaluation.verdict import Judgement

SCORES = pa.schema(
    [
        ("metric", pa.string()),
        ("k", pa.int64()),
        ("segment", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("users", pa.int64()),
    ]
)
METRIC_CHANGES = pa.schema(
    [
        ("metric", pa.string()),
        ("k", pa.int64()),
        ("segment", pa.string()),
        ("base", pa.float64()),
        ("candidate", pa.float64()),
        ("difference", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("users", pa.int64()),
    ]
)
VERDICT = pa.schema(
    [("rule", pa.string()), ("threshold", pa.float64()), ("observed", pa.float64()), ("outcome", pa.string())]
)


def scores_table(scores: Sequence[Score]) -> pa.Table:
    """One row for each metric, k and segment; null where a value cannot be computed."""
    return pa.Table.from_pylist([score._asdict() for score in scores], schema=SCORES)


def scores_metrics(scores: Sequence[Score]) -> dict[str, float]:
    """`ndcg@10` for everybody, `ndcg@10/heavy` for a segment; what cannot be computed is left out."""
    return {
        _key(f"{score.metric}@{score.k}", score.segment): score.value for score in scores if score.value is not None
    }


def user_changes_table(changes: UserChanges, segments: Sequence[str]) -> pa.Table:
    """One row for each user on both sides, by user_id."""
    return pa.table(
        {
            "user_id": changes.user.cast(pa.string()),
            "segment": pa.array(segments, pa.string()).take(pa.array(changes.segment)),
            "overlap": changes.overlap,
            "rbo": changes.rbo,
            "kendall_tau": pa.array(changes.kendall_tau, mask=np.isnan(changes.kendall_tau)),
            "entered": changes.entered,
            "left": changes.left,
            "changed": changes.changed,
        }
    )


def item_changes_table(changes: ItemChanges) -> pa.Table:
    """One row for each item that either side shows, by item_id."""
    return pa.table(
        {
            "item_id": changes.item.cast(pa.string()),
            "exposure_base": changes.base,
            "exposure_candidate": changes.candidate,
            "change": changes.candidate - changes.base,
        }
    )


def metric_changes_table(changes: Sequence[MetricChange]) -> pa.Table:
    """One row for each metric and segment; null where a value cannot be computed."""
    return pa.Table.from_pylist([change._asdict() for change in changes], schema=METRIC_CHANGES)


def verdict_table(judgements: Sequence[Judgement]) -> pa.Table:
    """One row for each rule that has a threshold."""
    return pa.Table.from_pylist([judgement._asdict() for judgement in judgements], schema=VERDICT)


def comparison_metrics(comparison: Comparison, judgements: Sequence[Judgement], k: int) -> dict[str, float]:
    """`overlap@10` for everybody, `overlap@10/heavy` for a segment; what cannot be computed is left out."""
    groups: dict[str, int | None] = {EVERYBODY: None}
    if comparison.segments != (EVERYBODY,):
        groups |= {name: code for code, name in enumerate(comparison.segments)}
    metrics: dict[str, float] = dict(counts(comparison))
    metrics |= {name: observation.value for name, observation in total_statistics(comparison).items()}
    for name, segment in groups.items():
        for statistic, (value, users) in user_statistics(comparison.users, segment).items():
            if users:
                metrics[_key(f"{statistic}@{k}", name)] = value
    for outcome in ("pass", "fail", "unknown"):
        metrics[f"verdict_{outcome}"] = sum(judgement.outcome == outcome for judgement in judgements)
    return metrics


def _key(name: str, segment: str) -> str:
    return name if segment == EVERYBODY else f"{name}/{segment}"
