"""Facts against thresholds: the worst check decides, and what is not known is never go."""

from dataclasses import replace
from typing import Any

import pytest

from machiya.engines.local.argo.interpreter.nodes import Usage
from machiya.release.diff.gate import Gate
from machiya.release.diff.model import Check, MetricChange, ResultChange, StepCost, Supply
from machiya.release.diff.verdict import Facts, judge

from .conftest import make_judgement, make_result, make_supply

FACTS = Facts((), (make_result(),), (), make_supply())


def gate(part: str = "no-go", **thresholds: Any) -> Gate:
    return Gate.model_validate({part: thresholds})


def only(gate: Gate, facts: Facts) -> Check:
    """The one check; its outcome must be the verdict's."""
    outcome, (check,) = judge(gate, facts)
    assert check.outcome == outcome
    return check


def test_without_any_check_somebody_has_to_look() -> None:
    assert judge(Gate(), FACTS) == ("look", ())


@pytest.mark.parametrize(("part", "outcome"), [("no-go", "no-go"), ("look", "look")])
def test_the_part_of_the_gate_says_what_a_broken_threshold_comes_to(part: str, outcome: str) -> None:
    facts = replace(FACTS, contract=[make_judgement("breaking")])
    check = only(gate(part, contract={"max_breaking": 0}), facts)
    assert (check.outcome, check.rule) == (outcome, "contract.max_breaking")
    assert "column.removed" in check.text


def test_the_worst_check_is_the_verdict() -> None:
    thresholds = Gate.model_validate(
        {
            "no-go": {"contract": {"max_breaking": 0}, "results": {"min_overlap": 0.95}},
            "look": {"supply": {"max_new_packages": 0}},
        }
    )
    outcome, checks = judge(thresholds, FACTS)
    assert outcome == "no-go"
    assert [check.outcome for check in checks] == ["go", "no-go", "look"]


@pytest.mark.parametrize(
    ("threshold", "value", "outcome"),
    [
        ("min_overlap", 0.9, "go"),
        ("min_overlap", 0.91, "no-go"),
        ("min_rbo", 0.9, "no-go"),
        ("max_changed_users", 0.25, "go"),
        ("max_changed_users", 0.2, "no-go"),
        ("max_lost_users", 0.01, "no-go"),
        ("max_left_items", 0.1, "go"),
    ],
)
def test_a_threshold_itself_holds(threshold: str, value: float, outcome: str) -> None:
    assert only(gate(results={threshold: value}), FACTS).outcome == outcome


def test_a_result_that_is_equal_holds_whatever_is_asked() -> None:
    facts = replace(FACTS, results=[ResultChange("r", same=True)])
    asked = {
        "min_overlap": 1,
        "max_changed_users": 0,
        "max_lost_users": 0,
        "metrics": {"ndcg@10": {"min_difference": 0}},
    }
    outcome, checks = judge(gate(results=asked), facts)
    assert (outcome, len(checks)) == ("go", 4)


def test_a_result_that_is_not_compared_has_to_be_looked_at() -> None:
    facts = replace(FACTS, results=[ResultChange("r", note="it is no list")])
    check = only(gate(results={"min_overlap": 0.1}), facts)
    assert (check.outcome, "it is no list" in check.text) == ("look", True)


def test_a_workflow_without_results_has_to_be_looked_at() -> None:
    assert only(Gate(), replace(FACTS, results=[])).outcome == "look"


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [(-0.01, 0.0, "go"), (-0.03, -0.02, "no-go"), (-0.02, 0.01, "look"), (None, None, "look")],
)
def test_a_metric_is_certain_only_with_its_whole_interval(low: Any, high: Any, outcome: str) -> None:
    metric = MetricChange("ndcg@10", "all", 0.5, 0.5, 0.0, low, high, 9)
    facts = replace(FACTS, results=[make_result(metrics=(metric,))])
    assert only(gate(results={"metrics": {"ndcg@10": {"min_difference": -0.01}}}), facts).outcome == outcome


def test_a_metric_without_an_interval_is_never_certain() -> None:
    metric = MetricChange("ndcg@10", "all", 0.5, 0.4, -0.1, None, None, 1)
    facts = replace(FACTS, results=[make_result(metrics=(metric,))])
    assert only(gate(results={"metrics": {"ndcg@10": {"min_difference": -0.01}}}), facts).outcome == "look"


def test_a_metric_that_nobody_told_has_to_be_looked_at() -> None:
    facts = replace(FACTS, results=[make_result(metrics=())])
    assert only(gate(results={"metrics": {"ndcg@10": {"min_difference": -1}}}), facts).outcome == "look"


def cost(before: Usage | None, after: Usage | None, *, same: bool = False) -> Facts:
    return replace(FACTS, cost=[StepCost("train", before, after, same=same)])


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (cost(Usage(seconds=2.0), Usage(seconds=3.0)), "go"),
        (cost(Usage(seconds=2.0), Usage(seconds=3.1)), "no-go"),
        (cost(Usage(seconds=0.1), Usage(seconds=0.9)), "go"),  # too small for a ratio to say anything
        (cost(Usage(seconds=0.1), Usage(seconds=9.0)), "no-go"),
        (cost(Usage(), Usage(seconds=9.0)), "look"),
        (cost(Usage(), Usage(seconds=9.0), same=True), "go"),
        (cost(None, Usage(seconds=9.0)), "go"),
    ],
)
def test_cost_is_judged_where_it_is_known_and_large_enough(facts: Facts, outcome: str) -> None:
    assert only(gate(cost={"max_duration_ratio": 1.5}), facts).outcome == outcome


