"""The operation `split`, with every check of the contract, and as properties of any two tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_component import ArgumentsError, DataError
from machiya_component.testing import Result
from machiya_experiment import splitting
from machiya_experiment.buckets import buckets

SAMPLE = Path(__file__).parents[1] / "sample"
SALT = "2026-11"
Run = Callable[..., Result]
Lists = Mapping[str, Sequence[str]]

USERS = [f"u{number:02d}" for number in range(40)]
LISTS = st.dictionaries(st.sampled_from(USERS), st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4), min_size=1)
SHARES = st.floats(0, 1)


def table(lists: Lists, **columns: Any) -> pa.Table:
    rows = [(user, item, rank) for user, items in lists.items() for rank, item in enumerate(items, 1)]
    users, items, ranks = map(list, zip(*rows, strict=True))
    made = pa.table({"user_id": users, "item_id": items, "rank": ranks, "score": [0.5] * len(rows), "source": items})
    for name, value in columns.items():
        made = made.append_column(name, pa.array([value] * len(rows)))
    return made


class InMemory:
    """A table in batches of a few rows, so that users and their rows lie across batches."""

    def __init__(self, folder: Path, rows: pa.Table, batch: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows.slice(0, 0), folder / "part-00000.parquet")
        self.files, self._rows, self._batch = [folder / "part-00000.parquet"], rows, batch

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        chosen = self._rows.select(columns) if columns else self._rows
        yield from chosen.to_batches(max_chunksize=self._batch)


def rows_by_user(result: pa.Table) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for row in result.to_pylist():
        found.setdefault(row["user_id"], []).append((row["item_id"], row["rank"]))
    return found


def column_by_user(result: Result | pa.Table, column: str) -> dict[str, str]:
    rows = result.table("assignment") if isinstance(result, Result) else result
    return dict(zip(rows["user_id"].to_pylist(), rows[column].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sides")


@given(control=LISTS, candidate=LISTS, share=SHARES, batch=st.integers(1, 7), shuffled=st.booleans(), data=st.data())
def test_every_user_has_the_rows_of_one_side_whole(
    folder: Path, control: Lists, candidate: Lists, share: float, batch: int, shuffled: bool, data: st.DataObject
) -> None:
    """Against the rule written out, for tables in order of users and in any order."""
    order = data.draw(st.permutations(sorted({*control, *candidate}))) if shuffled else sorted({*control, *candidate})
    sides = [{user: lists[user] for user in order if user in lists} for lists in (control, candidate)]
    one, other = (InMemory(folder / str(number), table(side), batch) for number, side in enumerate(sides))
    result = splitting.split(one, other, share, SALT, ("control", "candidate"))
    rows = pa.concat_tables(result.rows())

    place = dict(zip(order, buckets(pa.array(order), SALT).tolist(), strict=True))
    expected = {}
    for user in sorted(place):
        belongs, alternative = (candidate, control) if place[user] < share else (control, candidate)
        # A side without a share takes no part.
        backed = user in belongs or 0 < share < 1
        if backed and (side := belongs if user in belongs else alternative):
            expected[user] = [(item, rank) for rank, item in enumerate(side[user], 1)]
    assert rows_by_user(rows) == expected
    assert rows["user_id"].to_pylist() == sorted(rows["user_id"].to_pylist())
    assert column_by_user(result.assignment_table(), "variant").keys() == expected.keys()


@given(shares=st.tuples(SHARES, SHARES))
def test_a_larger_share_only_moves_users_from_control_to_candidate(folder: Path, shares: tuple[float, float]) -> None:
    rows = table(dict.fromkeys(USERS, "ab"))
    before, after = (
        column_by_user(
            splitting.split(
                InMemory(folder / "a", rows, 100), InMemory(folder / "b", rows, 100), share, SALT, ("old", "new")
            ).assignment_table(),
            "variant",
        )
        for share in sorted(shares)
    )
    assert {(before[user], after[user]) for user in USERS} <= {("old", "old"), ("old", "new"), ("new", "new")}


def test_nobody_changes_sides_from_run_to_run(run: Run) -> None:
    """Also not when other users come and go."""
    first = dict.fromkeys(USERS, "abc")
    second = dict.fromkeys([*USERS[::2], "new", "newer"], "def")
    variants = [
        column_by_user(
            run("split", {"control": table(lists), "candidate": table(lists)}, share=0.4, salt=SALT), "variant"
        )
        for lists in (first, second)
    ]
    both = variants[0].keys() & variants[1].keys()
    assert len(both) == 20
    assert {variants[0][user] for user in both} == {"control", "candidate"}
    assert {user: variants[0][user] for user in both} == {user: variants[1][user] for user in both}


def test_the_share_comes_about(run: Run) -> None:
    lists = {f"user-{number:04d}": "a" for number in range(4000)}
    result = run("split", {"control": table(lists), "candidate": table(lists)}, share=0.1, salt=SALT)
    assert result.metrics()["candidate_share"] == pytest.approx(0.1, abs=0.02)


def test_share_0_is_the_control_and_share_1_the_candidate(run: Run) -> None:
    """Column by column and row by row, also where the other side has other users and columns."""
    sides = {"control": SAMPLE / "control", "candidate": SAMPLE / "candidate"}
    for share, side, name in ((0, "control", "control"), (1, "candidate", "candidate")):
        result = run("split", sides, share=share, salt=SALT).table("recommendations")
        assert result.drop_columns(["variant", "served"]).equals(pq.read_table(SAMPLE / side))
        assert {*result["variant"].to_pylist(), *result["served"].to_pylist()} == {name}


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_without_a_candidate_everybody_has_the_control(
    run: Run, caplog: pytest.LogCaptureFixture, share: float
) -> None:
    """A candidate whose making failed never breaks production: done, with a warning as the last word."""
    result = run("split", {"control": SAMPLE / "control"}, share=share, salt=SALT)
    rows = result.table("recommendations")
    assert rows.drop_columns(["variant", "served"]).equals(pq.read_table(SAMPLE / "control"))
    assert {*column_by_user(result, "variant").values(), *column_by_user(result, "served").values()} == {"control"}
    assert (result.metrics()["candidate_available"], result.metrics()["candidate_share"]) == (0, 0)
    assert caplog.records[-1].levelname == "WARNING"
    assert "every user has the rows of the control, because there is no candidate" in caplog.text


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        (table({"u": "a"}).slice(0, 0), "has no rows"),
        (table({"u": "a"}, extra="text"), "'extra'|extra has incompatible types"),
        (table({"u": "a"}, variant="x"), "has a column 'variant'"),
    ],
)
def test_a_candidate_of_no_use_is_as_none(
    run: Run, caplog: pytest.LogCaptureFixture, candidate: pa.Table, why: str
) -> None:
    control = table({"u": "ab", "v": "b"}, extra=7)
    result = run("split", {"control": control, "candidate": candidate}, share=0.9, salt=SALT)
    assert result.table("recommendations").drop_columns(["variant", "served"]).equals(control)
    assert result.metrics()["candidate_available"] == 0
    caplog_text = caplog.records[-1].getMessage()
    assert "every user has the rows of the control" in caplog_text
    assert any(part in caplog_text for part in why.split("|"))


def test_a_candidate_that_breaks_the_contract_is_an_error(run: Run) -> None:
    broken = table({"u": "ab"}).drop_columns(["rank"])
    with pytest.raises(DataError, match="rank"):
        run("split", {"control": SAMPLE / "control", "candidate": broken}, share=0.5, salt=SALT)


def test_who_is_missing_on_a_side_is_served_the_other(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody ends with an empty page, and the variant says where the user belongs all the same."""
    lists = dict.fromkeys(USERS, "ab")
    halves = {"control": table(dict(list(lists.items())[:30])), "candidate": table(dict(list(lists.items())[10:]))}
    result = run("split", halves, share=0.5, salt=SALT)
    variant, served = column_by_user(result, "variant"), column_by_user(result, "served")
    assert list(variant) == USERS
    moved = [user for user in USERS if variant[user] != served[user]]
    expected = [user for user in USERS[:10] if variant[user] == "candidate"]
    expected += [user for user in USERS[30:] if variant[user] == "control"]
    assert moved == expected != []
    assert result.metrics()["users_served_by_other_side"] == len(moved)
    assert f"{len(moved)} users are missing on the side they belong to" in caplog.records[-1].getMessage()


