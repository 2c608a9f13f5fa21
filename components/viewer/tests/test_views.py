"""Users, items, notes and verdicts: pure views with known answers."""

from datetime import UTC, datetime

import pytest

from machiya_viewer.records import Item, Recommended, Rule, SideSummary, Summary, UserRow
from machiya_viewer.views.items import MAX_RANKS, item_view
from machiya_viewer.views.notes import notes, verdict
from machiya_viewer.views.users import Move, choose_examples, moves_between, overlaps, user_view

USER = UserRow("u1", rows=(3, 3), fallback=(0, 0))


def ranked(*items: str) -> list[Recommended]:
    return [Recommended(item, rank) for rank, item in enumerate(items, 1)]


def test_moves_seen_from_the_candidate() -> None:
    moves = moves_between(ranked("c", "b", "x", "a"), ranked("a", "b", "c"), "new")
    assert moves == [Move("up", 2), Move("same"), Move("new"), Move("down", 3)]
    assert [move.text for move in moves if move] == ["up 2", "same", "new", "down 3"]


def test_from_the_base_only_dropped_items_are_marked() -> None:
    assert moves_between(ranked("a", "b", "c"), ranked("c", "b", "x"), "dropped") == [Move("dropped"), None, None]


def test_an_item_that_came_from_below_the_shown_rows_is_up_not_new() -> None:
    base = ranked("a", "b", "c", "d", "e")
    view = user_view(USER, [], 0, [base, ranked("e", "a")], ["base", "candidate"], _items("abcde"), k=2)
    assert [row.move for row in view.lists[1].rows] == [Move("up", 4), Move("down", 1)]
    assert [len(one.rows) for one in view.lists] == [2, 2]
    assert [one.total for one in view.lists] == [5, 2]


def test_with_one_list_nothing_moves() -> None:
    view = user_view(USER, [], 0, [ranked("a")], ["base"], _items("a"), k=5)
    assert [row.move for row in view.lists[0].rows] == [None]


def test_a_user_who_is_in_one_result_only_has_no_moves_there() -> None:
    view = user_view(USER, [], 0, [[], ranked("a", "b")], ["base", "candidate"], _items("ab"), k=5)
    assert [row.move for row in view.lists[1].rows] == [None, None]
    assert view.lists[0].rows == ()


def _items(names: str) -> dict[str, Item]:
    return {name: Item(name) for name in names}


def test_overlap_is_shown_by_share_with_full_agreement_apart() -> None:
    view = overlaps([1, 0, 0, 0, 0, 2, 0, 0, 0, 3, 4])
    assert view is not None
    assert view.rows[0] == ("0 to under 10%", 1)
    assert view.rows[9] == ("90 to under 100%", 3)
    assert view.rows[10] == ("100%", 4)
    assert overlaps([0] * 11) is None


def test_examples_are_the_first_ones_and_one_served_by_the_fallback() -> None:
    assert choose_examples(["a", "b", "c"], ["z"], 2) == ["a", "z"]
    assert choose_examples(["a", "b", "c"], ["b"], 2) == ["a", "b"]
    assert choose_examples(["a", "b"], [], 3) == ["a", "b"]
    assert choose_examples(["a"], ["z"], 1) == ["a"]
    assert choose_examples(["a"], ["z"], 0) == []


def test_ranks_of_an_item_are_counted_for_every_result() -> None:
    view = item_view(Item("i"), 7, [{1: 2, 3: 1}, {2: 5}], [], ["base", "candidate"])
    assert view.users == (3, 5)
    assert view.ranks == (("1", (2, 0)), ("2", (0, 5)), ("3", (1, 0)))


def test_far_ranks_are_shown_as_one() -> None:
    view = item_view(Item("i"), 0, [{1: 1, MAX_RANKS + 1: 2, MAX_RANKS + 30: 3}], [], ["base"])
    assert len(view.ranks) == MAX_RANKS + 1
    assert view.ranks[-1] == (f">{MAX_RANKS}", (5,))


def test_an_item_that_nobody_gets_has_no_chart() -> None:
    view = item_view(Item("i"), 3, [{}, {}], [], ["base", "candidate"])
    assert (view.chart, view.ranks, view.users) == (None, (), (0, 0))


@pytest.mark.parametrize(
    ("outcomes", "overall"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "fail"], "fail"),
        (["pass", "unknown"], "unknown"),
        (["unknown", "fail"], "fail"),
        (["PASS"], "unknown"),
    ],
)
def test_a_verdict_passes_only_if_every_rule_passes(outcomes: list[str], overall: str) -> None:
    view = verdict([Rule("r", 0.1, 0.2, outcome) for outcome in outcomes])
    assert view is not None
    assert view.outcome == overall


def test_a_verdict_without_rules_decides_nothing() -> None:
    view = verdict([])
    assert view is not None
    assert view.outcome == "unknown"
    assert "nothing was decided" in view.absent
    assert verdict(None) is None


def _summary(*sides: SideSummary) -> Summary:
    time = datetime(2026, 11, 1, tzinfo=UTC)
    return Summary(sides, 9, tuple(0 for _ in sides), 8, 100, 4, time, time)


def test_data_notes_name_every_gap() -> None:
    side = SideSummary(10, 100, 50, None, items_untitled=1, items_unknown=2, users_without_history=1)
    view = notes(_summary(side, side), ["old", "new"])
    assert "old: 2 recommended items cannot be found in the item table; only the id is shown." in view.remarks
    assert "new: 1 recommended item without a title." in view.remarks
    assert "new: 2 users only in this result; they are not compared." in view.remarks
    assert "old: the result does not say which rows come from the fallback." in view.remarks
    facts = {fact.label: fact.values for fact in view.per_result}
    assert facts["Rows from the fallback"] == ("n/a", "n/a")
    assert facts["Share of the catalogue"] == ("48.0%", "48.0%")


def test_clean_data_has_no_remarks() -> None:
    side = SideSummary(8, 80, 50, 0, 0, 0, 0)
    assert notes(_summary(side), ["base"]).remarks == ()
