"""Geometry: what is drawn where."""

import math

import pytest

from machiya_viewer.charts import Estimate, bars, intervals, nice_ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 1.0, (0.0, 0.5, 1.0)),
        (0.21, 0.39, (0.2, 0.25, 0.3, 0.35, 0.4)),
        (0.0, 80.0, (0.0, 20.0, 40.0, 60.0, 80.0)),
        (-0.1, 0.1, (-0.1, -0.05, 0.0, 0.05, 0.1)),
    ],
)
def test_ticks_are_round_and_cover_the_values(low: float, high: float, ticks: tuple[float, ...]) -> None:
    assert nice_ticks(low, high) == pytest.approx(ticks)


@pytest.mark.parametrize("value", [0.0, 0.3, -7.0, 1e12])
def test_one_value_alone_still_gives_an_axis_around_it(value: float) -> None:
    ticks = nice_ticks(value, value)
    assert len(ticks) >= 2
    assert ticks[0] <= value <= ticks[-1]
    assert ticks[0] < ticks[-1]


def test_larger_values_are_higher_and_intervals_enclose_their_value() -> None:
    chart = intervals("c", "nDCG", ["5", "10"], [[Estimate(0.2, 0.1, 0.3), Estimate(0.4, 0.3, 0.5)]], ["base"])
    assert chart is not None
    small, large = chart.marks
    assert large.at < small.at  # SVG counts from the top
    for mark in chart.marks:
        assert mark.low is not None
        assert mark.high is not None
        assert mark.high < mark.at < mark.low
        assert chart.frame.top <= mark.high
        assert mark.low <= chart.frame.bottom


def test_in_a_lying_chart_larger_values_are_further_right() -> None:
    chart = intervals("c", "t", ["a", "b"], [[Estimate(0.2), Estimate(0.4)]], ["base"], upright=False)
    assert chart is not None
    assert chart.marks[0].at < chart.marks[1].at
    assert chart.marks[0].place < chart.marks[1].place


def test_a_missing_value_is_written_not_drawn() -> None:
    series = [[Estimate(None), Estimate(0.2)], [Estimate(0.1), Estimate(float("nan"))]]
    chart = intervals("c", "t", ["5", "10"], series, ["base", "candidate"])
    assert chart is not None
    assert [(mark.series, mark.low) for mark in chart.marks] == [(1, None), (0, None)]
    assert [tick.text for tick in chart.absent] == ["n/a", "n/a"]
    assert chart.readings == (("n/a", "0.200"), ("0.100", "n/a"))


def test_a_category_without_any_value_says_so_once() -> None:
    series = [[Estimate(None), Estimate(0.2)], [Estimate(None), Estimate(0.1)]]
    chart = intervals("c", "t", ["5", "10"], series, ["base", "candidate"])
    assert chart is not None
    assert [tick.at for tick in chart.absent] == [chart.category_ticks[0].at]


def test_there_is_no_chart_of_nothing() -> None:
    assert intervals("c", "t", ["5"], [[Estimate(None)]], ["base"]) is None


def test_bars_start_at_zero_and_are_as_high_as_their_count() -> None:
    chart = bars("c", "t", ["1", "2", "3"], [[0, 5, 10]], ["users"])
    heights = [bar.height for bar in chart.bars]
    assert heights[0] == 0
    assert heights[2] == pytest.approx(2 * heights[1])
    assert all(bar.y + bar.height == pytest.approx(chart.frame.bottom) for bar in chart.bars)
    assert [tick.text for tick in chart.value_ticks] == ["0", "5", "10"]


def test_bars_of_two_series_stand_side_by_side() -> None:
    first, second = bars("c", "t", ["1"], [[3], [4]], ["base", "candidate"]).bars
    assert first.x + first.width == pytest.approx(second.x)
    assert (first.series, second.series) == (0, 1)


@pytest.mark.parametrize(("low", "high"), [(-1.7e308, 1.7e308), (0.0, 5e-324), (1.0, 1.0 + 2e-16), (1e300, 1.7e308)])
def test_an_axis_has_few_ticks_whatever_the_values(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    assert 2 <= len(ticks) <= 12
    assert all(map(math.isfinite, ticks))
