"""The data watch: histograms, the stability index, and tables compared with those of good runs."""

import json
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machiya_component.artifacts import Producer, read_sidecar
from machiya_component.artifacts.sidecar import SIDECAR, describe, seal
from machiya_component.contract.complete import table_schema
from machiya_component.contract.model import ArtifactType, Port
from machiya_component.errors import DataError
from machiya_component.tables.statistics import DETAILS_BYTES, table_statistics
from machiya_component.testing import _as_folder
from machiya_component.watch.bars import bars_of
from machiya_component.watch.compare import Change, Comparison, compare
from machiya_component.watch.histogram import BINS, Histogram, histogram_of, merged
from machiya_component.watch.history import History, Snapshot, read_history
from machiya_component.watch.merge import merge
from machiya_component.watch.page import Section, page
from machiya_component.watch.psi import pairs_of_numbers, psi, psi_by_chance
from machiya_component.watch.thresholds import Limits, TableWatch, Thresholds

NUMBERS = st.lists(st.floats(-1e300, 1e300) | st.integers(-1000, 1000), min_size=1, max_size=60)


def histogram(values: Any) -> Histogram:
    return histogram_of([np.asarray(values, dtype=float)])


def snapshot(tmp_path: Any, columns: dict[str, Any], run: str = "r1", schema: dict[str, Any] | None = None) -> Snapshot:
    folder = _as_folder(pa.table(columns), tmp_path / run)
    rows, statistics = table_statistics(folder, table_schema(schema) if schema else None)
    return Snapshot(run=run, started=f"2026-11-{run[1:].zfill(2)}T03:00:00Z", rows=rows, columns=statistics)


def found(comparison: Comparison) -> dict[str, str]:
    return {change.id: change.level for change in comparison.changes if change.level}


def limits(**columns: Any) -> Thresholds:
    return Thresholds.model_validate({"columns": columns})


# Histograms


@given(NUMBERS)
def test_every_number_is_in_the_bin_between_whose_edges_it_lies(values: list[float]) -> None:
    whole = histogram(values)
    bins = whole.bins()

    assert sum(bins.values()) == len(values)
    assert all(len(side.counts) <= BINS for side in (whole.negative, whole.positive) if side)
    for key, count in bins.items():
        low, high = whole.edges(key)
        wider = 1e-9 * max(abs(low), abs(high))  # the edges are powers of two, rounded
        assert sum(low - wider <= value <= high + wider for value in values) >= count
    assert list(bins) == sorted(bins), "in the order of the numbers"


@given(NUMBERS, st.integers(0, 60))
def test_how_numbers_are_cut_into_chunks_makes_no_difference(values: list[float], place: int) -> None:
    parts = [np.asarray(part, dtype=float) for part in (values[:place], values[place:])]

    assert histogram_of(parts) == histogram(values) == merged([histogram_of([part]) for part in parts])


def test_close_numbers_have_bins_of_their_own() -> None:
    assert list(histogram([2020, 2021, 2022, 2026]).bins().values()) == [1, 1, 1, 1]
    assert histogram([]).bins() == {}


# The index


def test_the_index_by_hand() -> None:
    """(0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5) = 0.1 ln 1.5"""
    assert psi([(50, 60), (50, 40)]) == pytest.approx(0.1 * math.log(1.5))
    assert psi([(500, 60), (500, 40)]) == psi([(50, 60), (50, 40)]), "shares count, not rows"


@pytest.mark.parametrize(("rows", "share"), [(100, 0.005), (1_000_000, 0.0001)])
def test_an_empty_bin_counts_as_half_a_row_or_one_in_ten_thousand(rows: int, share: float) -> None:
    by_hand = (0.5 - share) * math.log(0.5 / share) + (0.5 - 1) * math.log(0.5 / 1)

    assert psi([(rows, 50), (0, 50)]) == pytest.approx(by_hand)
    assert psi([(0, 0), (10, 10)]) == psi([(5, 0)]) == 0


def test_two_samples_of_one_population_stay_below_what_chance_gives() -> None:
    rng = np.random.default_rng(7)
    exceeded = 0
    for _ in range(100):
        pairs = pairs_of_numbers(histogram(rng.lognormal(size=300)), histogram(rng.lognormal(size=200)))
        exceeded += psi(pairs) > psi_by_chance(pairs)
    assert exceeded <= 4


def test_numbers_are_grouped_by_tenths_of_what_was_and_what_is_outside_stands_alone() -> None:
    was = histogram([1] * 50 + [2] * 50)

    assert pairs_of_numbers(was, histogram([1] * 10 + [2] * 20 + [1000] * 5)) == [(50, 10), (50, 20), (0, 5)]
    assert pairs_of_numbers(was, histogram([-3, 0, 1, 2])) == [(50, 1), (50, 1), (0, 2)]


