"""Metrics: values, changes, and what may be said about them."""

import pytest

from machiya_viewer.records import MetricChange, Score
from machiya_viewer.views.metrics import MAX_CARDS, MAX_SEGMENTS, metrics

Triple = tuple[float | None, float | None, float | None]

NAMES = ["base", "candidate"]


def score(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    metric: str = "ndcg",
    k: int | None = 10,
    segment: str = "all",
) -> Score:
    return Score(metric, k, segment, value, low, high, 100)


@pytest.mark.parametrize(
    ("metric", "base", "candidate", "reading"),
    [
        ("ndcg", (0.30, 0.28, 0.32), (0.40, 0.38, 0.42), "better"),
        ("ndcg", (0.40, 0.38, 0.42), (0.30, 0.28, 0.32), "worse"),
        ("ndcg", (0.30, 0.28, 0.32), (0.31, 0.29, 0.33), "unclear"),
        ("ndcg", (0.30, 0.28, 0.32), (0.34, 0.32, 0.36), "unclear"),
        ("gini", (0.90, 0.88, 0.92), (0.50, 0.48, 0.52), "better"),
        ("gini", (0.50, 0.48, 0.52), (0.90, 0.88, 0.92), "worse"),
        ("novelty", (5.0, 4.9, 5.1), (7.0, 6.9, 7.1), "differs"),
        ("my metric", (5.0, 4.9, 5.1), (7.0, 6.9, 7.1), "differs"),
        ("ndcg", (0.30, None, None), (0.40, 0.38, 0.42), ""),
        ("ndcg", (None, None, None), (0.40, 0.38, 0.42), ""),
        ("ndcg", (float("nan"), 0.28, 0.32), (0.40, 0.38, 0.42), ""),
    ],
)
def test_a_change_is_called_better_or_worse_only_where_intervals_part(
    metric: str,
    base: Triple,
    candidate: Triple,
    reading: str,
) -> None:
    sides = [[score(value, low, high, metric=metric)] for value, low, high in (base, candidate)]
    view = metrics(sides, NAMES, 10)
    assert view.cards[0].rows[0].reading == reading


def test_the_change_is_candidate_minus_base() -> None:
    view = metrics([[score(0.3)], [score(0.25)]], NAMES, 10)
    assert view.cards[0].rows[0].difference.value == pytest.approx(-0.05)


def test_a_change_from_or_to_nothing_is_not_known() -> None:
    for base, candidate in (([score(None)], [score(0.2)]), ([score(0.2)], [score(None)]), ([], [score(0.2)])):
        assert metrics([base, candidate], NAMES, 10).cards[0].rows[0].difference.value is None


def test_one_result_has_values_and_no_changes() -> None:
    row = metrics([[score(0.3, 0.2, 0.4)]], ["base"], 10).cards[0].rows[0]
    assert [(one.value, one.low, one.high) for one in row.estimates] == [(0.3, 0.2, 0.4)]
    assert (row.difference.value, row.reading) == (None, "")


def test_cards_follow_the_scores_and_rows_the_cutoffs() -> None:
    scores = [score(0.1, metric="recall", k=20), score(0.2, metric="recall", k=5), score(0.3, metric="mrr", k=None)]
    view = metrics([scores], ["base"], 10)
    assert [(str(card.title), [str(row.label) for row in card.rows]) for card in view.cards] == [
        ("Recall", ["5", "20"]),
        ("MRR", ["all"]),
    ]


@pytest.mark.parametrize(("wanted", "label"), [(10, "nDCG@10"), (12, "nDCG@10"), (50, "nDCG@20"), (1, "nDCG@5")])
def test_the_headline_is_at_the_wanted_cutoff_or_the_next_that_was_evaluated(wanted: int, label: str) -> None:
    view = metrics([[score(0.1, k=k) for k in (5, 10, 20)]], ["base"], wanted)
    assert view.headline is not None
    assert view.headline.label == label


def test_segments_are_shown_for_the_headline_with_everybody_first() -> None:
    scores = [score(0.2, segment="heavy"), score(0.3), score(None, segment="cold"), score(0.1, k=5, segment="odd")]
    view = metrics([scores], ["base"], 10)
    assert view.segments is not None
    assert [(str(row.label), row.estimates[0].value) for row in view.segments.rows] == [
        ("all users", 0.3),
        ("heavy", 0.2),
        ("cold", None),
    ]


def test_one_segment_alone_needs_no_comparison_of_segments() -> None:
    assert metrics([[score(0.3)]], ["base"], 10).segments is None


@pytest.mark.parametrize("scores", [[None, None], [[], None], [[], []]])
def test_without_scores_the_section_says_why(scores: list[list[Score] | None]) -> None:
    view = metrics(scores, NAMES, 10)
    assert "no ground truth" in str(view.absent)
    assert view.cards == ()


def test_a_result_that_nobody_evaluated_is_named() -> None:
    left_out = metrics([[score(0.1)], None], NAMES, 10).left_out
    assert [str(one) for one in left_out] == ["candidate was not evaluated."]


def test_scores_without_everybody_say_so() -> None:
    assert '"all"' in str(metrics([[score(0.1, segment="heavy")]], ["base"], 10).absent)


def test_what_is_left_out_is_counted() -> None:
    many = [score(0.1, metric=f"m{index}") for index in range(MAX_CARDS + 3)]
    segments = [score(0.1, metric="m0", segment=f"s{index}") for index in range(MAX_SEGMENTS + 4)]
    view = metrics([many + segments], ["base"], 10)
    assert len(view.cards) == MAX_CARDS
    assert [str(one) for one in view.left_out] == [
        "3 further metrics are not shown.",
        "5 further segments are not shown.",
    ]


@pytest.mark.parametrize(
    ("metric", "low", "high", "reading"),
    [
        ("ndcg", 0.01, 0.03, "better"),
        ("gini", 0.01, 0.03, "worse"),
        ("novelty", 0.01, 0.03, "differs"),
        ("ndcg", -0.01, 0.05, "unclear"),
        ("ndcg", 0.0, 0.05, "unclear"),
        ("ndcg", None, None, ""),
    ],
)
def test_a_paired_change_counts_more_than_intervals_that_overlap(
    metric: str, low: float | None, high: float | None, reading: str
) -> None:
    sides = [[score(0.30, 0.2, 0.4, metric=metric)], [score(0.32, 0.2, 0.4, metric=metric)]]
    change = MetricChange(metric, 10, "all", 0.30, 0.32, 0.02, low, high, 50)
    row = metrics(sides, NAMES, 10, [change]).cards[0].rows[0]
    assert (row.difference.value, row.difference.low, row.difference.high) == (0.02, low, high)
    assert row.reading == reading


def test_a_change_that_could_not_be_paired_is_read_from_the_two_values() -> None:
    change = MetricChange("ndcg", 10, "all", None, None, None)
    row = metrics([[score(0.3, 0.2, 0.31)], [score(0.4, 0.35, 0.45)]], NAMES, 10, [change]).cards[0].rows[0]
    assert row.difference.value == pytest.approx(0.1)
    assert row.reading == "better"
