"""Reading a view: answers, how little is read for them, and files that cannot be read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_viewer.prepare import write as writing
from machiya_viewer.records import UserRow
from machiya_viewer.view.files import Files
from machiya_viewer.view.model import UserPage, UserQuery, ViewError
from machiya_viewer.view.reader import ViewReader, open_view

MakeView = Callable[..., ViewReader]
HOSTILE_TEXTS = ("", ".", "..", "\x00", "\ud800", "u" * 10_000, "ü/é?#%2f", "'; drop table", "\U0010ffff")


@pytest.fixture
def many(make_view: MakeView, monkeypatch: pytest.MonkeyPatch) -> ViewReader:
    """A view of 300 users in many small row groups, who tie in most measures."""
    for name in ("ROWS", "USER_ROWS", "ITEM_ROWS"):
        monkeypatch.setattr(writing, name, 37)
    rng = np.random.default_rng(11)
    names = [f"u{index:03d}" for index in range(300)]
    lists = {name: [f"i{item}" for item in rng.choice(200, 5, replace=False)] for name in names}
    history = {name: [f"i{item}" for item in range(index % 7)] for index, name in enumerate(names) if index % 7}
    changes = pa.table(
        {
            "user_id": names,
            "segment": [("light", "heavy", None)[index % 3] for index in range(300)],
            "overlap": pa.array([None if index % 10 == 9 else index % 4 / 4 for index in range(300)], pa.float64()),
            "rbo": rng.integers(0, 3, 300) / 3,
            "kendall_tau": rng.random(300),
            "entered": rng.integers(0, 5, 300),
            "left": rng.integers(0, 5, 300),
        }
    )
    titles = {f"i{item}": f"Title {item}" for item in range(150)}
    return make_view(lists, lists, history=history, titles=titles, user_changes=changes)


def everybody(view: ViewReader) -> list[UserRow]:
    return list(view.users(UserQuery("user_id", size=10_000)).rows)


@pytest.mark.parametrize("sort", ["overlap", "rbo", "kendall_tau"])
def test_users_are_sorted_by_a_measure_with_ties_by_id_and_the_unknown_last(many: ViewReader, sort: str) -> None:
    def key(user: UserRow) -> tuple[bool, float, float, str]:
        value = getattr(user, sort)
        second = (user.rbo or 0.0) if sort == "overlap" else 0.0
        return (value is None, value or 0.0, second, user.user_id)

    expected = [user.user_id for user in sorted(everybody(many), key=key)]
    assert [user.user_id for user in many.users(UserQuery(sort, size=10_000)).rows] == expected


def test_the_most_new_items_come_first(many: ViewReader) -> None:
    expected = sorted(everybody(many), key=lambda user: (-(user.entered or 0), user.user_id))
    assert list(many.users(UserQuery("entered", size=10_000)).rows) == expected


def test_the_random_order_is_the_same_every_time_and_not_that_of_ids(many: ViewReader) -> None:
    first = [user.user_id for user in many.users(UserQuery("random", size=10_000)).rows]
    assert first == [user.user_id for user in many.users(UserQuery("random", size=10_000)).rows]
    assert sorted(first) == [user.user_id for user in everybody(many)] != first


def test_users_without_any_list_come_last(make_view: MakeView) -> None:
    view = make_view({f"u{index}": "a" for index in range(20)}, history={f"h{index}": "a" for index in range(20)})
    shown = view.users(UserQuery("random", size=100)).rows
    assert [any(user.rows) for user in shown] == [True] * 20 + [False] * 20


@pytest.mark.parametrize("query", [UserQuery("rbo"), UserQuery("user_id"), UserQuery("overlap", min_hist=2)])
def test_pages_follow_each_other(many: ViewReader, query: UserQuery) -> None:
    whole = many.users(UserQuery(query.sort, min_hist=query.min_hist, size=10_000))
    pages: list[UserPage] = []
    for number in range(1, 20):
        asked = UserQuery(query.sort, min_hist=query.min_hist, page=number, size=29)
        pages.append(many.users(asked))
    assert [user for page in pages for user in page.rows] == list(whole.rows)
    assert {page.total for page in pages} == {whole.total}
    assert pages[-1].rows == ()


def test_filters_narrow_the_list(many: ViewReader) -> None:
    asked = UserQuery("overlap", segment="heavy", min_hist=3, text="1", size=10_000)
    expected = {
        user.user_id
        for user in everybody(many)
        if user.segment == "heavy" and user.history >= 3 and "1" in user.user_id
    }
    found = many.users(asked)
    assert {user.user_id for user in found.rows} == expected
    assert found.total == len(expected) > 0
    assert many.users(UserQuery(text="u.*")).total == 0  # text, not a pattern
    assert many.users(UserQuery(segment="nowhere")).total == 0


@pytest.mark.parametrize("query", [UserQuery("overlap"), UserQuery("user_id", min_hist=3), UserQuery("random")])
def test_neighbours_are_those_of_the_list(many: ViewReader, query: UserQuery) -> None:
    order = [user.user_id for user in many.users(UserQuery(query.sort, min_hist=query.min_hist, size=10_000)).rows]
    for place in (0, 1, 40, len(order) - 1):
        before = order[place - 1] if place else None
        after = order[place + 1] if place + 1 < len(order) else None
        assert many.neighbours(query, order[place]) == (before, after)
    assert many.neighbours(query, "nobody") == (None, None)


def test_a_user_whom_the_query_leaves_out_still_has_neighbours(many: ViewReader) -> None:
    assert many.neighbours(UserQuery("user_id", min_hist=6), "u007") == ("u006", "u013")


def test_every_user_is_found_with_list_and_history(many: ViewReader) -> None:
    for user in everybody(many)[::23]:
        assert many.user(user.user_id) == user
        assert [row.rank for row in many.recommended(1, user.user_id)] == [1, 2, 3, 4, 5]
        assert len(many.history(user.user_id, 100)) == user.history
    assert (many.user("u"), many.user("u9999"), many.recommended(0, "zzz"), many.history("", 5)) == (None, None, [], [])


def test_ids_are_completed_in_their_order(many: ViewReader) -> None:
    assert many.users_starting("u29", 20) == [f"u29{digit}" for digit in range(10)]
    assert many.users_starting("u03", 3) == ["u030", "u031", "u032"]
    assert many.users_starting("u", 100) == [f"u{index:03d}" for index in range(100)]
    assert many.users_starting("v", 5) == many.users_starting("a", 5) == []


def test_labels_tell_untitled_items_from_unknown_ones(make_view: MakeView) -> None:
    labels = make_view({"u": "ac"}, titles={"a": "A", "b": None}).items(["a", "b", "c", "d"])
    known = [(labels[key].title, labels[key].known) for key in "abcd"]
    assert known == [("A", True), (None, True), (None, False), (None, False)]


def test_items_are_found_by_id_and_by_title_whatever_its_width_and_case(make_view: MakeView) -> None:
    titles = {"i1": "データ PYTHON", "i2": "ﾃﾞｰﾀ ｐｙｔｈｏｎ", "i3": "Straße", "python": None}
    view = make_view({"u1": ["i2", "i1"], "u2": ["i2"]}, titles=titles)
    assert [item.item_id for item in view.items_matching("Ｐython", 9)] == ["i2", "i1"]
    assert [item.item_id for item in view.items_matching("python", 9)] == ["python", "i2", "i1"]
    assert [item.item_id for item in view.items_matching("データ", 1)] == ["i2"]
    assert [item.item_id for item in view.items_matching("STRASSE", 9)] == ["i3"]
    assert view.items_matching("nothing", 9) == []


def test_exposure_is_ordered_with_ties_by_id(make_view: MakeView) -> None:
    view = make_view({"u1": "ab", "u2": "ab"}, {"u1": "cb", "u2": "ca", "u3": "c"}, titles={"z": "never shown"})
    assert [(one.item.item_id, one.exposure) for one in view.most_exposed(10, 1)] == [
        ("c", (0, 3)),
        ("a", (2, 1)),
        ("b", (2, 1)),
    ]
    assert [one.item.item_id for one in view.most_exposed(1, 0)] == ["a"]
    assert view.item("y") is None
    assert (item := view.item("z")) is not None
    assert item.exposure == (0, 0)


def test_users_of_the_fallback_are_found(make_view: MakeView, tables: type) -> None:
    own = tables.recommendations({"u1": "ab"})  # type: ignore[attr-defined]
    other = tables.recommendations({"u2": "ab"}, source="fallback")  # type: ignore[attr-defined]
    view = make_view(own, pa.concat_tables([own, other]))
    assert [user.user_id for user in view.with_fallback(5)] == ["u2"]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_any_text_is_only_a_text(many: ViewReader, text: str) -> None:
    assert many.user(text) is None
    assert not many.recommended(0, text)
    assert not many.history(text, 5)
    assert many.item(text) is None
    assert not many.items([text])[text].known
    assert many.neighbours(UserQuery(), text) == (None, None)
    assert many.users(UserQuery(text=text, segment=text)).total in (0, 300)
    assert len(many.users_starting(text, 3)) == (3 if text == "" else 0)
    assert len(many.items_matching(text, 3)) in (0, 3)


def test_a_question_about_one_user_reads_the_row_groups_that_can_hold_them(
    make_view: MakeView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ROWS", 1000)
    view = make_view({f"u{index:05d}": "ab" for index in range(5000)})
    damage_all_row_groups_but(Path(view.files.root) / "recommendations-0.parquet", 4)
    assert len(view.recommended(0, "u02222")) == 2
    with pytest.raises(ViewError, match=r"recommendations-0\.parquet"):
        view.recommended(0, "u01234")


def damage_all_row_groups_but(file: Path, kept: int) -> None:
    """Overwrite the data of every other row group; the footer with its statistics stays."""
    metadata = pq.read_metadata(file)
    content = bytearray(file.read_bytes())
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        columns = [group.column(number) for number in range(group.num_columns)]
        start = min(column.dictionary_page_offset or column.data_page_offset for column in columns)
        size = sum(column.total_compressed_size for column in columns)
        if index != kept:
            content[start : start + size] = b"\xff" * size
    file.write_bytes(content)


def rewrite(file: Path, table: pa.Table) -> None:
    pq.write_table(table, file)


def test_a_file_that_is_gone_is_named(many: ViewReader) -> None:
    (Path(many.files.root) / "history.parquet").unlink()
    with pytest.raises(ViewError, match=r"^history\.parquet: is gone$"):
        many.history("u001", 5)


def test_a_column_that_is_missing_is_named_with_its_file(many: ViewReader) -> None:
    file = Path(many.files.root) / "users.parquet"
    rewrite(file, pq.read_table(file).drop_columns(["overlap"]))
    with pytest.raises(ViewError) as caught:
        many.user("u001")
    assert (caught.value.file, caught.value.column, caught.value.reason) == ("users.parquet", "overlap", "is missing")


def test_a_column_of_another_kind_is_named_with_its_file(many: ViewReader) -> None:
    file = Path(many.files.root) / "items.parquet"
    table = pq.read_table(file)
    rewrite(file, table.set_column(table.schema.get_field_index("title"), "title", pa.array([1] * len(table))))
    with pytest.raises(ViewError, match=r"^items\.parquet, column title: holds int64, not text$"):
        many.items(["i1"])


def test_what_is_not_parquet_is_named(many: ViewReader) -> None:
    (Path(many.files.root) / "orders.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(ViewError, match=r"^orders\.parquet: is not readable as Parquet$"):
        many.users(UserQuery("overlap"))


@pytest.mark.parametrize("name", ["users", "orders", "items", "history", "recommendations-1"])
def test_a_check_finds_any_file_that_is_gone(many: ViewReader, name: str) -> None:
    many_again = open_view(many.files.root)
    many_again.check()
    (Path(many.files.root) / f"{name}.parquet").unlink()
    with pytest.raises(ViewError, match=name):
        open_view(many.files.root).check()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", r"^view\.json: is not JSON$"),
        ('{"format": 2}', r"^view\.json, column format: is 2; this viewer reads 1"),
        ('{"title": 5}', r"^view\.json, column title: "),
        ("[]", r"^view\.json"),
    ],
)
def test_a_head_that_cannot_be_understood_is_named(many: ViewReader, text: str, problem: str) -> None:
    (Path(many.files.root) / "view.json").write_text(text)
    with pytest.raises(ViewError, match=problem):
        open_view(many.files.root)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"quality": []}, r"^facts\.json, column quality: is of 0 versions, and the view of 2$"),
        ({"sorts": []}, r"^facts\.json, column sorts: "),
        ({"sorts": ["luck"]}, r"^facts\.json, column sorts: "),
    ],
)
def test_facts_that_do_not_go_with_their_view_are_told(many: ViewReader, change: dict[str, Any], problem: str) -> None:
    file = Path(many.files.root) / "facts.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(ViewError, match=problem):
        many.facts()


def test_a_time_beyond_all_calendars_is_told_with_its_file(many: ViewReader) -> None:
    file = Path(many.files.root) / "history.parquet"
    table = pq.read_table(file)
    far = pa.array([1 << 61] * len(table), pa.int64()).cast(pa.timestamp("us", "UTC"))
    rewrite(file, table.set_column(table.schema.get_field_index("time"), "time", far))
    user = table["user_id"][0].as_py()
    with pytest.raises(ViewError, match=r"^history\.parquet: holds what cannot be read \("):
        many.history(user, 5)


def test_a_view_is_read_from_any_file_system(many: ViewReader) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(many.files.root, "/elsewhere/view", recursive=True)
    other = open_view("memory://elsewhere/view")
    assert other.head == many.head
    assert other.facts() == many.facts()
    assert other.user("u123") == many.user("u123")
    assert other.recommended(0, "u123") == many.recommended(0, "u123")
    assert other.users(UserQuery("rbo", min_hist=2)) == many.users(UserQuery("rbo", min_hist=2))
    memory.rm("/elsewhere", recursive=True)


def test_the_sample_is_a_view_with_everything(sample_view: ViewReader) -> None:
    sample_view.check()
    facts = sample_view.facts()
    assert facts.scores[0] is not None
    assert facts.metric_changes is not None
    assert facts.rules is not None
    assert [source.port for source in facts.inputs][:2] == ["recommendations", "candidate"]
    assert [version.pin.partition("@")[0] for version in sample_view.head.versions] == [
        "recommender: 1.0.0",
        "recommender: 1.1.0",
    ]


def test_a_folder_below_the_root_of_a_machine_is_there() -> None:
    assert Files("/").below("a").below("b").place == "/a/b"
    assert Files("/runs/").below("a").place == "/runs/a"
    assert Files("/runs").below("").place == "/runs"