# Statistics


def test_values_are_listed_whole_or_not_at_all(tmp_path: Any) -> None:
    columns = {
        "few": ["a", "b"] * 500,
        "many": [str(number % 300) for number in range(1000)],
        "once": [f"mail{number}@example.com" for number in range(100)] * 10,
        "long": ["x" * 5000, "y" * 5000] * 500,
    }
    statistics = snapshot(tmp_path, columns).columns

    assert statistics["few"]["values"] == {"a": 500, "b": 500}
    assert {name for name, column in statistics.items() if "values" in column} == {"few", "once"}
    assert statistics["many"]["distinct"] == 300
    few_rows = snapshot(tmp_path, {"name": ["Ann", "Bob", "Cem"]}, "r2").columns
    assert "values" not in few_rows["name"], "what stands there once each tells persons apart"


@pytest.mark.parametrize(
    ("columns", "words", "most"),
    [(20, 10, 64 << 10), (60, 30, 64 << 10), (60, 0, 64 << 10), (250, 0, 128 << 10), (250, 250, 128 << 10)],
)
def test_a_sidecar_stays_as_small_as_the_contract_says(tmp_path: Any, columns: int, words: int, most: int) -> None:
    """`words` of the columns are categories with long lists, the others numbers with wide histograms."""
    rng = np.random.default_rng(3)
    names = [f"measured_quantity_{number:03}" for number in range(columns)]
    values: dict[str, Any] = {name: rng.lognormal(0, 5, 2000) * rng.choice([-1, 1], 2000) for name in names}
    values |= {name: [f"category number {one}" for one in rng.integers(0, 150, 2000)] for name in names[:words]}
    folder = _as_folder(pa.table(values), tmp_path / "table")
    fields = [{"name": name, "type": "string" if name in names[:words] else "number"} for name in names]
    port = Port(name="rows", type=ArtifactType.parse("table"), table_schema=table_schema({"fields": fields}))
    seal(folder, describe(folder, port, Producer(component="a", version="1.0.0", operation="b"), {}, None))
    sidecar = read_sidecar(folder)

    assert (folder / SIDECAR).stat().st_size < most
    assert sidecar.statistics is not None
    details = [column for column in sidecar.statistics.values() if "histogram" in column or "values" in column]
    whole = sum(len(json.dumps(column.get("histogram") or column["values"])) for column in details)
    assert whole > DETAILS_BYTES / 3, "what there is room for is kept"
    numbers = [column for column in sidecar.statistics.values() if column["type"] == "double"]
    assert len(sidecar.statistics) == columns
    assert all("mean" in column for column in numbers), "nothing else is left out"


def test_parts_together_have_the_statistics_of_the_whole(tmp_path: Any) -> None:
    rng = np.random.default_rng(5)
    numbers, names = rng.normal(3, 2, 900), rng.choice(["a", "b", "c"], 900)
    whole = snapshot(tmp_path, {"n": numbers, "s": names}, "r1")
    parts = [
        snapshot(tmp_path, {"n": numbers[some], "s": names[some]}, f"r{number}")
        for number, some in enumerate((slice(0, 100), slice(100, 900)), 2)
    ]
    together = merge(parts)

    assert together.rows == whole.rows
    assert together.columns["s"] == whole.columns["s"]
    for name in ("mean", "std"):
        assert together.columns["n"].pop(name) == pytest.approx(whole.columns["n"].pop(name))
    assert together.columns["n"] == whole.columns["n"]


# Comparisons

USUAL: dict[str, Any] = {"category": ["sales"] * 300 + ["care"] * 200, "weight": [1.0] * 250 + [2.0] * 250}


@pytest.fixture
def usual(tmp_path: Any) -> Snapshot:
    return snapshot(tmp_path, USUAL)


def changed(tmp_path: Any, **columns: Any) -> Snapshot:
    return snapshot(tmp_path, {**USUAL, **columns}, "r2")


