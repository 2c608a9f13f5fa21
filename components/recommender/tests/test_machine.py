"""How many CPUs and BLAS threads are used."""

import os
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from machiya_recommender.machine import available_cpus, single_threaded_blas

HERE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": f"{100_000 * HERE} 100000\n"}, HERE),
        ({"cpu.max": "max 100000\n"}, HERE),
        ({"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, HERE),
        ({"cpu.max": "nonsense\n"}, HERE),
        ({}, HERE),
    ],
)
def test_cpus_are_those_of_the_cgroup_and_the_affinity(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert available_cpus(tmp_path) == expected


def test_a_fraction_of_a_cpu_is_rounded_up(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert available_cpus(tmp_path) == min(2, HERE)


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_blas_has_one_thread_inside_and_the_former_number_after() -> None:
    before = blas_threads()
    with single_threaded_blas():
        assert len(blas_threads()) >= 2, "NumPy's BLAS and SciPy's"
        assert set(blas_threads()) == {1}
    assert blas_threads() == before
