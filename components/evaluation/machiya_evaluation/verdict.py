"""Observed changes against thresholds."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Outcome = Literal["pass", "fail", "unknown"]


class Observation(NamedTuple):
    """A statistic, and the number of users behind it."""

    value: float
    users: int


class Judgement(NamedTuple):
    """One row of the verdict; `observed` is None when there is too little data to judge."""

    rule: str
    threshold: float
    observed: float | None
    outcome: Outcome


RULES = {
    "min_overlap": "overlap",
    "min_rbo": "rbo",
    "min_kendall_tau": "kendall_tau",
    "max_changed_share": "changed_share",
    "max_lost_users_share": "lost_users_share",
    "max_left_items_share": "left_items_share",
}
"""The statistic that each rule looks at, in the order of the verdict. A threshold itself passes, on both sides."""


def judge(observations: Mapping[str, Observation], thresholds: Mapping[str, float], min_users: int) -> list[Judgement]:
    """Judge every rule that has a threshold; a rule without one is not in the result.

    Args:
        observations: By the names on the right side of `RULES`.
        thresholds: By the names on its left side.
        min_users: With fewer users behind a statistic the outcome is `unknown`: neither a pass nor a fail.
    """
    return [
        _judge(rule, thresholds[rule], observations[statistic], min_users)
        for rule, statistic in RULES.items()
        if rule in thresholds
    ]


def _judge(rule: str, threshold: float, observation: Observation, min_users: int) -> Judgement:
    value, users = observation
    if users < min_users:
        return Judgement(rule, threshold, None, "unknown")
    kept = value >= threshold if rule.startswith("min_") else value <= threshold
    return Judgement(rule, threshold, value, "pass" if kept else "fail")