@pytest.mark.parametrize(
    ("columns", "thresholds", "expected"),
    [
        ({"category": ["sales"] * 300 + ["care"] * 198 + ["space"] * 2}, {}, {"category.newValues": "warn"}),
        (
            {"category": ["sales"] * 300 + ["care"] * 198 + ["space"] * 2},
            {"category": {"newValues": "error"}},
            {"category.newValues": "error"},
        ),
        ({"category": ["sales"] * 300 + ["care"] * 198 + ["space"] * 2}, {"category": False}, {}),
        ({"category": ["sales"] * 280 + ["care"] * 180 + [None] * 40}, {}, {"category.nullShare": "warn"}),
        (
            {"category": ["sales"] * 280 + ["care"] * 180 + [None] * 40},
            {"category": {"nullShare": {"warn": 0.01, "error": 0.07}}},
            {"category.nullShare": "error"},
        ),
        ({"weight": [1.0] * 250 + [float("nan")] * 50 + [2.0] * 200}, {}, {"weight.nullShare": "warn"}),
        ({"weight": [1.5] * 250 + [3.0] * 250}, {}, {"weight.mean": "warn", "weight.psi": "warn"}),
        (
            {"weight": [1.0] * 200 + [2.0] * 300},
            {"weight": {"mean": {"warn": 0.1, "error": 0.3}, "psi": {"warn": 0.02, "error": 0.25}}},
            {"weight.mean": "warn", "weight.psi": "warn"},
        ),
        ({"category": ["care"] * 450 + ["sales"] * 50}, {}, {"category.psi": "warn"}),
    ],
)
def test_what_changed_is_found_and_judged(
    usual: Snapshot, tmp_path: Any, columns: dict[str, Any], thresholds: dict[str, Any], expected: dict[str, str]
) -> None:
    assert found(compare(changed(tmp_path, **columns), [usual], limits(**thresholds))) == expected


def test_a_change_is_told_with_its_numbers(usual: Snapshot, tmp_path: Any) -> None:
    now = changed(tmp_path, category=["sales"] * 280 + ["care"] * 180 + [None] * 38 + ["space", "sea"])
    texts = [str(change) for change in compare(now, [usual], Thresholds()).of_level("warn")]

    assert texts == [
        "category.newValues: 'sea', 'space', not in the last good runs",
        "category.nullShare: 7.6% are missing, 0.0% before",
    ]


def test_fewer_rows_are_found(usual: Snapshot, tmp_path: Any) -> None:
    half = snapshot(tmp_path, {name: values[150:350] for name, values in USUAL.items()}, "r2")
    thresholds = Thresholds(table=TableWatch(rows=Limits(error=0.5)))
    (rows,) = (change for change in compare(half, [usual], thresholds).changes if change.measure == "rows")

    assert rows.value == pytest.approx(0.6)
    assert (rows.was, rows.now, rows.level) == ("500", "200", "error")
    assert found(compare(half, [usual], Thresholds(table=False))).keys() <= {"category.psi", "weight.psi"}


def test_too_many_values_to_list_are_new_values(usual: Snapshot, tmp_path: Any) -> None:
    now = changed(tmp_path, category=[f"c{number % 240}" for number in range(500)])
    (change,) = compare(now, [usual], Thresholds()).of_level("warn")

    assert (change.id, change.now) == ("category.newValues", "240 different values instead of 2")


def test_what_one_good_run_has_shown_is_no_news(usual: Snapshot, tmp_path: Any) -> None:
    weekend = snapshot(tmp_path, {"category": ["care"] * 100, "weight": [5.0] * 100}, "r2")
    again = weekend.model_copy(update={"run": "r3"})

    assert found(compare(again, [usual], Thresholds()))
    assert found(compare(again, [usual, weekend], Thresholds())) == {}


def test_chance_is_no_finding_in_small_tables(tmp_path: Any) -> None:
    few = snapshot(tmp_path, {"weight": [1.0, 2.0, 2.0, 3.0]})
    other = snapshot(tmp_path, {"weight": [2.0, 3.0, 3.0, 4.0]}, "r2")

    assert found(compare(other, [few], Thresholds())) == {}


def test_without_a_good_run_everything_passes_with_a_note(usual: Snapshot) -> None:
    comparison = compare(usual, [], Thresholds())

    assert comparison.changes == ()
    assert "no good run yet" in comparison.notes[0]


def test_columns_that_cannot_be_compared_are_noted(tmp_path: Any) -> None:
    was = snapshot(tmp_path, {"a": [1], "b": ["x"], "gone": [1]})
    now = snapshot(tmp_path, {"a": [1], "b": [1.5], "new": [1]}, "r2")

    assert compare(now, [was], Thresholds()).notes == (
        "b: is of another type now; it is not compared",
        "new: is a new column; it is not compared",
        "gone: the column is gone",
    )


COLUMNS = st.lists(
    st.tuples(st.none() | st.sampled_from("abcd"), st.none() | st.floats(-100, 100), st.none() | st.integers(-5, 5)),
    min_size=1,
    max_size=40,
)


