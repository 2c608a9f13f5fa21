"""What control groups count for a container, in both versions of the kernel's interface."""

from pathlib import Path

import pytest

from machiya.containers import Consumption
from machiya.containers.control_groups import consumption_of

ID = "c0ffee" * 10


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    return tmp_path / "proc"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "cgroup"


def test_the_first_version(proc: Path, root: Path) -> None:
    write(proc / "7" / "cgroup", f"9:memory:/docker/{ID}\n4:cpu,cpuacct:/docker/{ID}\n")
    write(root / "memory" / "docker" / ID / "memory.stat", "cache 900\nrss 1\ntotal_rss 3000\ntotal_shmem 1000\n")
    write(root / "cpuacct" / "docker" / ID / "cpuacct.usage", "1500000000\n")
    assert consumption_of(ID, 7, proc, root) == Consumption(1.5, 4000)


def test_the_second_version(proc: Path, root: Path) -> None:
    write(proc / "7" / "cgroup", f"0::/system.slice/docker-{ID}.scope\n")
    group = root / "system.slice" / f"docker-{ID}.scope"
    write(group / "cpu.stat", "usage_usec 250000\nuser_usec 1\n")
    write(group / "memory.stat", "anon 4000\nshmem 500\nfile 9000\n")
    assert consumption_of(ID, 7, proc, root) == Consumption(0.25, 4500)


def test_a_process_with_the_same_number_that_is_no_containers_is_not_taken_for_it(proc: Path, root: Path) -> None:
    write(proc / "7" / "cgroup", "9:memory:/\n4:cpu,cpuacct:/\n")
    assert consumption_of(ID, 7, proc, root) is None
    assert consumption_of(ID, 8, proc, root) is None
