"""A report with everything in it, made by hand."""

from dataclasses import replace
from typing import Any

import pytest

from machiya.dsl import Place as FilePlace
from machiya.engines.local.argo.interpreter.nodes import Usage
from machiya.release.contracts import Difference, Place
from machiya.release.diff.model import (
    Check,
    DiffReport,
    Example,
    MetricChange,
    PackageChange,
    ResultChange,
    RunSide,
    Segment,
    Side,
    StepCost,
    Supply,
    View,
)
from machiya.release.usage import Judgement

STATISTICS = {"overlap": 0.9, "rbo": 0.88, "kendall_tau": 0.7, "changed_share": 0.25, "entered": 1.0, "left": 1.0}


def make_judgement(verdict: Any, rule: str = "column.removed") -> Judgement:
    """A difference that is judged so."""
    place = Place("predict", "output", "recommendations", "score")
    difference = Difference(rule, place, "number", None, "readers", "major", "the column is gone")
    return Judgement(
        difference, verdict, "report reads score of predict/recommendations", (FilePlace("workflow.py", 7),)
    )


def make_result(**changes: Any) -> ResultChange:
    """A result that changes for a quarter of 40 users."""
    result = ResultChange(
        "predict/recommendations",
        counts={
            "users": 40,
            "users_only_in_base": 1,
            "users_only_in_candidate": 0,
            "lost_users_share": 1 / 41,
            "left_items_share": 0.1,
        },
        segments=(Segment("all", STATISTICS), Segment("heavy", STATISTICS), Segment("light", STATISTICS)),
        metrics=(
            MetricChange("ndcg@10", "all", 0.5, 0.48, -0.02, -0.03, -0.01, 38),
            MetricChange("ndcg@10", "light", 0.5, 0.5, 0.0, -0.01, 0.01, 20),
            MetricChange("recall@10", "all", 0.3, 0.31, 0.01, -0.02, 0.04, 38),
            MetricChange("gini@10", "all", 0.2, None, None, None, None, 0),
        ),
        examples=(Example("u|1", "heavy", 0.1, ("a_1", "b"), ("c", "<b>")),),
        items=(("c", 4), ("a_1", -3)),
        view=View("recommend-diff-000003", "/go?run=recommend-diff-000003"),
    )
    return replace(result, **changes)


def make_supply(**changes: Any) -> Supply:
    """All that can be known of a candidate."""
    supply = Supply(
        conformance="passed (32 checks)",
        conforms=True,
        commits=("1a2b3c4 Rank *by* score", "5d6e7f8 Keep the <seed>"),
        changelog=(("1.1.0", "### Changed\n\n- Another ranking,\n  for all users.\n"),),
        packages=(PackageChange("pypi", "numpy", "1.26.4", "2.1.0"), PackageChange("deb", "libgomp1", None, "12.2")),
    )
    return replace(supply, **changes)


@pytest.fixture
def report() -> DiffReport:
    """From one release to another: nothing is left out."""
    return DiffReport(
        "recommend",
        "production",
        "recommender",
        Side("1.0.0", "sha256:" + "a" * 64, "c" * 40),
        Side("1.1.0", "sha256:" + "b" * 64, "d" * 40),
        "no-go",
        (
            Check(
                "contract.max_breaking", "no-go", "1 breaking difference of the contract (column.removed), 0 allowed"
            ),
            Check("results.min_overlap", "look", "predict/recommendations: overlap is 0.9, at least 0.95 wanted"),
            Check("supply.conformance", "go", "passed (32 checks)"),
        ),
        (
            make_judgement("breaking"),
            make_judgement("note", "default.changed"),
            make_judgement("harmless", "output.added"),
        ),
        "the run recommend-production-1a2b3c",
        RunSide("recommend-production-000001", (), ("clean", "train", "predict (2 turns)")),
        RunSide("recommend-production-000002", ("train", "predict (2 turns)"), ("clean",)),
        (make_result(), ResultChange("clean/items", same=True)),
        (
            StepCost("clean", Usage(1.0, 1.0, 1, 1), Usage(1.0, 1.0, 1, 1), True, True, same=True),
            StepCost("train", Usage(2.0, 1.5, 200_000_000, 3_000), Usage(3.0, 1.5, 250_000_000, 3_000), True, False),
            StepCost("predict", Usage(), Usage(1.0, 1.0, 1_000, 2_000_000), False, False),
        ),
        make_supply(notes=("packages: some",)),
        ("what counts are the thresholds of docs/diff.md",),
    )
