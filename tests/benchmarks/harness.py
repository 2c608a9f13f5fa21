"""Measures programs side by side, each in a fresh process, and says what came of it.

A stage is a module of this folder with a function ``rows(scale: Scale) -> list[Row]``, for example::

    def ours(path: Path) -> int:                       # at the top level of the module: a new process imports it
        import numpy as np                             # heavy libraries where they are used
        ...
        return checksum

    def rows(scale: Scale) -> list[Row]:
        log = scale.events("parquet")
        cases = {"ours": Case(ours, (log,), warm=True), "duckdb": Case(duckdb, (log,), environment={"TZ": "UTC"})}
        measured = measure(cases, scale.repeat)
        same_values(measured)
        ratio = measured["ours"].ratio(measured["duckdb"], "wall")
        return [at_most("clean, Parquet", "DuckDB, wall time", ratio, 0.4, note=f"{measured['ours'].wall:.1f} s")]

What a case needs may be made by its ``prepare`` (``partial(read, path)``), which does not count: its result is the
first argument. ``warm`` runs the case once before it counts, for what compiles or fills caches. Cases run in turn
(A B A B ...), and a ratio is the median of those within a turn, so a machine that becomes slower changes little.
"""

import importlib.util
import logging
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("BENCHMARK_DATA") or Path(tempfile.gettempdir()) / "bench").resolve()
"""Where what benchmarks read is kept; the environment variable BENCHMARK_DATA moves it."""
APART = str(ROOT / ".venv" / "apart" / "bin" / "python")
"""The interpreter that has what needs other versions than ours (tests/benchmarks/apart): RecTools."""

Quantity = Literal["wall", "cpu", "peak"]
LOG = logging.getLogger("benchmarks")


class BenchmarkError(Exception):
    """A case failed, or cases that should agree do not."""


@dataclass(frozen=True)
class Case:
    """A function to measure, with its arguments: all at the top level of modules, as they go to a new process."""

    run: Callable[..., object]
    arguments: tuple[object, ...] = ()
    prepare: Callable[[], object] | None = None
    """Makes the first argument of `run`, in the same process; does not count."""
    warm: bool = False
    """Run it once before it counts."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables for the process beside those of this one, such as OMP_NUM_THREADS, before anything is imported."""
    python: str = sys.executable
    """The interpreter: APART for libraries that cannot be installed together with ours."""


@dataclass(frozen=True)
class Run:
    """What one execution took: seconds of wall time, and of processor time (of the system, threads and children, too).

    `peak` is the most memory in bytes that the process, or the largest of its children, held meanwhile, with all that
    it held before. `value` is what the function returned.
    """

    wall: float
    cpu: float
    peak: int
    value: Any = None


@dataclass(frozen=True)
class Measurement:
    """The executions of one case, in their order."""

    runs: tuple[Run, ...]

    @property
    def wall(self) -> float:
        """Median seconds."""
        return median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """Median seconds of processor time."""
        return median(run.cpu for run in self.runs)

    @property
    def peak(self) -> int:
        """The highest memory in bytes: a bound that is broken once is broken."""
        return max(run.peak for run in self.runs)

    @property
    def value(self) -> Any:
        """What the function returned the last time."""
        return self.runs[-1].value

    def ratio(self, other: "Measurement", quantity: Quantity = "cpu") -> float:
        """How much of what the other took this one takes: the median over pairs that ran next to each other."""
        pairs = zip(self.runs, other.runs, strict=True)
        ratios: list[float] = [getattr(one, quantity) / getattr(two, quantity) for one, two in pairs]
        return median(ratios)


@dataclass(frozen=True)
class Row:
    """A line of the table. `reached` is None where there is no target, or nothing could be measured."""

    stage: str
    against: str
    target: str
    measured: str
    reached: bool | None


