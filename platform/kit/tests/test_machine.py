"""What a process may use of the machine, told from its affinity and its cgroup."""

import os
from pathlib import Path

import pytest

from machiya_component.machine import available_cpus, available_memory

INSTALLED = available_memory(Path("/nowhere"))
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


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"memory.max": "300000000\n"}, 300_000_000),
        ({"memory.max": "max\n"}, INSTALLED),
        ({"memory/memory.limit_in_bytes": "300000000\n"}, 300_000_000),
        ({"memory/memory.limit_in_bytes": "9223372036854771712\n"}, INSTALLED),  # version 1 says "no limit" so
        ({}, INSTALLED),
    ],
)
def test_memory_is_that_of_the_cgroup_and_the_machine(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert available_memory(tmp_path) == expected