def test_users_whom_the_candidate_lacks_at_share_1_are_told(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    sides = {"control": SAMPLE / "control", "candidate": SAMPLE / "candidate"}
    assert run("split", sides, share=1, salt=SALT).metrics()["users_lost"] == 10
    assert "10 users of the control have no rows" in caplog.records[-1].getMessage()


def test_columns_of_both_sides_go_through(run: Run) -> None:
    """Those that only one side has are null for the other; types are wide enough for both."""
    control = table(dict.fromkeys(USERS, "a"), kept=1)
    candidate = table(dict.fromkeys(USERS, "b"), kept=0.5, reason="new")
    candidate = candidate.set_column(0, "user_id", candidate["user_id"].dictionary_encode())
    result = run("split", {"control": control, "candidate": candidate}, share=0.5, salt=SALT).table("recommendations")
    assert result.column_names == [*control.column_names, "reason", "variant", "served"]
    assert {(row["variant"], row["kept"], row["reason"]) for row in result.to_pylist()} == {
        ("control", 1.0, None),
        ("candidate", 0.5, "new"),
    }


def test_shards_in_folders_are_one_side(run: Run, tmp_path: Path) -> None:
    for shard, users in enumerate((USERS[:15], USERS[15:])):
        part = tmp_path / "candidate" / f"{shard:05d}"
        part.mkdir(parents=True)
        pq.write_table(table(dict.fromkeys(users, "b")), part / "part-00000.parquet")
    control = table(dict.fromkeys(USERS, "a"))
    result = run("split", {"control": control, "candidate": tmp_path / "candidate"}, share=0.5, salt=SALT)
    rows = result.table("recommendations")
    assert {(row["item_id"], row["variant"]) for row in rows.to_pylist()} == {("a", "control"), ("b", "candidate")}
    assert result.metrics()["users"] == len(USERS)


def test_variants_have_the_names_given(run: Run) -> None:
    sides = {"control": SAMPLE / "control", "candidate": SAMPLE / "candidate"}
    result = run("split", sides, share=0.5, salt=SALT, control_name="1.0.0", candidate_name="1.1.0")
    assert {*column_by_user(result, "variant").values()} == {"1.0.0", "1.1.0"}


def test_two_sides_of_one_name_are_refused(run: Run) -> None:
    with pytest.raises(ArgumentsError, match="both 'x'"):
        run("split", {"control": SAMPLE / "control"}, share=0.5, salt=SALT, control_name="x", candidate_name="x")


def test_a_split_is_not_split_again(run: Run) -> None:
    once = run("split", {"control": SAMPLE / "control"}, share=0.5, salt=SALT)
    with pytest.raises(DataError, match="result of a split"):
        run("split", {"control": once.path("recommendations")}, share=0.5, salt=SALT)


def test_memory_does_not_grow_with_the_table(folder: Path) -> None:
    """What is held is a batch of each side, however many there are."""
    rows = table({f"user-{number:05d}": "abcd" for number in range(3000)})
    sides = [InMemory(folder / name, rows, 100) for name in ("one", "two")]
    result = splitting.split(sides[0], sides[1], 0.3, SALT, ("control", "candidate"))
    lengths = [len(piece) for piece in result.rows()]
    assert sum(lengths) == len(rows)
    assert max(lengths) <= 200
