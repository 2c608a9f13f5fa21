"""What holds of every log and every set of rules."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machiya_component import DataError
from machiya_preprocess import pairs
from machiya_preprocess.catalogue import Catalogue, items_table
from machiya_preprocess.cleaning import Cleaned, clean
from machiya_preprocess.files import CsvFormat
from machiya_preprocess.log import EventLog, LogReader
from machiya_preprocess.settings import LogLayout, Rules, TrafficRule, Window
from machiya_preprocess.storage import Room, Store
from machiya_preprocess.times import NAT, SECOND, to_arrow, to_micros
from machiya_preprocess.verdict import REASONS

from . import reference

SCHEMA = pa.schema([(name, pa.string()) for name in ("user", "item", "event", "time")])
Row = tuple[str | None, str | None, str | None, str | None]


def at(second: int) -> str:
    return f"2026-11-01T00:0{second // 60}:{second % 60:02d}Z"


# Nine rows that every set of rules below keeps, so that there is always something left.
KEPT: list[Row] = [
    (f"kept user {user}", f"kept item {item}", "view", at(155 + 10 * item)) for user in range(3) for item in range(3)
]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2", "u3", "ü4", "u1", "u2", "u3", "ü4", "", None]),
        st.sampled_from(["i1", "i2", "i3", "i4", "i1", "i2", "i3", "i4", "i5", None]),
        st.sampled_from(["view", "apply", "view", "view", "apply", "impression", None]),
        st.one_of(st.integers(0, 300).map(at), st.integers(150, 200).map(at), st.sampled_from([None, "", "never"])),
    ),
    max_size=60,
).map(lambda rows: rows + KEPT)
START = int(to_micros(pa.chunked_array([["2026-11-01T00:00:00Z"]]), "iso", "UTC")[0])
RULES = st.builds(
    Rules,
    weights=st.just({"view": 1.0, "apply": 5.0, "impression": 0.0}),
    window=st.builds(
        Window,
        start=st.sampled_from([NAT, START + 10 * SECOND]),
        end=st.sampled_from([NAT, START + 200 * SECOND]),
        last=st.sampled_from([0, 150 * SECOND]),
    ),
    traffic=st.lists(
        st.builds(TrafficRule, most=st.integers(1, 9), span=st.sampled_from([SECOND, 9 * SECOND])), max_size=2
    ),
    repeat_span=st.sampled_from([-1, 0, 5 * SECOND]),
    keep_unknown_items=st.booleans(),
    min_user_items=st.integers(1, 3),
    min_item_users=st.integers(1, 3),
    half_life=st.sampled_from([0, 100 * SECOND]),
    max_unreadable_share=st.just(1.0),
)


LAYOUT = LogLayout("user", "item", "event", "time", "iso", "UTC", CsvFormat("utf-8"))
KNOWN = ["i1", "i2", "i5", "not in the log", "kept item 0", "kept item 1", "kept item 2"]
CATALOGUES = st.sampled_from([None, Catalogue(items_table(None, pa.array(sorted(KNOWN))), 0, 0)])


def log_of(rows: list[Row], batch: int = 1000, room: Room | None = None) -> EventLog:
    table = pa.table(
        dict(zip(("user", "item", "event", "time"), map(list, zip(*rows, strict=True)), strict=True)), SCHEMA
    )
    reader = LogReader(LAYOUT, Store(room))
    reader.add((Path("log.parquet"), batch) for batch in table.to_batches(max_chunksize=batch))
    return reader.log(1)


def cleaned(rows: list[Row], rules: Rules) -> Cleaned:
    return clean(log_of(rows), None, rules)


def micros_of(text: str | None) -> int | None:
    return int(to_micros(pa.chunked_array([[text]], pa.string()), "iso", "UTC")[0]) if text else None


@given(ROWS, RULES, CATALOGUES)
def test_kernels_do_what_the_plain_words_say(rows: list[Row], rules: Rules, catalogue: Catalogue | None) -> None:
    known = None if catalogue is None or rules.keep_unknown_items else set(KNOWN)
    events = [
        reference.Event(user or None, item or None, kind or None, micros_of(time)) for user, item, kind, time in rows
    ]
    expected = reference.clean(events, known, rules)
    assert expected is not None
    result = clean(log_of(rows), catalogue, rules)
    rejected, pairs = result.rejected.to_pylist(), result.interactions.to_pylist()
    assert {row["row"]: row["reason"] for row in rejected} == expected.reasons
    assert [(row["user_id"], row["item_id"]) for row in pairs] == list(expected.pairs)
    for row, (weight, count, latest) in zip(pairs, expected.pairs.values(), strict=True):
        assert row["weight"] == pytest.approx(weight, rel=1e-12)
        assert (row["events"], row["time"]) == (count, to_arrow(np.array([latest]))[0].as_py())
    assert (result.metrics["machine_users"], result.metrics["minimum_rounds"]) == (expected.machines, expected.rounds)


@settings(max_examples=40)
@given(ROWS, RULES, st.integers(1, 30), st.integers(1, 150))
def test_a_log_in_files_gives_the_same_as_one_in_memory(rows: list[Row], rules: Rules, batch: int, room: int) -> None:
    held = clean(log_of(rows), None, rules)
    with TemporaryDirectory() as folder:
        log = log_of(rows, batch, Room(room, Path(folder)))
        spilled = clean(log, None, rules)
        assert log.store.in_files
        assert spilled.interactions.equals(held.interactions)
        assert spilled.rejected.equals(held.rejected)
        assert (spilled.items.equals(held.items), spilled.metrics) == (True, held.metrics)


ALL_STAY = Rules(
    weights={"view": 1.0},
    window=Window(NAT, NAT, 0),
    traffic=[],
    repeat_span=-1,
    keep_unknown_items=True,
    min_user_items=1,
    min_item_users=1,
    half_life=0,
    max_unreadable_share=0.0,
)


def test_a_log_with_more_rows_than_can_be_numbered_is_judged_in_parts_or_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows: list[Row] = [(f"u{row // 2}", f"i{row % 2}", "view", at(row)) for row in range(40)]
    whole = cleaned(rows, ALL_STAY).interactions
    monkeypatch.setattr(pairs, "MOST_ROWS", 8)
    with pytest.raises(DataError, match=r"40 rows of the log .* more than 8\. Lower --memory_limit"):
        cleaned(rows, ALL_STAY)
    room = Room(400, tmp_path)  # for 12 rows in a part
    assert clean(log_of(rows, 10, room), None, ALL_STAY).interactions.equals(whole)


@given(ROWS, RULES)
def test_each_row_is_kept_or_rejected_for_one_reason(rows: list[Row], rules: Rules) -> None:
    result = cleaned(rows, rules)
    rejected = result.rejected["row"].to_pylist()
    assert rejected == sorted(set(rejected))
    assert pc.sum(result.interactions["events"]).as_py() + len(rejected) == len(rows)
    assert set(result.rejected["reason"].to_pylist()) <= {reason.value for reason in REASONS}
    assert result.metrics["kept"] + result.metrics["rejected"] == len(rows)


@given(ROWS, RULES)
def test_rejected_rows_are_the_rows_of_the_log(rows: list[Row], rules: Rules) -> None:
    result = cleaned(rows, rules)
    for found in result.rejected.to_pylist():
        user, item, event, time = rows[found["row"]]
        assert (found["user"], found["item"], found["event"], found["time"]) == (user or None, item, event, time)


@given(ROWS, RULES)
def test_interactions_are_the_kept_rows_summed_up_in_order(rows: list[Row], rules: Rules) -> None:
    result = cleaned(rows, replace(rules, half_life=0))
    rejected = set(result.rejected["row"].to_pylist())
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for number, (user, item, event, _) in enumerate(rows):
        if number not in rejected:
            weights[str(user), str(item)] += rules.weights[str(event)]
    found = {(row["user_id"], row["item_id"]): row["weight"] for row in result.interactions.to_pylist()}
    assert found == weights
    assert list(found) == sorted(found, key=lambda pair: (pair[0].encode(), pair[1].encode()))


@given(ROWS, RULES)
def test_each_user_and_item_has_its_minimum(rows: list[Row], rules: Rules) -> None:
    table = cleaned(rows, rules).interactions
    for column, minimum in (("user_id", rules.min_user_items), ("item_id", rules.min_item_users)):
        assert pc.min(pc.value_counts(table[column]).field("counts")).as_py() >= minimum


@given(ROWS, RULES)
def test_the_same_log_gives_the_same_tables(rows: list[Row], rules: Rules) -> None:
    first, second = cleaned(rows, rules), cleaned(rows, rules)
    assert first.interactions.equals(second.interactions)
    assert first.rejected.equals(second.rejected)
    assert first.metrics == second.metrics
