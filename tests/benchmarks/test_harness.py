"""What the harness says of programs that are known."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.benchmarks.harness import (
    ROOT,
    BenchmarkError,
    Case,
    Measurement,
    Run,
    Scale,
    at_least,
    at_most,
    execute,
    measure,
    same_values,
)
from tests.benchmarks.toys import (
    busy,
    busy_child,
    busy_once,
    childs_memory,
    fail,
    length,
    memory,
    own_memory,
    sign,
    variable,
)

MB = 1_000_000


def test_cases_run_in_turn_each_in_a_process_of_its_own(tmp_path: Path) -> None:
    order = tmp_path / "order"
    measured = measure({"one": Case(sign, (order, "A")), "other": Case(sign, (order, "B"))}, repeat=3)
    assert order.read_text() == "ABABAB"
    processes = {run.value for found in measured.values() for run in found.runs}
    assert len(processes | {os.getpid()}) == 7


@pytest.mark.parametrize("case", [own_memory, childs_memory])
def test_the_peak_of_memory_is_what_a_case_held_itself_or_in_a_child(case: object) -> None:
    assert callable(case)
    run = execute("case", Case(case, (200 * MB,)))
    assert 200 * MB < run.peak < 300 * MB


def test_memory_that_the_preparation_let_go_does_not_count_and_what_it_hands_on_does() -> None:
    handed_on = execute("handed on", Case(length, prepare=partial(memory, 200 * MB)))
    let_go = execute("let go", Case(str, prepare=partial(own_memory, 200 * MB)))
    assert handed_on.value == 200 * MB
    childs = execute("child's", Case(str, prepare=partial(childs_memory, 200 * MB)))
    assert max(let_go.peak, childs.peak) < 100 * MB < 200 * MB < handed_on.peak


def test_memory_of_children_counts_too_when_the_case_ran_before_it_counted() -> None:
    assert execute("case", Case(childs_memory, (200 * MB,), warm=True)).peak > 200 * MB


@pytest.mark.parametrize("case", [busy, busy_child])
def test_processor_time_counts_the_process_and_its_children(case: object) -> None:
    assert callable(case)
    assert execute("case", Case(case, (0.2,))).cpu > 0.19


def test_what_a_case_does_only_before_it_counts_does_not_count() -> None:
    counted, before = (execute("case", Case(busy_once, (0.4,), warm=warm)).cpu for warm in (False, True))
    assert before < 0.2 < counted


def test_a_case_has_variables_of_its_own() -> None:
    case = Case(variable, ("OMP_NUM_THREADS",), environment={"OMP_NUM_THREADS": "1"})
    assert execute("case", case).value == "1"


def test_a_module_that_is_run_itself_may_measure_its_own_functions() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.benchmarks.toys"], cwd=ROOT, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"3\n", b"")


def test_a_case_that_fails_stops_the_benchmark_with_its_reason() -> None:
    with pytest.raises(BenchmarkError, match=r"failing(.|\n)*ValueError: the reason of it"):
        measure({"failing": Case(fail)}, repeat=1)


def test_a_ratio_is_the_median_within_turns() -> None:
    ours = Measurement((Run(1, 1, 10), Run(2, 8, 20), Run(30, 30, 30)))
    theirs = Measurement((Run(2, 4, 5), Run(4, 4, 5), Run(10, 10, 5)))
    assert (ours.ratio(theirs, "wall"), ours.ratio(theirs), ours.ratio(theirs, "peak")) == (0.5, 2, 4)
    assert (ours.wall, ours.cpu, ours.peak) == (2, 8, 30)


def test_results_that_differ_are_no_comparison() -> None:
    same = {"a": Measurement((Run(1, 1, 1, 7), Run(1, 1, 1, 7))), "b": Measurement((Run(1, 1, 1, 7),))}
    same_values(same)
    with pytest.raises(BenchmarkError, match="differ"):
        same_values({**same, "c": Measurement((Run(1, 1, 1, 8),))})


def test_rows_say_whether_the_target_is_reached() -> None:
    assert at_most("clean", "DuckDB", 0.4, 0.4).reached
    assert not at_most("clean", "DuckDB", 0.41, 0.4).reached
    assert at_least("predict", "implicit", 4.0, 4.0).reached
    row = at_least("predict", "implicit", 3.99, 4.0, unit="x CPU", note="2 threads")
    assert (row.target, row.measured, row.reached) == (">= 4 x CPU", "3.99 x CPU (2 threads)", False)


def test_what_benchmarks_read_is_made_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.benchmarks.harness.DATA", tmp_path / "data")
    scale = Scale("tiny", 0.001, 1)

    def interrupted(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scale.made("model", interrupted)
    made = scale.made("model", lambda folder: (folder / "whole").touch())
    assert scale.made("model", interrupted) == made
    assert [path.name for path in made.iterdir()] == ["whole"]
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["tiny-model"]
