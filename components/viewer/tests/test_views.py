"""Users, items, notes, quality and runs: pure views with known answers."""

from datetime import UTC, datetime, timedelta

import pytest

from machiya_viewer.records import Interaction, Item, ItemRow, Recommended, SideSummary, Summary, UserRow
from machiya_viewer.view.model import Check, Quality, Version, ViewError
from machiya_viewer.view.runs import RunSummary
from machiya_viewer.views.items import MAX_RANKS, item_view
from machiya_viewer.views.notes import notes, quality_view
from machiya_viewer.views.runs import MAX_VERSIONS, age_words, opening, run_row, shown_start
from machiya_viewer.views.users import Move, choose_examples, moves_between, overlaps, user_view

USER = UserRow("u1", rows=(3, 3), fallback=(0, 0))
BOTH = ["base", "candidate"]


def ranked(*items: str) -> list[Recommended]:
    return [Recommended(item, rank) for rank, item in enumerate(items, 1)]


def known(names: str) -> dict[str, Item]:
    return {name: Item(name) for name in names}


def test_moves_seen_from_the_candidate() -> None:
    moves = moves_between(ranked("c", "b", "x", "a"), ranked("a", "b", "c"), is_base=False)
    assert moves == [Move("up", 2), Move("same"), Move("new"), Move("down", 3)]
    assert [str(move.text) for move in moves] == ["up 2", "same", "new", "down 3"]


def test_moves_of_the_base_are_on_the_way_to_the_candidate_too() -> None:
    moves = moves_between(ranked("a", "b", "c"), ranked("c", "b", "x"), is_base=True)
    assert moves == [Move("dropped"), Move("same"), Move("up", 2)]


def test_an_item_that_came_from_below_the_shown_rows_is_up_not_new() -> None:
    base = ranked("a", "b", "c", "d", "e")
    view = user_view(USER, [], [base, ranked("e", "a")], BOTH, known("abcde"), k=2)
    assert [row.move for row in view.lists[1].rows] == [Move("up", 4), Move("down", 1)]
    assert [len(one.rows) for one in view.lists] == [2, 2]
    assert [one.total for one in view.lists] == [5, 2]


def test_only_the_moves_that_are_asked_for_are_shown_and_the_rest_is_counted() -> None:
    lists = [ranked("a", "b", "c"), ranked("c", "x", "b")]
    view = user_view(USER, [], lists, BOTH, known("abcx"), k=3, show={"new", "dropped"})
    assert [[row.item.item_id for row in one.rows] for one in view.lists] == [["a"], ["x"]]
    assert [one.hidden for one in view.lists] == [2, 2]
    assert {one.kind: one.count for one in view.kinds} == {"new": 1, "dropped": 1, "up": 1, "down": 1, "same": 0}


def test_with_one_list_nothing_moves_and_nothing_is_filtered() -> None:
    view = user_view(USER, [], [ranked("a")], ["base"], known("a"), k=5, show={"new"})
    assert [row.move for row in view.lists[0].rows] == [None]
    assert view.kinds == ()
    assert view.only_in is None


def test_a_user_who_is_in_one_version_only_has_no_moves_there() -> None:
    view = user_view(USER, [], [[], ranked("a", "b")], BOTH, known("ab"), k=5)
    assert [row.move for row in view.lists[1].rows] == [None, None]
    assert view.lists[0].missing
    assert view.only_in == "candidate"


def test_the_whole_history_is_counted_where_only_the_last_part_is_kept() -> None:
    user = UserRow("u1", rows=(1,), fallback=(0,), history=500)
    view = user_view(user, [Interaction("a")], [ranked("a")], ["base"], known("a"), k=5)
    assert (len(view.history), view.history_total) == (1, 500)


def test_overlap_is_shown_by_share_with_full_agreement_apart() -> None:
    view = overlaps([1, 0, 0, 0, 0, 2, 0, 0, 0, 3, 4])
    assert view is not None
    rows = [(str(words), users) for words, users in view.rows]
    assert rows[0] == ("0% to under 10%", 1)
    assert rows[9] == ("90% to under 100%", 3)
    assert rows[10] == ("100%", 4)
    assert overlaps([0] * 11) is None


def test_examples_are_the_first_ones_and_one_served_by_the_fallback() -> None:
    assert choose_examples(["a", "b", "c"], ["z"], 2) == ["a", "z"]
    assert choose_examples(["a", "b", "c"], ["b"], 2) == ["a", "b"]
    assert choose_examples(["a", "b"], [], 3) == ["a", "b"]
    assert choose_examples(["a"], ["z"], 1) == ["a"]
    assert choose_examples(["a"], ["z"], 0) == []


def item_row(*ranks: dict[int, int]) -> ItemRow:
    counts = tuple(tuple(one.get(rank, 0) for rank in range(1, MAX_RANKS + 2)) for one in ranks)
    return ItemRow(Item("i"), 7, tuple(map(sum, counts)), counts, tuple(() for _ in ranks))


def test_ranks_of_an_item_are_counted_for_every_version() -> None:
    view = item_view(item_row({1: 2, 3: 1}, {2: 5}), {}, BOTH)
    assert view.users == (3, 5)
    assert view.ranks == (("1", (2, 0)), ("2", (0, 5)), ("3", (1, 0)))


def test_far_ranks_are_shown_as_one() -> None:
    view = item_view(item_row({1: 1, MAX_RANKS + 1: 5}), {}, ["base"])
    assert len(view.ranks) == MAX_RANKS + 1
    assert view.ranks[-1] == (f">{MAX_RANKS}", (5,))


