"""Thresholds: what passes, what fails, and what nobody can say."""

import pytest

from machiya_evaluation.verdict import RULES, Judgement, Observation, judge

SEEN = {statistic: Observation(0.5, 100) for statistic in RULES.values()}


@pytest.mark.parametrize(
    ("rule", "threshold", "outcome"),
    [
        ("min_overlap", 0.4, "pass"),
        ("min_overlap", 0.5, "pass"),
        ("min_overlap", 0.6, "fail"),
        ("max_changed_share", 0.6, "pass"),
        ("max_changed_share", 0.5, "pass"),
        ("max_changed_share", 0.4, "fail"),
    ],
)
def test_a_threshold_itself_passes(rule: str, threshold: float, outcome: str) -> None:
    assert judge(SEEN, {rule: threshold}, min_users=1) == [Judgement(rule, threshold, 0.5, outcome)]  # type: ignore[arg-type]


def test_too_few_users_are_neither_a_pass_nor_a_fail() -> None:
    few = SEEN | {"rbo": Observation(0.0, 29)}
    assert judge(few, {"min_rbo": 0.9, "min_overlap": 0.9}, min_users=30) == [
        Judgement("min_overlap", 0.9, 0.5, "fail"),
        Judgement("min_rbo", 0.9, None, "unknown"),
    ]


def test_what_has_no_value_is_unknown() -> None:
    nothing = SEEN | {"kendall_tau": Observation(float("nan"), 0)}
    assert judge(nothing, {"min_kendall_tau": 0.0}, min_users=1)[0].outcome == "unknown"


def test_a_rule_without_a_threshold_is_not_judged() -> None:
    assert judge(SEEN, {}, min_users=1) == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_can_fail(rule: str) -> None:
    threshold = 0.9 if rule.startswith("min_") else 0.1
    assert judge(SEEN, {rule: threshold}, min_users=1)[0].outcome == "fail"
