"""Results as the tables, maps and files that leave the component."""

from typing import Any

import pyarrow as pa

from machiya_experiment.allocation import Observed, Proposal
from machiya_experiment.analysis import Analysis
from machiya_experiment.conversions import Counts

VARIANTS = pa.schema(
    [
        ("variant", pa.string()),
        ("users", pa.int64()),
        ("converted", pa.int64()),
        ("rate", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("lift", pa.float64()),
        ("lift_low", pa.float64()),
        ("lift_high", pa.float64()),
        ("probability_best", pa.float64()),
        ("expected_loss", pa.float64()),
        ("expected_share", pa.float64()),
    ]
)
DECISIONS = ("wait", "continue", "promote", "stop")


def variants_table(analysis: Analysis) -> pa.Table:
    """One row for each variant; null where a value cannot be known."""
    return pa.Table.from_pylist([result._asdict() for result in analysis.variants], schema=VARIANTS)


def analysis_metrics(analysis: Analysis, counts: Counts, threshold: float) -> dict[str, float]:
    """`rate/control`, `lift/candidate` and so on; what cannot be known is left out."""
    metrics: dict[str, float] = {
        "variants": len(analysis.variants),
        "conversions_known": int(counts.converted is not None),
        "events": counts.events,
        "events_of_other_users": counts.events_of_others,
    }
    for result in analysis.variants:
        values = result._asdict()
        name = values.pop("variant")
        metrics |= {f"{key}/{name}": value for key, value in values.items() if value is not None}
    if analysis.ratio_p_value is not None:
        metrics["srm_p_value"] = analysis.ratio_p_value
        metrics["srm_mismatch"] = int(analysis.ratio_p_value < threshold)
    return metrics


def allocation_table(observed: Observed, proposal: Proposal) -> pa.Table:
    """One row for each variant: what it has, what it is to get, and why."""
    now, nothing = proposal.standing, pa.nulls(len(observed.variants), pa.float64())
    return pa.table(
        {
            "variant": pa.array(observed.variants, pa.string()),
            "current_share": observed.shares,
            "share": proposal.shares,
            "probability_best": nothing if now is None else now.probability_best,
            "expected_loss": nothing if now is None else now.expected_loss,
        }
    )


def decision(observed: Observed, proposal: Proposal) -> dict[str, Any]:
    """What decision.json holds."""
    now = proposal.standing
    return {
        "decision": proposal.decision,
        "variant": None if now is None else observed.variants[now.best],
        "reason": proposal.reason,
        "shares": dict(zip(observed.variants, proposal.shares.tolist(), strict=True)),
    }


def allocation_metrics(observed: Observed, proposal: Proposal) -> dict[str, float]:
    """`share/candidate`, `probability_best/candidate` and so on; what cannot be known is left out."""
    columns = {"share": proposal.shares}
    metrics: dict[str, float] = {f"decision_{name}": int(name == proposal.decision) for name in DECISIONS}
    if now := proposal.standing:
        columns |= {"probability_best": now.probability_best, "expected_loss": now.expected_loss}
        metrics |= {"relative_loss": now.relative_loss, "p_value": now.p_value}
    for column, values in columns.items():
        metrics |= {f"{column}/{name}": value for name, value in zip(observed.variants, values.tolist(), strict=True)}
    return metrics