@pytest.mark.parametrize(
    ("supply", "outcome"),
    [
        (make_supply(), "go"),
        (make_supply(conformance="failed: output.digest", conforms=False), "no-go"),
        (Supply(), "look"),
    ],
)
def test_conformance_is_required(supply: Supply, outcome: str) -> None:
    check = only(gate(supply={"conformance": "required"}), replace(FACTS, supply=supply))
    assert check.outcome == outcome


def test_new_packages_are_counted_and_those_of_another_version_are_not() -> None:
    assert only(gate(supply={"max_new_packages": 1}), FACTS).outcome == "go"
    assert only(gate(supply={"max_new_packages": 0}), FACTS).outcome == "no-go"
    assert only(gate(supply={"max_new_packages": 9}), replace(FACTS, supply=Supply())).outcome == "look"


def test_a_candidate_that_does_not_run_is_no_go_and_its_results_are_not_judged() -> None:
    facts = replace(FACTS, failed="train: exit code 70", results=[])
    outcome, checks = judge(gate(results={"min_overlap": 0.1}, cost={"max_duration_ratio": 1}), facts)
    assert (outcome, [check.rule for check in checks]) == ("no-go", ["run"])


def numbers(gate: Gate, facts: Facts) -> list[tuple[float | None, float | None, str]]:
    """What each check says in numbers, and of which result."""
    return [(check.threshold, check.observed, check.result) for check in judge(gate, facts)[1]]


@pytest.mark.parametrize(
    ("thresholds", "facts", "expected"),
    [
        ({"contract": {"max_breaking": 0}}, replace(FACTS, contract=[make_judgement("breaking")]), (0, 1, "")),
        ({"results": {"min_overlap": 0.5}}, FACTS, (0.5, 0.9, "predict/recommendations")),
        ({"results": {"max_left_items": 0.05}}, FACTS, (0.05, 0.1, "predict/recommendations")),
        ({"results": {"min_rbo": 0.1}}, replace(FACTS, results=[ResultChange("r")]), (0.1, None, "r")),
        (
            {"results": {"metrics": {"ndcg@10": {"min_difference": -0.01}}}},
            FACTS,
            (-0.01, -0.02, "predict/recommendations"),
        ),
        (
            {"results": {"metrics": {"ndcg@10": {"min_difference": -0.01}}}},
            replace(FACTS, results=[ResultChange("r", same=True)]),
            (-0.01, 0, "r"),
        ),
        (
            {"results": {"metrics": {"map@10": {"min_difference": -0.01}}}},
            FACTS,
            (-0.01, None, "predict/recommendations"),
        ),
        ({"cost": {"max_duration_ratio": 1.5}}, cost(Usage(seconds=2.0), Usage(seconds=5.0)), (1.5, 2.5, "")),
        ({"cost": {"max_duration_ratio": 1.5}}, cost(Usage(seconds=5.0), Usage(seconds=4.0)), (1.5, 0.8, "")),
        ({"cost": {"max_duration_ratio": 1.5}}, cost(Usage(seconds=0.1), Usage(seconds=0.2)), (1.5, None, "")),
        ({"cost": {"max_duration_ratio": 1.5}}, cost(Usage(), Usage(seconds=5.0)), (1.5, None, "")),
        ({"supply": {"conformance": "required"}}, FACTS, (1, 1, "")),
        ({"supply": {"conformance": "required"}}, replace(FACTS, supply=make_supply(conforms=False)), (1, 0, "")),
        ({"supply": {"conformance": "required"}}, replace(FACTS, supply=Supply()), (1, None, "")),
        ({"supply": {"max_new_packages": 3}}, FACTS, (3, 1, "")),
        ({"supply": {"max_new_packages": 3}}, replace(FACTS, supply=Supply()), (3, None, "")),
    ],
)
def test_a_check_has_its_numbers_as_far_as_they_are_known(
    thresholds: Any, facts: Facts, expected: tuple[float | None, float | None, str]
) -> None:
    assert numbers(gate(**thresholds), facts) == [expected]


def test_the_worst_of_the_ratios_is_what_was_observed() -> None:
    pairs = {"clean": 2.0, "train": 6.0, "predict": 4.0}
    costs = [StepCost(step, Usage(seconds=2.0), Usage(seconds=seconds)) for step, seconds in pairs.items()]
    assert numbers(gate(cost={"max_duration_ratio": 1.5}), replace(FACTS, cost=costs)) == [(1.5, 3.0, "")]


def test_each_result_is_judged_by_its_own_checks() -> None:
    facts = replace(FACTS, results=[make_result(), ResultChange("r", same=True)])
    assert numbers(gate(results={"min_overlap": 0.5}), facts) == [
        (0.5, 0.9, "predict/recommendations"),
        (0.5, 1.0, "r"),
    ]
