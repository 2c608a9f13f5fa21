"""The gate: what is not known never passes, and what passes may still be worth a look."""

import pytest

from machiya_viewer.records import MetricChange, Rule, Score
from machiya_viewer.view.model import Check, Quality
from machiya_viewer.views.gate import gate
from machiya_viewer.views.metrics import Metrics, metrics
from machiya_viewer.views.notes import quality_view

FINE = Metrics()


def rules(*outcomes: str) -> list[Rule]:
    return [Rule(f"min_rule_{index}", 0.1, 0.2, outcome) for index, outcome in enumerate(outcomes)]


@pytest.mark.parametrize(
    ("outcomes", "overall"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "fail"], "fail"),
        (["pass", "unknown"], "unknown"),
        (["unknown", "fail"], "fail"),
        (["pass", "warn"], "warn"),
        (["warn", "unknown"], "unknown"),
        (["warn", "fail"], "fail"),
        (["PASS"], "unknown"),
        (["anything"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_gate_passes_only_if_every_rule_does(outcomes: list[str], overall: str) -> None:
    assert gate(rules(*outcomes), FINE).outcome == overall


def test_without_rules_nothing_was_decided() -> None:
    judged = gate(None, FINE)
    assert judged.outcome == "unknown"
    assert "nothing was decided" in str(judged.reason)


def test_a_pass_without_an_observation_is_not_believed() -> None:
    assert gate([Rule("min_overlap", 0.2, None, "pass")], FINE).outcome == "unknown"
    assert gate([Rule("min_overlap", 0.2, float("nan"), "pass")], FINE).outcome == "unknown"
    assert gate([Rule("min_overlap", 0.2, None, "warn")], FINE).outcome == "unknown"


def test_a_worse_metric_is_a_warning_that_no_pass_hides() -> None:
    scores = [[Score("ndcg", 10, "all", 0.40, 0.39, 0.41)], [Score("ndcg", 10, "all", 0.30, 0.29, 0.31)]]
    judged = gate(rules("pass"), metrics(scores, ["base", "candidate"], 10))
    assert judged.outcome == "warn"
    assert [str(one.words) for one in judged.warnings] == ["nDCG@10 is worse than in the base."]


def test_a_warning_does_not_soften_a_failure_or_replace_missing_data() -> None:
    assert gate(rules("fail"), FINE, stale=True).outcome == "fail"
    assert gate(rules("unknown"), FINE, stale=True).outcome == "unknown"
    assert gate(rules("pass"), FINE, stale=True).outcome == "warn"


@pytest.mark.parametrize(("found", "outcome"), [(0, "pass"), (3, "warn"), (None, "pass")])
def test_faults_of_the_candidates_data_are_a_warning(found: int | None, outcome: str) -> None:
    quality = quality_view([Quality(), Quality(duplicates=Check(found, 10))])
    assert gate(rules("pass"), FINE, quality=quality).outcome == outcome


def test_faults_of_the_base_alone_are_no_warning_about_the_candidate() -> None:
    quality = quality_view([Quality(nan_scores=Check(5, 10)), Quality(nan_scores=Check(0, 10))])
    assert gate(rules("pass"), FINE, quality=quality).outcome == "pass"


@pytest.mark.parametrize(
    ("rule", "threshold", "low", "high", "outcome"),
    [
        ("min_ndcg_change", 0.0, -0.01, 0.05, "warn"),
        ("min_ndcg_change", 0.0, 0.01, 0.05, "pass"),
        ("min_ndcg_change", 0.0, 0.0, 0.05, "pass"),
        ("max_ndcg_change", 0.04, 0.01, 0.05, "warn"),
        ("max_ndcg_change", 0.06, 0.01, 0.05, "pass"),
        ("ndcg", 0.06, 0.01, 0.05, "pass"),
    ],
)
def test_a_pass_whose_interval_reaches_beyond_the_limit_is_a_warning(
    rule: str, threshold: float, low: float, high: float, outcome: str
) -> None:
    change = MetricChange("ndcg", 10, "all", 0.3, 0.32, 0.02, low, high, 90)
    judged = gate([Rule(rule, threshold, 0.02, "pass")], FINE, [change])
    if rule != "ndcg":
        assert (judged.rules[0].observed.low, judged.rules[0].observed.high) == (low, high)
    assert judged.rules[0].outcome == outcome


def test_an_interval_of_something_else_is_not_taken() -> None:
    change = MetricChange("ndcg", 10, "all", 0.3, 0.32, 0.02, -1.0, 1.0, 90)
    other = MetricChange("recall", 10, "heavy", 0.3, 0.32, 0.02, -1.0, 1.0, 90)
    judged = gate([Rule("min_recall_change", 0.0, 0.02, "pass")], FINE, [change, other])
    assert judged.rules[0].observed.low is None
    assert judged.rules[0].outcome == "pass"


def test_every_known_rule_has_words_and_evidence() -> None:
    judged = gate([Rule("min_rbo", 0.5, 0.7, "pass"), Rule("my_own", 0.5, 0.7, "pass")], FINE)
    known, unknown = judged.rules
    assert (known.page, known.sort, known.at_least) == ("users", "rbo", True)
    assert (str(unknown.meaning), unknown.page, unknown.at_least) == ("", "overview", None)


@pytest.mark.parametrize(
    ("rule", "at_least", "page"),
    [
        ("cost.max_memory_ratio", False, ""),
        ("contract.max_breaking", False, ""),
        ("any.min_thing", True, ""),
        ("supply.conformance", None, ""),
        ("min_ndcg@10_difference", True, "overview"),
    ],
)
def test_the_limit_of_a_rule_is_found_behind_what_it_is_about(rule: str, at_least: bool | None, page: str) -> None:
    (found,) = gate([Rule(rule, 1.0, 1.0, "pass")], FINE).rules
    assert (found.rule, found.at_least, found.page, found.outcome) == (rule, at_least, page, "pass")


def test_the_interval_of_a_metric_is_that_at_the_rules_cut_off() -> None:
    changes = [
        MetricChange("ndcg", 5, "all", 0.3, 0.29, -0.01, -0.5, 0.5, 90),
        MetricChange("ndcg", 10, "heavy", 0.3, 0.29, -0.01, -0.4, 0.4, 90),
        MetricChange("ndcg", 10, "all", 0.3, 0.29, -0.01, -0.03, 0.01, 90),
    ]
    judged = gate([Rule("min_ndcg@10_difference", -0.02, -0.01, "warn")], FINE, changes)
    (rule,) = judged.rules
    assert (rule.observed.low, rule.observed.high, rule.outcome) == (-0.03, 0.01, "warn")
    assert [str(one.words) for one in judged.warnings] == [
        "min_ndcg@10_difference passes, but its interval reaches beyond the limit."
    ]


def test_a_rule_without_words_of_ours_says_what_the_verdict_says() -> None:
    own, theirs = gate([Rule("min_rbo", 0.5, 0.7, "pass", "said"), Rule("supply.x", 0, 1, "pass", "said")], FINE).rules
    assert (str(own.meaning), theirs.meaning) == ("mean rank-biased overlap of the lists", "said")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (Rule("min_overlap", 0.5, 0.4, "warn"), "min_overlap is beyond its limit."),
        (Rule("cost.max_memory_ratio", 1.5, 2.0, "warn"), "cost.max_memory_ratio is beyond its limit."),
        (Rule("min_ndcg@10_difference", -0.1, 0.0, "warn"), "min_ndcg@10_difference asks for a look."),
        (Rule("supply.conformance", 1.0, 0.0, "warn"), "supply.conformance asks for a look."),
    ],
)
def test_a_warning_stays_one_and_says_why(rule: Rule, reason: str) -> None:
    judged = gate([rule, Rule("min_rbo", 0.1, 0.2, "pass")], FINE)
    assert [view.outcome for view in judged.rules] == ["warn", "pass"]
    assert [str(one.words) for one in judged.warnings] == [reason]
    assert (judged.outcome, str(judged.reason)) == ("warn", "No rule fails, and one asks for a look.")