@settings(max_examples=25, deadline=None)
@given(rows=COLUMNS, others=st.lists(COLUMNS, max_size=2))
def test_a_table_that_a_good_run_had_is_never_a_finding_and_the_order_of_columns_is_nothing(
    rows: list[Any], others: list[list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    types = [pa.string(), pa.float64(), pa.int64()]

    def of(some: list[Any], run: str, order: tuple[int, ...] = (0, 1, 2)) -> Snapshot:
        columns = {f"c{place}": pa.array([row[place] for row in some], types[place]) for place in order}
        return snapshot(tmp_path_factory.mktemp("table"), columns, run)

    strict: dict[str, Any] = {"newValues": "error", **{key: {"error": 0} for key in ("nullShare", "mean", "psi")}}
    thresholds = Thresholds.model_validate({"columns": {f"c{place}": strict for place in range(3)}})
    good = [of(other, f"r{place}") for place, other in enumerate(others, 3)]
    now = of(rows, "r2")

    assert found(compare(now, [of(rows, "r1"), *good], thresholds)) == {}
    assert compare(of(rows, "r2", (2, 0, 1)), good, thresholds) == compare(now, good, thresholds)


# Histories


def test_a_run_is_remembered_once_and_the_newest_stay(usual: Snapshot) -> None:
    runs = [usual.model_copy(update={"run": f"r{day}", "started": f"2026-11-{day:02}"}) for day in range(1, 6)]
    history = History()
    for run in [runs[1], runs[0], *runs, runs[4]]:
        history = history.remembering(run, keep=3)

    assert [one.run for one in history.runs] == ["r5", "r4", "r3"]
    assert [one.run for one in history.before("r5")] == ["r4", "r3"]
    assert read_history(history.to_text(), "h.json") == history


def test_a_file_that_is_no_history_is_refused_with_what_to_do() -> None:
    with pytest.raises(DataError, match=r"h\.json is no history.*Delete the file"):
        read_history('{"kind": "Pointer"}', "h.json")


# What people see


def test_new_values_are_drawn_before_rare_old_ones() -> None:
    was = {"values": {f"v{number}": 100 - number for number in range(12)}}
    bars = bars_of(was, {"values": {**was["values"], "new": 1}})

    assert "new" in [bar.label for bar in bars]
    assert bars[-1].label == "others"
    assert sum(bar.now for bar in bars) == pytest.approx(1)


def test_numbers_are_drawn_in_few_bars_in_their_order() -> None:
    rng = np.random.default_rng(1)
    was, now = ({"histogram": histogram(rng.lognormal(shift, 2, 1000)).model_dump()} for shift in (0, 5))
    bars = bars_of(was, now)

    assert len(bars) <= 24
    assert sum(bar.was for bar in bars) == pytest.approx(1)
    lows = [float(bar.label.split(" to ")[0]) for bar in bars]
    assert lows == sorted(lows)


def test_a_page_stands_alone_and_escapes_what_comes_from_data(usual: Snapshot, tmp_path: Any) -> None:
    from machiya_component.artifacts import check_artifact

    evil = "<script>alert(1)</script>"
    now = changed(tmp_path, category=["sales"] * 300 + [evil] * 200)
    comparison = compare(now, [usual], limits(category={"newValues": "error"}))
    text = page("clean.items", [Section("items", comparison, now, usual)])
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "index.html").write_text(text, encoding="utf-8")

    assert check_artifact(folder, Port(name="report", type=ArtifactType.parse("report"))) == []
    assert "items: 1 error and 1 warning" in text
    assert "<svg" in text
    assert len(text) < 20_000


def test_what_stands_out_is_seen_at_once_and_the_rest_on_demand(usual: Snapshot, tmp_path: Any) -> None:
    now = changed(tmp_path, category=["sales"] * 300 + ["space"] * 200)
    seen, _, rest = page("t", [Section("items", compare(now, [usual], Thresholds()), now, usual)]).partition(
        "<details>"
    )
    within, _, pictures = rest.partition("</details>")

    assert seen.count('<td class="warn">warning</td>') == 2
    assert within.count("within the limits</td>") == 5
    assert "sales · care · space</div>" in pictures, "the values in the order of their bars"


def test_limits() -> None:
    change = Change("c", "mean", 1.0, "", "", "")

    assert change.id == "c.mean"
    assert [Limits(warn=0.1, error=0.3).level(value) for value in (0.1, 0.2, 0.4)] == [None, "warn", "error"]
    assert Limits().level(9) is None


def test_what_is_said_later_counts_measure_by_measure() -> None:
    contract = Thresholds.model_validate(
        {"table": {"rows": {"warn": 0.1}}, "columns": {"a": {"psi": {"warn": 0.1}}, "b": False}}
    )
    now = contract.overridden(Thresholds.model_validate({"columns": {"a": {"newValues": "error"}, "c": False}}))

    assert (now.of_column("a").psi, now.of_column("a").new_values) == (Limits(warn=0.1), "error")
    assert now.of_column("b").psi is now.of_column("c").psi is False
    assert now.of_column("d").new_values == "warn"
    assert now.of_table().rows == Limits(warn=0.1)
    assert contract.overridden(Thresholds(table=False)).of_table().rows is False
