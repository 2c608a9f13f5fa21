"""What holds of every log and every set of rules."""

from collections import defaultdict
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from machiya_preprocess.cleaning import Cleaned, clean
from machiya_preprocess.columns import Codes, as_text, encode
from machiya_preprocess.log import EventLog
from machiya_preprocess.settings import Rules, TrafficRule, Window
from machiya_preprocess.times import NAT, SECOND, to_micros
from machiya_preprocess.verdict import REASONS

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


def log_of(rows: list[Row]) -> EventLog:
    users, items, kinds, times = (
        pa.chunked_array([pa.array(column, pa.string())]) for column in zip(*rows, strict=True)
    )

    def codes(column: pa.ChunkedArray) -> Codes:
        return encode(as_text(column))

    return EventLog(codes(users), codes(items), codes(kinds), to_micros(times, "iso", "UTC"), (times,))


def cleaned(rows: list[Row], rules: Rules) -> Cleaned:
    return clean(log_of(rows), None, rules)


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