def test_an_item_that_nobody_gets_has_no_chart() -> None:
    view = item_view(item_row({}, {}), {}, BOTH)
    assert (view.chart, view.ranks, view.users) == (None, (), (0, 0))


def test_who_gets_an_item_is_told_once_with_the_rank_in_each_version() -> None:
    row = ItemRow(Item("i"), 0, (2, 2), ((1,), (1,)), ((("u1", 2), ("u2", 5)), (("u3", 1), ("u2", 9))), ("s", "gone"))
    view = item_view(row, {"s": Item("s", "Similar")}, BOTH)
    assert [(one.user_id, one.ranks) for one in view.receivers] == [
        ("u3", (None, 1)),
        ("u1", (2, None)),
        ("u2", (5, 9)),
    ]
    assert [one.item_id for one in view.similar] == ["s"]


def summary(*sides: SideSummary) -> Summary:
    time = datetime(2026, 11, 1, tzinfo=UTC)
    return Summary(sides, 9, tuple(0 for _ in sides), 8, 100, 4, time, time)


def test_data_notes_name_every_gap() -> None:
    side = SideSummary(10, 100, 50, None, items_untitled=1, items_unknown=2, users_without_history=1)
    view = notes(summary(side, side), ["old", "new"])
    remarks = [str(remark) for remark in view.remarks]
    assert "old: 2 recommended items cannot be found in the item table; only the id is shown." in remarks
    assert "new: one recommended item without a title." in remarks
    assert "new: 2 users only in this version, who are not compared." in remarks
    assert "old: the version does not say which rows come from the fallback." in remarks
    facts = {str(fact.label): fact.values for fact in view.per_result}
    assert facts["Rows from the fallback"] == ("n/a", "n/a")
    assert facts["Share of the catalogue"] == ("48.0%", "48.0%")


def test_clean_data_has_no_remarks() -> None:
    side = SideSummary(8, 80, 50, 0, 0, 0, 0)
    assert notes(summary(side), ["base"]).remarks == ()


def test_quality_tells_what_was_found_from_what_nobody_looked_at() -> None:
    seen = Quality(duplicates=Check(0, 10), rank_gaps=Check(2, 8, ("u1", "u2")), titled_rows=Check(9, 10))
    view = quality_view([seen])
    found = {row.name: row.findings[0] for row in (*view.checks, *view.coverage)}
    assert (found["duplicates"].level, found["duplicates"].count) == ("good", "0")
    assert (found["rank_gaps"].level, found["rank_gaps"].share) == ("remarkable", "25.0%")
    assert found["rank_gaps"].examples == ("u1", "u2")
    assert (found["nan_scores"].level, found["nan_scores"].count) == ("unknown", "n/a")
    assert found["titled_rows"].level == "remarkable"
    assert (view.remarkable, view.unknown) == (2, 6)


def test_a_join_that_covers_everything_is_good_and_one_of_unknown_size_is_not() -> None:
    view = quality_view([Quality(titled_rows=Check(10, 10), users_with_history=Check(3, None))])
    assert [row.findings[0].level for row in view.coverage] == ["good", "unknown"]


def run(**changes: object) -> RunSummary:
    told = {
        "slug": "r",
        "name": "R",
        "title": "t",
        "workflow": "",
        "stage": "",
        "started": "",
        "versions": {"a": Version("A"), "b": Version("B")},
        "users": 3,
        "outcome": "pass",
        "last_time": None,
        "comparison": ("a", "b"),
    }
    return RunSummary(**{**told, **changes})  # type: ignore[arg-type]


def test_a_run_opens_with_its_newest_comparison_else_its_first_version_else_nothing() -> None:
    assert opening(run()) == "a..b"
    assert opening(run(comparison=None)) == "a"
    assert opening(run(comparison=None, versions={})) == ""


def test_a_run_lists_some_versions_and_counts_the_others() -> None:
    many = {f"v{index}": Version(f"V{index}") for index in range(MAX_VERSIONS + 3)}
    row = run_row(run(versions=many, problems=[ViewError("view.json", "k", "is gone")]), None, stale=False)
    assert (len(row.versions), row.more_versions) == (MAX_VERSIONS, 3)
    assert row.problems == ("view.json, column k: is gone",)
    assert row.age is None


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("pass", "Rules: PASS"), ("warn", "Rules: WARN"), ("unknown", "Rules: NOT ENOUGH DATA"), ("", "no rules")],
)
def test_the_outcome_of_a_run_is_told_in_words(outcome: str, words: str) -> None:
    assert str(run_row(run(outcome=outcome), None, stale=False).outcome_words) == words


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0.5, "less than an hour ago"),
        (1, "one hour ago"),
        (47.9, "47 hours ago"),
        (48, "2 days ago"),
        (24 * 400, "400 days ago"),
    ],
)
def test_ages_are_told_in_the_largest_unit_that_fits(hours: float, words: str) -> None:
    assert str(age_words(timedelta(hours=hours))) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-29T03:00:00Z", "2026-11-29 03:00 UTC"),
        ("2026-11-29T12:00:00+09:00", "2026-11-29 03:00 UTC"),
        ("yesterday", "yesterday"),
        ("2026-11-29", "2026-11-29"),
        ("", ""),
    ],
)
def test_a_start_is_shown_in_utc_where_it_is_a_time(text: str, shown: str) -> None:
    assert shown_start(text) == shown
