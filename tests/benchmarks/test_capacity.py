"""docs/scaling.md says what its costs mean, and costs are what was measured."""

from dataclasses import replace

import pytest

from tests.benchmarks.capacity import (
    DOCUMENT,
    FACTORS,
    GIB,
    LOADS,
    TAKES_OVER,
    Load,
    Machine,
    Stage,
    costs_of,
    estimate_table,
    limits,
    limits_table,
    sections,
    stages,
)
from tests.benchmarks.costs import ITERATIONS, LENGTHS, Observed, Table, costs, stated
from tests.benchmarks.generate import Size
from tests.benchmarks.harness import BenchmarkError, Run

STATED = costs_of(DOCUMENT.read_text())


def test_the_document_holds_what_its_costs_mean() -> None:
    text = DOCUMENT.read_text()
    for name, computed in sections(STATED).items():
        written = text.partition(f"<!-- {name} begins -->\n")[2].partition(f"<!-- {name} ends -->\n")[0]
        assert written == computed, "run `python -m tests.benchmarks.capacity --write`"


def test_loads_are_those_that_the_page_promises() -> None:
    assert (LOADS[0].users, LOADS[0].items) == (10e6, 1e6)
    assert LOADS[1].events == 1e9
    assert all(load.events / load.users == pytest.approx(20e6 / 138e3) for load in LOADS)


def test_stages_follow_the_formulas() -> None:
    ones = dict.fromkeys(STATED, 1.0) | {"iterations": 15, "length": 100, "pairs": 0.5}
    found = {stage.name: stage for stage in stages(Load("a log", users=2e6, items=1e6, events=4e6), ones)}
    factors = 3e6 * FACTORS * 4
    assert found == {
        "clean": Stage("clean", 4, 4e6, 2e6, spills=True),
        "split": Stage("split", 2, 2e6, 2e6),
        "train": Stage("train", 2 * 16, 2e6 + factors, factors),
        "predict": Stage("predict", 2000 + 200 + 2, 1e6 * FACTORS * 4 + 2e6 + GIB, 2e8, divisible=True),
        "evaluate": Stage("evaluate", 200, 2e8),
    }


def test_a_limit_is_where_a_stage_just_fits() -> None:
    machine = Machine.of(STATED)
    for limit in limits(STATED):
        quantity, _, name = limit.what.partition(" of ")
        unit = LOADS[0]
        load = replace(unit, users=unit.users * limit.planned / unit.events, events=limit.planned)
        (stage,) = (stage for stage in stages(load, STATED) if stage.name == name)
        if quantity == "time":
            assert stage.hours(machine) == pytest.approx(STATED["hours"])
        else:
            assert stage.memory == pytest.approx(machine.memory)


def test_the_first_limit_comes_first_and_each_names_what_takes_over() -> None:
    found = limits(STATED)
    assert [limit.reference for limit in found] == sorted(limit.reference for limit in found)
    assert {limit.what for limit in found} == set(TAKES_OVER)
    assert limits_table(STATED).splitlines()[2].startswith(f"| {found[0].what} |")


def test_what_does_not_fit_is_said_and_what_can_be_divided_names_machines() -> None:
    small = STATED | {"memory": 1e-3, "user_memory": 0, "batch_memory": 0}
    table = estimate_table(LOADS[0], small)
    assert table.count("| from files |\n") == 1
    assert table.count("| does not fit |\n") == 5
    slow = STATED | {
        "predict_cpu": 100 * 3600 / 1e4 * STATED["cores"] * STATED["efficiency"],
        "row_cpu": 0,
        "predict_read_cpu": 0,
    }
    assert "| 100.00 h, or 100 of them for 1 h |\n" in estimate_table(LOADS[0], slow)


def observed(size: Size, pairs: int) -> Observed:
    """What a chain takes whose operations cost so many times what there is, beside 1 s and 100 bytes each."""

    def run(cpu: float, peak: float = 0) -> Run:
        return Run(0, 1 + cpu, round(100 + peak))

    rows = {n: size.people * n for n in LENGTHS}
    factors = (size.people + size.items) * FACTORS * 4
    runs = {
        "clean": run(3e-6 * size.events, 80 * size.events),
        "split": run(4e-6 * pairs, 50 * pairs),
        "evaluate": run(7e-6 * rows[LENGTHS[-1]], 9 * rows[LENGTHS[-1]]),
    }
    runs |= {f"train-{n}": run((2e-6 + n * 5e-6) * pairs, 30 * pairs + factors) for n in ITERATIONS}
    runs |= {f"predict-{n}": run(2e-6 * pairs + 6e-9 * size.people * size.items + 8e-6 * rows[n], GIB) for n in LENGTHS}
    runs["predict-one"] = run(2e-6 * pairs, 40 * size.people)
    lists = {n: Table(rows[n], 11 * rows[n]) for n in LENGTHS}
    return Observed(runs, size, 10 * size.events, Table(pairs, 13 * pairs), lists)


def test_costs_are_what_the_larger_log_takes_more() -> None:
    found = costs(observed(Size.at(0.01), 150_000), observed(Size.at(1), 17_000_000))
    assert found == pytest.approx(
        {
            "event_bytes": 10,
            "pairs": 0.85,
            "pair_bytes": 13,
            "row_bytes": 11,
            "clean_cpu": 3,
            "clean_memory": 80,
            "split_cpu": 4,
            "split_memory": 50,
            "train_read_cpu": 2,
            "train_cpu": 5,
            "train_memory": 30,
            "predict_read_cpu": 2,
            "predict_cpu": 6,
            "row_cpu": 8,
            "user_memory": 40,
            "batch_memory": 1,
            "evaluate_cpu": 7,
            "evaluate_memory": 9,
        },
        rel=1e-6,
    )


def test_a_cost_that_cannot_be_told_from_noise_is_refused() -> None:
    small, large = observed(Size.at(0.01), 150_000), observed(Size.at(1), 17_000_000)
    slow_start = replace(small, runs={**small.runs, "clean": Run(0, 1000, 0)})
    with pytest.raises(BenchmarkError, match="clean_cpu"):
        costs(slow_start, large)


def test_measured_costs_take_the_places_of_the_old_ones_and_nothing_else_changes() -> None:
    text = DOCUMENT.read_text()
    new = stated(text, {"clean_cpu": 1234.5678, "pairs": 0.000123456})
    assert costs_of(new) == STATED | {"clean_cpu": 1230, "pairs": 0.000123}
    assert stated(new, {"clean_cpu": STATED["clean_cpu"], "pairs": STATED["pairs"]}) == text


def test_a_cost_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="there must be one"):
        stated("| `other` | 1 | s | a cost |\n", {"clean_cpu": 1})