@dataclass(frozen=True)
class Scale:
    """How large the log is, and how often each case runs."""

    name: str
    share: float
    """Of the reference size: 1 is 20 million events."""
    repeat: int

    def events(self, kind: Literal["parquet", "csv"] = "parquet", *, string_ids: bool = False) -> Path:
        """The file of the reference log, which `generate.py` makes if it is not there yet."""
        name = f"{self.name}-strings" if string_ids else self.name

        def make(folder: Path) -> None:
            from tests.benchmarks.generate import write

            write(folder, self.share, string_ids=string_ids)

        return _made(DATA / name, make) / f"events.{kind}"

    def made(self, name: str, make: Callable[[Path], object]) -> Path:
        """A folder of this scale that `make` has filled, now or in an earlier run. Name it anew when `make` changes."""
        return _made(DATA / f"{self.name}-{name}", make)


SMALL = Scale("small", 0.01, 3)
FULL = Scale("full", 1.0, 3)


def _made(folder: Path, make: Callable[[Path], object]) -> Path:
    """Whole or not there: filled beside its place and moved."""
    if not folder.is_dir():
        LOG.info("making %s", folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            make(new)
            if not folder.is_dir():
                new.rename(folder)
    return folder


def measure(cases: Mapping[str, Case], repeat: int) -> dict[str, Measurement]:
    """Execute all cases in turn, `repeat` times, each time in a fresh process.

    Raises BenchmarkError with the end of what the process said if one fails.
    """
    runs: dict[str, list[Run]] = {name: [] for name in cases}
    for number in range(repeat):
        for name, case in cases.items():
            run = execute(name, case)
            LOG.info(
                "%s %d/%d: %.2f s, CPU %.2f s, %.0f MB", name, number + 1, repeat, run.wall, run.cpu, run.peak / 1e6
            )
            runs[name].append(run)
    return {name: Measurement(tuple(found)) for name, found in runs.items()}


def execute(name: str, case: Case) -> Run:
    """Execute one case in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "case", Path(folder) / "run"
        given.write_bytes(pickle.dumps((case.prepare, case.run, case.arguments, case.warm)))
        done = subprocess.run(
            [case.python, "-m", "tests.benchmarks.fresh", str(given), str(answer), _main_module()],
            env={**os.environ, "PYTHONPATH": _path(), **case.environment},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode or not answer.exists():
            raise BenchmarkError(f"{name}: the process ended with {done.returncode}.\n{done.stdout[-2000:]}")
        return Run(*pickle.loads(answer.read_bytes()))


def _path() -> str:
    """Where a new process finds this package, beside all that it would find anyway."""
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def _main_module() -> str:
    """The name under which a new process can import what runs here as `__main__`, if it has one."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name if spec else ""


def same_values(measured: Mapping[str, Measurement]) -> None:
    """Raise BenchmarkError unless all runs of all cases returned the same: who does less is not faster."""
    values = {name: [run.value for run in found.runs] for name, found in measured.items()}
    (first, *_), *_ = values.values()
    if any(value != first for found in values.values() for value in found):
        raise BenchmarkError(f"The results differ: {values}")


def installed(*modules: str) -> bool:
    """Whether libraries to compare with are there (tests/benchmarks/requirements.lock)."""
    return all(importlib.util.find_spec(name) is not None for name in modules)


def at_most(stage: str, against: str, value: float, limit: float, *, unit: str = "x", note: str = "") -> Row:
    """A row for a quantity that should be small."""
    return Row(stage, against, f"<= {limit:g} {unit}", _figure(value, unit, note), value <= limit)


def at_least(stage: str, against: str, value: float, limit: float, *, unit: str = "x", note: str = "") -> Row:
    """A row for a quantity that should be large."""
    return Row(stage, against, f">= {limit:g} {unit}", _figure(value, unit, note), value >= limit)


def not_measured(stage: str, against: str, target: str, why: str) -> Row:
    """A row that stays open, such as for a library that is not installed."""
    return Row(stage, against, target, f"not measured: {why}", None)


def _figure(value: float, unit: str, note: str) -> str:
    return f"{value:.3g} {unit}" + (f" ({note})" if note else "")
